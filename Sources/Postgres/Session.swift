package import BlockingLane

/// One PostgreSQL connection, dialled on first use and again after it broke; every call runs on its lane.
///
/// A transaction is a synchronous closure, so nothing suspends while it is open.
package actor Session {
    private let lane: BlockingLane
    private let conninfo: String
    private var connection: Connection?
    private var isClosed = false
    /// Advisory locks to hold again on a new connection.
    private var lockKeys: [Int64] = []

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

    /// Only notes where to dial; `conninfo` is a libpq connection string or URL.
    package init(conninfo: String, lane: BlockingLane) { (self.conninfo, self.lane) = (conninfo, lane) }

    /// Whether there is a connection and it has not been seen to break.
    package var isOpen: Bool { connection?.isUsable ?? false }

    /// Ends the connection, and with it the advisory locks; every later call throws `closed`.
    package func close() {
        isClosed = true
        connection = nil
        lockKeys = []
    }

    /// Runs `body` between BEGIN and COMMIT at READ COMMITTED; a throw rolls back and is rethrown.
    ///
    /// Throws `PostgresError` for what the server or the connection does. When the connection breaks during
    /// COMMIT, the error says that the outcome is unknown: read what was written before writing it again.
    @discardableResult
    package func transaction<Value: Sendable>(
        _ body: @Sendable (borrowing Transaction) throws -> Value
    ) throws -> Value {
        try run(begin: "BEGIN", body)
    }

    /// Runs `body` against one unchanging, read-only snapshot of the database.
    package func readOnlySnapshot<Value: Sendable>(
        _ body: @Sendable (borrowing Transaction) throws -> Value
    ) throws -> Value {
        try run(begin: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", body)
    }

    /// Runs one statement outside a transaction, for those that refuse to be in one (CREATE DATABASE, VACUUM).
    package func statement(_ sql: String) throws(PostgresError) { try ready().script(sql) }

    /// Takes an advisory lock for the session if no other session has it; true when this one has it now.
    ///
    /// A connection that breaks frees the lock on the server. The next call takes it again on the new connection
    /// or throws `lockLost`.
    package func tryAdvisoryLock(key: Int64) throws -> Bool {
        if lockKeys.contains(key) {
            _ = try ready()
            return true
        }
        guard try Self.lock(key, on: ready()) else { return false }
        lockKeys.append(key)
        return true
    }

    private func run<Value: Sendable>(
        begin: String,
        _ body: @Sendable (borrowing Transaction) throws -> Value
    ) throws -> Value {
        let connection = try begun(begin)
        do {
            let value = try body(Transaction(connection: connection))
            do {
                try connection.script("COMMIT")
            } catch .unreachable(let reason) {
                throw PostgresError.unreachable("\(reason); whether the COMMIT took effect is unknown")
            }
            return value
        } catch {
            rollBack(connection)
            throw error
        }
    }

    /// Begins on a connection that works: one that broke while idle shows it here, before anything is lost.
    private func begun(_ begin: String) throws -> Connection {
        let isReused = isOpen
        let first = try ready()
        do {
            try first.script(begin)
            return first
        } catch .unreachable where isReused {
            connection = nil
            let second = try ready()
            try second.script(begin)
            return second
        }
    }

    private func rollBack(_ connection: Connection) {
        do {
            try connection.script("ROLLBACK")
        } catch {
            self.connection = nil  // State unknown: the server rolls back when the connection goes.
        }
        if !connection.isUsable { self.connection = nil }
    }

    private func ready() throws(PostgresError) -> Connection {
        guard !isClosed else { throw .closed }
        if let connection, connection.isUsable { return connection }
        connection = nil
        let fresh = try Connection(conninfo: conninfo)
        for key in lockKeys {
            guard try Self.lock(key, on: fresh) else { throw .lockLost(key: key) }
        }
        connection = fresh
        return fresh
    }

    private static func lock(_ key: Int64, on connection: Connection) throws(PostgresError) -> Bool {
        // One row comes back exactly when the lock was free.
        try connection.execute("SELECT 1 WHERE pg_try_advisory_lock($1)", [.int8(key)]) == 1
    }
}
