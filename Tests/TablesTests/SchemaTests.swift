import BlockingLane
import Goals
import Partitions
import Postgres
import Tables
import TestKit
import Testing

@Suite struct SchemaTests {
    private func session() async throws -> Session {
        Session(
            conninfo: try await ThrowawayPostgres.freshDatabase(),
            lane: BlockingLane(label: "schema test")
        )
    }

    @Test
    func `a database without tables is said so`() async throws {
        let session = try await session()
        await #expect(throws: TablesError.notInstalled) { try await Schema.check(session) }
        let tables = FoldTables(session: session, namespace: Identifier("test"))
        await #expect(throws: TablesError.notInstalled) { try await tables.watermarks(stream: "events") }
        await #expect(throws: TablesError.notInstalled) { try await tables.bindLog(uuid: "x") }
    }

    @Test(arguments: [1, 4, 16])
    func `installing makes every leaf and watermark, and again changes nothing`(partitions: Int) async throws
    {
        let session = try await session()
        let facts = try await Schema.install(session, partitions: partitions)
        #expect(facts.version == Partitions.schemaVersion)
        #expect(facts.partitions == partitions)
        #expect(facts.logID == nil)
        #expect(facts.databaseID.utf8.count == 36)
        #expect(try await Schema.install(session, partitions: partitions) == facts)
        #expect(try await Schema.check(session, partitions: partitions) == facts)
        let leaves = try await session.readOnlySnapshot { transaction in
            var leaves: Int64 = 0
            let sql =
                "SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relkind = 'r'"
            try transaction.query(sql) { leaves = try $0.int8(0) }
            return leaves
        }
        #expect(leaves == Int64(partitions * 5))
        let watermarks = try await FoldTables(session: session, namespace: Identifier("test"))
            .watermarks(stream: "events")
        #expect(
            watermarks
                == (0..<partitions).map {
                    PartitionWatermark(
                        partition: $0,
                        modulus: partitions,
                        remainder: $0,
                        nextOffset: 0,
                        sequence: 0,
                        foldedAt: nil
                    )
                }
        )
    }

    @Test
    func `programs that install at once make one installation`() async throws {
        let conninfo = try await ThrowawayPostgres.freshDatabase()
        let facts = try await withThrowingTaskGroup { group in
            for number in 0..<6 {
                let session = Session(conninfo: conninfo, lane: BlockingLane(label: "installer \(number)"))
                group.addTask { try await Schema.install(session, partitions: 4) }
            }
            var facts: Set<Schema.Facts> = []
            for try await found in group { facts.insert(found) }
            return facts
        }
        #expect(facts.count == 1)
    }

    @Test
    func `other partition counts, newer and older schemas are refused`() async throws {
        let session = try await session()
        try await Schema.install(session, partitions: 4)
        await #expect(throws: TablesError.partitionCountMismatch(database: 4, asked: 16)) {
            try await Schema.install(session, partitions: 16)
        }
        await #expect(throws: TablesError.partitionCountMismatch(database: 4, asked: 8)) {
            try await Schema.check(session, partitions: 8)
        }
        let known = Partitions.schemaVersion
        for (version, error) in [
            (known + 1, TablesError.newerSchema(found: known + 1, known: known)),
            (known - 1, .olderSchema(found: known - 1, known: known)),
        ] {
            try await session.transaction {
                try $0.execute("UPDATE goalpost.meta SET schema_version = $1", [.int4(Int32(version))])
            }
            await #expect(throws: error) { try await Schema.check(session) }
        }
    }

    @Test(arguments: [0, -1, Schema.partitionsMax + 1])
    func `a partition count out of range is refused before anything is made`(partitions: Int) async throws {
        let session = try await session()
        await #expect(throws: TablesError.partitionCountOutOfRange(partitions)) {
            try await Schema.install(session, partitions: partitions)
        }
        await #expect(throws: TablesError.notInstalled) { try await Schema.check(session) }
    }

    @Test
    func `a schema that is there already is used`() async throws {
        let session = try await session()
        try await session.transaction { try $0.script("CREATE SCHEMA goalpost") }
        try await Schema.install(session, partitions: 1)
    }

    @Test
    func `another stream gets its own watermarks, an unknown one is refused`() async throws {
        let fixture = try await TablesFixture(partitions: 4)
        await #expect(throws: TablesError.unknownStream("other")) {
            try await fixture.tables.watermarks(stream: "other")
        }
        try await Schema.install(fixture.session, partitions: 4, streams: ["events", "other"])
        #expect(try await fixture.tables.watermarks(stream: "other").count == 4)
    }

    @Test
    func `a database belongs to the first log that is folded into it`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let (first, second) = ("00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b")
        try await fixture.tables.bindLog(uuid: first)
        try await fixture.tables.bindLog(uuid: first.uppercased())
        await #expect(throws: TablesError.logMismatch(database: first, log: second)) {
            try await fixture.tables.bindLog(uuid: second)
        }
        #expect(try await Schema.check(fixture.session).logID == first)
        let databaseID = try await Schema.check(fixture.session).databaseID
        #expect(try await Schema.check(fixture.session).databaseID == databaseID)
        let other = try await TablesFixture(partitions: 1)
        #expect(try await Schema.check(other.session).databaseID != databaseID)
    }
}
