import CLibpq

/// A libpq connection string or URL, taken apart so that its password can be kept out of messages.
struct ConnectionString: Sendable {
    let text: String
    private let password: String

    /// Checks the syntax with libpq's own parser; a malformed string is never echoed, it may hold a password.
    init(_ text: String) throws(PostgresError) {
        guard !text.utf8.contains(0) else {
            throw .unreachable("the connection string holds a NUL byte")
        }
        guard !Self.hasStrayAt(text) else {
            // What follows the slash would be taken for a port and a database, and be named in messages.
            throw .unreachable(
                "the connection URL has an @ behind its first /: in a password, write / as %2F and @ as %40"
            )
        }
        self.text = text
        var message: UnsafeMutablePointer<CChar>?
        guard let options = unsafe PQconninfoParse(text, &message) else {
            unsafe PQfreemem(message)
            // A bare word is a database name to libpq's connect call; everything else is malformed.
            guard !text.isEmpty, !text.contains("="), !text.contains("://") else {
                throw .unreachable(
                    "the connection string is malformed (write postgresql://USER@HOST/DATABASE or key=value pairs)"
                )
            }
            password = ""
            return
        }
        defer { unsafe PQconninfoFree(options) }
        var found = ""
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if unsafe String(cString: keyword) == "password", let value = unsafe option.pointee.val {
                found = unsafe String(cString: value)
            }
            unsafe option += 1
        }
        password = found
    }

    /// Whether a URL has its last @ behind the / that ends user, password and host.
    private static func hasStrayAt(_ text: String) -> Bool {
        guard let scheme = text.firstRange(of: "://") else { return false }
        let rest = text[scheme.upperBound...].prefix { $0 != "?" }
        guard let slash = rest.firstIndex(of: "/"), let at = rest.lastIndex(of: "@") else { return false }
        return at > slash
    }

    /// `message` with every appearance of the password blacked out, on one line.
    func redact(_ message: String) -> String {
        var line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard !password.isEmpty else { return line }
        line = line.split(separator: password, omittingEmptySubsequences: false).joined(separator: "***")
        return line
    }
}
