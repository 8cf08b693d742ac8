import Glibc

/// The server that client programs are to connect to.
package struct ClientTarget: Sendable {
    /// Key and value pairs without a password: they stand on a command line.
    package let conninfo: String
    /// Handed over in the environment, which only the same user can read.
    let password: String?
    /// Whether libpq's variables (PGPASSFILE, PGSSLMODE, …) of this process count, as they do for its own connections.
    let usesOwnEnvironment: Bool

    package init(conninfo: String, password: String?, usesOwnEnvironment: Bool) {
        (self.conninfo, self.password, self.usesOwnEnvironment) = (conninfo, password, usesOwnEnvironment)
    }

    /// Variables beside the usual ones.
    var environment: [String: String] {
        var variables: [String: String] = [:]
        if usesOwnEnvironment {
            var entry = environ
            while let text = entry.pointee {
                let words = String(cString: text).split(separator: "=", maxSplits: 1)
                // HOME leads to ~/.pgpass and ~/.postgresql.
                if words.count == 2, words[0].hasPrefix("PG") || words[0] == "HOME" {
                    variables[String(words[0])] = String(words[1])
                }
                entry += 1
            }
        }
        if let password { variables["PGPASSWORD"] = password }
        return variables
    }
}
