package import Postgres

/// Why the tables could not be read or written; a case for each thing a caller does about it.
package enum TablesError: Error, Hashable, Sendable {
    /// Another fold advanced this partition meanwhile: write nothing, let it go on.
    case watermarkMoved(partition: Int, expected: UInt64, found: UInt64)
    /// The database was filled from another log: point Goalpost at the right one, or start a fresh database.
    case logMismatch(database: String, log: String)
    /// The database has no Goalpost tables: install them.
    case notInstalled
    /// A newer program made these tables: use that one.
    case newerSchema(found: Int, known: Int)
    /// An older program made these tables: run the upgrade.
    case olderSchema(found: Int, known: Int)
    /// The tables were made with another number of partitions than asked for.
    case partitionCountMismatch(database: Int, asked: Int)
    /// Only 1 to `Schema.partitionsMax` partitions can be made.
    case partitionCountOutOfRange(Int)
    /// The tables keep no watermark for a stream of this name.
    case unknownStream(String)
    /// The server hashes this id into another partition than Goalpost does: writing would scatter players.
    case routingMismatch(id: String, modulus: Int)
    /// The database does not hold what the program wrote, or the program asked for what cannot be: stop.
    case inconsistent(String)
    /// What PostgreSQL itself had against it.
    case postgres(PostgresError)

    /// Undefined table or schema: nobody installed anything here.
    private static let missingStates: Set<String> = ["42P01", "3F000"]

    init(_ error: PostgresError) {
        self = Self.missingStates.contains(error.sqlstate ?? "") ? .notInstalled : .postgres(error)
    }

    /// Runs `body`, turning PostgreSQL's errors into this room's; other errors pass through.
    package static func wrapping<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as PostgresError {
            throw TablesError(error)
        }
    }
}

extension TablesError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .watermarkMoved(let partition, let expected, let found):
            "partition \(partition) was to be folded from offset \(expected), but its watermark is \(found): "
                + "another fold is at work"
        case .logMismatch(let database, let log):
            "the database holds the fold of log \(database), not of \(log): "
                + "set GOALPOST_DATABASE_URL to this log's database, or to a fresh one"
        case .notInstalled: "the database has no Goalpost tables: run `goalpost init`"
        case .newerSchema(let found, let known):
            "the database's schema is version \(found), this program knows \(known): use the newer program"
        case .olderSchema(let found, let known):
            "the database's schema is version \(found), this program needs \(known): run `goalpost init`"
        case .partitionCountMismatch(let database, let asked):
            "the database has \(database) partitions, not \(asked): set the number that it was made with"
        case .partitionCountOutOfRange(let asked):
            "\(asked) partitions cannot be made: choose 1 to \(Schema.partitionsMax)"
        case .unknownStream(let stream): "the database keeps no watermark for stream \(stream)"
        case .routingMismatch(let id, let modulus):
            "this server puts player \(id) into another of \(modulus) partitions than Goalpost does: "
                + "use PostgreSQL on a little-endian machine with a UTF-8 database"
        case .inconsistent(let reason): "the tables and the program disagree: \(reason)"
        case .postgres(let error): error.description
        }
    }
}
