import CLibpq

/// How PostgreSQL's own programs reach the server that a connection string names, its password apart.
///
/// Everybody can read another process's command line, so no password stands on one.
package struct ClientConnection: Hashable, Sendable, CustomStringConvertible {
    /// Key and value pairs for `--dbname`; holds no secret.
    package let conninfo: String
    /// For the environment variable PGPASSWORD; nil where the string has none.
    package let password: String?

    /// Throws `unreachable` for a malformed string, and for one with a secret that no variable can carry.
    package init(_ text: String) throws(PostgresError) {
        // Checks the syntax, with errors that hide the password.
        _ = try ConnectionString(text)
        guard let options = unsafe PQconninfoParse(text, nil) else {
            // Only a bare database name gets here.
            (conninfo, password) = (Self.pair("dbname", text), nil)
            return
        }
        defer { unsafe PQconninfoFree(options) }
        var (pairs, password): ([String], String?) = ([], nil)
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                let (key, text) = unsafe (String(cString: keyword), String(cString: value))
                switch key {
                case "password": password = text
                case "sslpassword":
                    throw .unreachable(
                        "sslpassword cannot be handed to pg_dump and psql: use a key file without a password"
                    )
                default: pairs.append(Self.pair(key, text))
                }
            }
            unsafe option += 1
        }
        (conninfo, self.password) = (pairs.joined(separator: " "), password)
    }

    /// Without the password.
    package var description: String { conninfo }

    private static func pair(_ key: String, _ value: String) -> String {
        let quoted = value.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        return "\(key)='\(quoted)'"
    }
}
