/// Why PostgreSQL could not do what was asked; a case for each thing a caller does about it.
///
/// No case carries a password: connection strings are redacted before they reach a message.
package enum PostgresError: Error, Hashable, Sendable {
    /// No connection, or it broke: whatever transaction was open is gone. Try again later.
    case unreachable(String)
    /// The server answers but cannot be used: too old, not UTF-8, or read-only. Point Goalpost at another.
    case unsupportedServer(String)
    /// The server refused a statement; the transaction around it was rolled back.
    case server(sqlstate: String, message: String, detail: String?, hint: String?, sql: String)
    /// A value has not the type or size that the caller asked for: the program and the schema disagree.
    case protocolViolation(String)
    /// The connection broke while it held this advisory lock, and another session has the lock now.
    case lockLost(key: Int64)
    /// The session was closed by its owner.
    case closed
}

extension PostgresError {
    /// The five characters that name a server error, nil for every other case.
    package var sqlstate: String? {
        guard case .server(let sqlstate, _, _, _, _) = self else { return nil }
        return sqlstate
    }

    /// Whether the same call may succeed later with nothing repaired by hand.
    ///
    /// True for a lost or refused connection and for the server's own classes of passing trouble: lock timeout,
    /// deadlock, serialization failure, shutdown, out of connections, disk or memory.
    package var isTransient: Bool {
        switch self {
        case .unreachable: true
        case .unsupportedServer, .protocolViolation, .lockLost, .closed: false
        case .server(let sqlstate, _, _, _, _):
            ["08", "40", "53", "57"].contains(String(sqlstate.prefix(2))) || sqlstate == "55P03"
        }
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreachable(let reason): "PostgreSQL is not reachable: \(reason)"
        case .unsupportedServer(let reason): "this PostgreSQL server cannot be used: \(reason)"
        case .server(let sqlstate, let message, let detail, let hint, let sql):
            "PostgreSQL refused a statement: \(message) (SQLSTATE \(sqlstate))"
                + (detail.map { "; \($0)" } ?? "") + (hint.map { "; hint: \($0)" } ?? "")
                + "; statement: \(sql)"
        case .protocolViolation(let reason): "PostgreSQL answered what was not asked for: \(reason)"
        case .lockLost(let key):
            "the connection to PostgreSQL broke and another session took advisory lock \(key) meanwhile"
        case .closed: "the PostgreSQL session is closed"
        }
    }
}
