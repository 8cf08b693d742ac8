import HTTPTypes
package import Hummingbird
package import NIOCore

/// What is known of a request besides itself: the connection it came by.
package struct FrontContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    package let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

/// Carries requests and responses between Hummingbird and ``FrontAnswerer``.
package struct FrontResponder: HTTPResponder {
    package typealias Context = FrontContext

    /// A longer request body is refused; a shorter one is read and ignored.
    package static let bodyBytesMax = 1 << 20

    private static let availableDictionary = name("Available-Dictionary")
    private static let player = name(PlayerIdentity.headerName)

    private let answerer: FrontAnswerer

    package init(answerer: FrontAnswerer) { self.answerer = answerer }

    package func respond(to request: Request, context: Context) async throws -> Response {
        let target = request.head.path ?? ""
        let isHead = request.method == .head
        guard try await Self.isBodyBounded(request) else {
            let problem = Problem(
                .bodyTooLarge,
                "The body has more than \(Self.bodyBytesMax) bytes; none is needed here.",
                fields: [.init("Connection", "close")]
            )
            // Nothing more is read from this client: the rest of its body may have no end.
            context.channel.close(mode: .input, promise: nil)
            return Self.response(problem.response(target: target), isHead: isHead)
        }
        let fields = request.headers
        let answer = answerer.response(
            to: FrontRequest(
                method: request.method.rawValue,
                target: target,
                acceptEncoding: fields[values: .acceptEncoding],
                availableDictionary: fields[values: Self.availableDictionary],
                ifNoneMatch: fields[values: .ifNoneMatch],
                player: fields[values: Self.player]
            )
        )
        return Self.response(answer, isHead: isHead)
    }

    /// Reads the body to its end, or says that it is too long.
    private static func isBodyBounded(_ request: Request) async throws -> Bool {
        if let text = request.headers[.contentLength], let length = Int(text), length > bodyBytesMax {
            return false
        }
        var byteCount = 0
        for try await chunk in request.body {
            byteCount += chunk.readableBytes
            if byteCount > bodyBytesMax { return false }
        }
        return true
    }

    private static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no header name") }
        return name
    }

    private static func response(_ answer: FrontResponse, isHead: Bool) -> Response {
        var fields = HTTPFields()
        fields.reserveCapacity(answer.fields.count + 3)
        for field in answer.fields {
            guard let name = HTTPField.Name(field.name) else { continue }
            fields.append(HTTPField(name: name, value: field.value))
        }
        let status = HTTPResponse.Status(code: answer.status)
        // A 304 has no length of its own, and HEAD has GET's.
        if answer.status == 304 {
            var response = Response(status: status, headers: fields)
            response.headers[.contentLength] = nil
            return response
        }
        fields[.contentLength] = String(answer.body.count)
        if isHead { return Response(status: status, headers: fields, body: ResponseBody()) }
        return Response(
            status: status,
            headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        )
    }
}
