/// An error as clients see it: `application/problem+json` (RFC 9457) with an `errorCode`.
///
/// Says nothing of paths, exceptions or addresses on this side; those go to the log.
package struct Problem: Error, Equatable, Sendable {
    /// What programs switch on.
    package enum Code: String, Sendable, CaseIterable {
        case unauthorized = "UNAUTHORIZED"
        case invalidRequest = "INVALID_REQUEST"
        case forbidden = "FORBIDDEN"
        case notFound = "NOT_FOUND"
        case requestNotFound = "REQUEST_NOT_FOUND"
        case methodNotAllowed = "METHOD_NOT_ALLOWED"
        case notAcceptable = "NOT_ACCEPTABLE"
        case requestTimeout = "REQUEST_TIMEOUT"
        case bodyTooLarge = "BODY_TOO_LARGE"
        case headerTooLarge = "HEADER_TOO_LARGE"
        case tooManyConnections = "TOO_MANY_CONNECTIONS"
        case storeUnavailable = "STORE_UNAVAILABLE"
        case keysUnavailable = "KEYS_UNAVAILABLE"
        case internalError = "INTERNAL_ERROR"
    }

    package let code: Code
    /// For people: what happened to this request and what to do.
    package let detail: String
    /// Header fields that belong to the error, such as `Allow`.
    package let fields: [FrontResponse.Field]

    package init(_ code: Code, _ detail: String, fields: [FrontResponse.Field] = []) {
        self.code = code
        self.detail = detail
        self.fields = fields
    }

    /// A body beyond the limit; the connection closes, since the rest of it may have no end.
    static func bodyTooLarge(_ limits: FrontLimits) -> Problem {
        Problem(.bodyTooLarge, "The body has more than \(limits.bodyBytesMax) bytes; none is needed here.")
    }

    /// A head beyond the limits.
    static func headerTooLarge(_ limits: FrontLimits) -> Problem {
        Problem(
            .headerTooLarge,
            "The target and fields of a request may have \(limits.headerBytesMax) bytes and "
                + "\(FrontLimits.headerFieldsMax) fields."
        )
    }

    /// The status, which the code decides.
    package var status: Int {
        switch code {
        case .unauthorized: 401
        case .invalidRequest: 400
        case .forbidden: 403
        case .notFound, .requestNotFound: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .requestTimeout: 408
        case .bodyTooLarge: 413
        case .headerTooLarge: 431
        case .storeUnavailable, .keysUnavailable, .tooManyConnections: 503
        case .internalError: 500
        }
    }

    /// A status' reason phrase, as HTTP registers it.
    static func title(status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        default: "Internal Server Error"
        }
    }

    /// The response to a request for `target`, of which `instance` repeats the path, cut at 1,024 bytes.
    package func response(target: String) -> FrontResponse {
        let path = target.prefix { $0 != "?" && $0 != "#" }
        let instance = String(decoding: path.utf8.prefix(1024), as: UTF8.self)
        let members = [
            #""type":"about:blank""#, #""title":\#(Self.quoted(Self.title(status: status)))"#,
            #""status":\#(status)"#,
            #""detail":\#(Self.quoted(detail))"#, #""instance":\#(Self.quoted(instance))"#,
            #""errorCode":\#(Self.quoted(code.rawValue))"#,
        ]
        let body = "{" + members.joined(separator: ",") + "}"
        let standard: [FrontResponse.Field] = [
            .init("Content-Type", "application/problem+json"), .init("Cache-Control", "no-store"),
        ]
        return FrontResponse(status: status, fields: standard + fields, body: Array(body.utf8))
    }

    /// A JSON string literal of `text`.
    static func quoted(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\u{0}"..."\u{1F}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
