import HTTPTypes
import Hummingbird

extension FrontRequest {
    private static let availableDictionary = name("Available-Dictionary")
    private static let player = name(PlayerIdentity.headerName)

    /// What the front looks at, of a head as Hummingbird and HTTP/2 have it.
    init(_ head: HTTPRequest) {
        let fields = head.headerFields
        self.init(
            method: head.method.rawValue,
            target: head.path ?? "",
            acceptEncoding: fields[values: .acceptEncoding],
            availableDictionary: fields[values: Self.availableDictionary],
            ifNoneMatch: fields[values: .ifNoneMatch],
            ifModifiedSince: fields[values: .ifModifiedSince],
            player: fields[values: Self.player],
            authorization: fields[values: .authorization]
        )
    }

    private static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no header name") }
        return name
    }
}

extension HTTPResponse {
    /// The head of an answer, to which only the server's own fields have to be added.
    init(_ answer: FrontResponse) {
        var fields = HTTPFields()
        fields.reserveCapacity(answer.fields.count + 3)
        for field in answer.fields {
            guard let name = HTTPField.Name(field.name) else { continue }
            fields.append(HTTPField(name: name, value: field.value))
        }
        // A 304 has no length of its own, and HEAD has GET's.
        if answer.status != 304 { fields[.contentLength] = String(answer.content.readableBytes) }
        self.init(status: HTTPResponse.Status(code: answer.status), headerFields: fields)
    }
}
