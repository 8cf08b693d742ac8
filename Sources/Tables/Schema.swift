import Goals
import Partitions
package import Postgres

/// The tables' life: installed, upgraded, checked.
package enum Schema {
    /// Most partitions: beyond this, the leaves' open files cost more than they bring.
    package static let partitionsMax = 1024
    /// Version that this program works with.
    package static var version: Int { Partitions.schemaVersion }
    /// The stream that every installation has.
    package static let defaultStream = "events"
    /// Held while the tables are made or changed, so that two programs starting at once do not both do it.
    static let advisoryLockKey: Int64 = 0x676F_616C_706F_7374

    /// What an installation says of itself.
    package struct Facts: Hashable, Sendable {
        package let version: Int
        package let partitions: Int
        /// UUID made with the tables: another one means another database.
        package let databaseID: String
        /// UUID of the log that was folded into it, nil before the first fold.
        package let logID: String?
    }

    /// Makes the tables, or brings them to this program's version; does nothing where that is so already.
    ///
    /// One transaction under a lock: any number of programs may call it at once, and a killed one leaves nothing.
    /// Throws `partitionCountMismatch` when the tables were made with another number, `newerSchema` when a newer
    /// program made them, `routingMismatch` when the server hashes otherwise.
    @discardableResult
    package static func install(
        _ session: Session,
        partitions: Int,
        streams: [String] = [defaultStream]
    ) async throws -> Facts {
        guard (1...partitionsMax).contains(partitions) else {
            throw TablesError.partitionCountOutOfRange(partitions)
        }
        return try await TablesError.wrapping {
            try await session.transaction { transaction in
                try transaction.execute("SELECT pg_advisory_xact_lock($1)", [.int8(advisoryLockKey)])
                if try facts(transaction) == nil { try create(partitions, in: transaction) }
                guard let found = try facts(transaction) else { throw TablesError.notInstalled }
                try upgrade(from: found.version, in: transaction)
                guard let facts = try facts(transaction) else { throw TablesError.notInstalled }
                try check(facts, partitions: partitions)
                for stream in streams { try addStream(stream, in: transaction) }
                try checkRouting(modulus: partitions, in: transaction)
                return facts
            }
        }
    }

    /// Reads what is installed and throws when this program cannot work with it; changes nothing.
    ///
    /// `partitions` is the number that the caller's settings ask for, nil where it takes what it finds.
    @discardableResult
    package static func check(_ session: Session, partitions: Int? = nil) async throws -> Facts {
        try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                guard let facts = try facts(transaction) else { throw TablesError.notInstalled }
                try check(facts, partitions: partitions)
                try checkRouting(modulus: facts.partitions, in: transaction)
                return facts
            }
        }
    }

    /// What the database has of ours.
    package enum Presence: Hashable, Sendable {
        /// No schema of the name goalpost.
        case absent
        /// The schema, without our tables.
        case schemaOnly
        case tables(Facts)
    }

    /// Looks what is there, of whatever version, and changes nothing; waits for one who is making it.
    package static func presence(_ session: Session) async throws -> Presence {
        try await TablesError.wrapping {
            try await session.transaction { transaction in
                try transaction.execute("SELECT pg_advisory_xact_lock($1)", [.int8(advisoryLockKey)])
                if let facts = try facts(transaction) { return .tables(facts) }
                let probe = "SELECT 1 WHERE to_regnamespace('goalpost') IS NOT NULL"
                return try transaction.execute(probe) == 1 ? .schemaOnly : .absent
            }
        }
    }

    /// Makes empty tables for a log that is folded into them anew, marked as restored.
    package static func install(
        _ session: Session,
        partitions: Int,
        as restored: RestoredDatabase
    ) async throws {
        guard (1...partitionsMax).contains(partitions) else {
            throw TablesError.partitionCountOutOfRange(partitions)
        }
        try await TablesError.wrapping {
            try await session.transaction { transaction in
                try transaction.execute("SELECT pg_advisory_xact_lock($1)", [.int8(advisoryLockKey)])
                guard try facts(transaction) == nil else {
                    throw TablesError.inconsistent("another program made the tables meanwhile")
                }
                try create(partitions, in: transaction)
                try upgrade(from: Partitions.firstVersion, in: transaction)
                try checkRouting(modulus: partitions, in: transaction)
                try transaction.script(restored.update)
            }
        }
    }

    /// What the schema's tables take on the server, in bytes.
    package struct Size: Hashable, Sendable {
        /// Rows alone.
        package let tableBytes: UInt64
        /// Rows and indexes.
        package let totalBytes: UInt64
        /// Major version of the server.
        package let serverMajor: Int
    }

    package static func size(_ session: Session) async throws -> Size {
        try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                var size = Size(tableBytes: 0, totalBytes: 0, serverMajor: 0)
                let sql = """
                    SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint,
                        coalesce(sum(pg_total_relation_size(oid)), 0)::bigint,
                        current_setting('server_version_num')::integer / 10000
                    FROM pg_class WHERE relnamespace = to_regnamespace('goalpost') AND relkind = 'r'
                    """
                try transaction.query(sql) { row in
                    size = Size(
                        tableBytes: UInt64(clamping: try row.int8(0)),
                        totalBytes: UInt64(clamping: try row.int8(1)),
                        serverMajor: Int(try row.int4(2))
                    )
                }
                return size
            }
        }
    }

    private static func check(_ facts: Facts, partitions: Int?) throws(TablesError) {
        let known = Partitions.schemaVersion
        guard facts.version <= known else { throw .newerSchema(found: facts.version, known: known) }
        guard facts.version == known else { throw .olderSchema(found: facts.version, known: known) }
        if let partitions, partitions != facts.partitions {
            throw .partitionCountMismatch(database: facts.partitions, asked: partitions)
        }
    }

    /// Nil where there are no tables.
    private static func facts(_ transaction: borrowing Transaction) throws -> Facts? {
        let probe = "SELECT 1 WHERE to_regclass('goalpost.meta') IS NOT NULL"
        guard try transaction.execute(probe) == 1 else { return nil }
        var facts: Facts?
        let sql = "SELECT schema_version, partitions, database_uuid, log_uuid FROM goalpost.meta"
        try transaction.query(sql) { row in
            facts = Facts(
                version: Int(try row.int4(0)),
                partitions: Int(try row.int4(1)),
                databaseID: try row.uuid(2),
                logID: row.isNull(3) ? nil : try row.uuid(3)
            )
        }
        return facts
    }

    /// Takes the steps from a version to this program's; none where it is that version or a newer one.
    private static func upgrade(from version: Int, in transaction: borrowing Transaction) throws {
        for step in Partitions.steps where step.version > version {
            try transaction.script(step.sql)
            try transaction.execute(
                "UPDATE goalpost.meta SET schema_version = $1",
                [.int4(Int32(step.version))]
            )
        }
    }

    private static func create(_ partitions: Int, in transaction: borrowing Transaction) throws {
        // CREATE SCHEMA IF NOT EXISTS wants the right to create one even where it exists.
        if try transaction.execute("SELECT 1 WHERE to_regnamespace('goalpost') IS NOT NULL") == 0 {
            try transaction.script("CREATE SCHEMA goalpost")
        }
        try transaction.script(Partitions.tables)
        for partition in 0..<partitions {
            try transaction.script(
                Partitions.leaves(partition: partition, modulus: partitions, remainder: partition)
            )
        }
        try transaction.execute(
            "INSERT INTO goalpost.meta (schema_version, partitions) VALUES ($1, $2)",
            [.int4(Int32(Partitions.firstVersion)), .int4(Int32(partitions))]
        )
        try transaction.execute(
            """
            INSERT INTO goalpost.fold_watermark (stream, partition, modulus, remainder)
            SELECT $1, i, $2, i FROM generate_series(0, $2 - 1) AS i
            """,
            [.text(defaultStream), .int4(Int32(partitions))]
        )
    }

    /// Gives a stream its watermarks, at 0, for the partitions that the default stream has.
    private static func addStream(_ stream: String, in transaction: borrowing Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO goalpost.fold_watermark (stream, partition, modulus, remainder)
            SELECT $1, partition, modulus, remainder FROM goalpost.fold_watermark WHERE stream = $2
            ON CONFLICT DO NOTHING
            """,
            [.text(stream), .text(defaultStream)]
        )
    }

    /// Asks the server itself where a few ids of different lengths and scripts belong.
    private static func checkRouting(modulus: Int, in transaction: borrowing Transaction) throws {
        let ids = ["a", "player-1", "0123456789ab", "Łódź", "プレイヤー", String(repeating: "z", count: 100)]
        var texts = ArrayColumn(.text)
        var remainders = ArrayColumn(.int4)
        for id in ids {
            texts.append(text: id.utf8)
            remainders.append(int4: Int32(PartitionHash.partition(of: Array(id.utf8), modulus: modulus)))
        }
        let sql = """
            SELECT id FROM unnest($1::text[], $2::int4[]) AS s (id, remainder)
            WHERE NOT satisfies_hash_partition('goalpost.player'::regclass, $3, remainder, id::varchar)
            """
        try transaction.query(sql, [.array(texts), .array(remainders), .int4(Int32(modulus))]) { row in
            throw TablesError.routingMismatch(id: try row.text(0), modulus: modulus)
        }
    }
}
