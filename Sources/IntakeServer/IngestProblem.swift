package import HTTPTypes
package import Hummingbird
import Intake
import NIOCore

/// An error as producers see it: `application/problem+json` (RFC 9457) with an `errorCode`.
///
/// Says nothing of paths or addresses on this side; those go to the log.
package struct IngestProblem: Error, Equatable {
    /// What programs switch on, with the status it stands for.
    package enum Code: String, Sendable, CaseIterable {
        case unauthorized = "UNAUTHORIZED"
        case forbidden = "FORBIDDEN"
        case invalidRequest = "INVALID_REQUEST"
        case notFound = "NOT_FOUND"
        case conflict = "CONFLICT"
        case methodNotAllowed = "METHOD_NOT_ALLOWED"
        case bodyTooLarge = "BODY_TOO_LARGE"
        case unsupportedType = "UNSUPPORTED_MEDIA_TYPE"
        case tooManyRequests = "TOO_MANY_REQUESTS"
        case overloaded = "OVERLOADED"
        case unavailable = "LOG_UNAVAILABLE"
        case keysUnavailable = "KEYS_UNAVAILABLE"
        case internalError = "INTERNAL_ERROR"

        package var status: Int { response.code }

        /// With its phrase, which a status has not that is made of its number.
        var response: HTTPResponse.Status {
            switch self {
            case .unauthorized: .unauthorized
            case .forbidden: .forbidden
            case .invalidRequest: .badRequest
            case .notFound: .notFound
            case .methodNotAllowed: .methodNotAllowed
            case .conflict: .conflict
            case .bodyTooLarge: .contentTooLarge
            case .unsupportedType: .unsupportedMediaType
            case .tooManyRequests, .overloaded: .tooManyRequests
            case .unavailable, .keysUnavailable: .serviceUnavailable
            case .internalError: .internalServerError
            }
        }
    }

    package let code: Code
    /// For people: what happened to this request and what to do.
    package let detail: String
    /// Header fields that belong to the error.
    package let fields: [HTTPField]
    /// Events from the beginning of the request that were dealt with before the error; nil where that says nothing.
    package var eventsDone: Int?

    package init(_ code: Code, _ detail: String, fields: [HTTPField] = []) {
        self.code = code
        self.detail = detail
        self.fields = fields
    }

    /// What the intake's refusal means to a client.
    init(_ error: IntakeError) {
        let retry = HTTPField(name: .retryAfter, value: "1")
        switch error {
        case .overloaded:
            self.init(.overloaded, "Too much waits to be written. Send it again later.", fields: [retry])
        case .closed:
            self.init(
                .unavailable,
                "The server is ending. Send it again to the one that follows.",
                fields: [retry]
            )
        default:
            self.init(
                .unavailable,
                "The log cannot be written at present. Send it again later.",
                fields: [retry]
            )
        }
    }

    /// The same for the log's owner, who may know of files.
    init(owner error: IntakeError) {
        switch error {
        case .unavailable(let reason):
            self.init(.unavailable, "The log cannot be written: \(reason).")
        default: self.init(error)
        }
    }

    /// The response to a request for `target`, of which `instance` repeats the path, cut at 1,024 bytes.
    package func response(target: String) -> Response {
        let path = String(decoding: target.prefix { $0 != "?" && $0 != "#" }.utf8.prefix(1024), as: UTF8.self)
        let status = code.response
        var body = #"{"type":"about:blank","title":\#(JSONLiteral.quoted(status.reasonPhrase)),"#
        body += #""status":\#(code.status),"detail":\#(JSONLiteral.quoted(detail)),"#
        body += #""instance":\#(JSONLiteral.quoted(path)),"errorCode":"\#(code.rawValue)""#
        if let eventsDone { body += #","eventsDone":\#(eventsDone)"# }
        var headers: HTTPFields = [.contentType: "application/problem+json", .cacheControl: "no-store"]
        for field in fields { headers.append(field) }
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: body + "}\n"))
        )
    }
}
