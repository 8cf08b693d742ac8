import BlockingLane
import Goals
import Partitions
import Postgres
import Tables
import TestKit
import Testing

@Suite struct SchemaUpgradeTests {
    private let conninfo: String
    private let session: Session

    init() async throws {
        conninfo = try await ThrowawayPostgres.freshDatabase()
        session = Session(conninfo: conninfo, lane: BlockingLane(label: "upgrade test"))
    }

    /// The tables as the program of version 1 made them, with rows in each.
    private func makeFirstVersion(partitions: Int) async throws {
        try await session.transaction { transaction in
            try transaction.script("CREATE SCHEMA goalpost")
            try transaction.script(Partitions.tables)
            for partition in 0..<partitions {
                try transaction.script(
                    Partitions.leaves(partition: partition, modulus: partitions, remainder: partition)
                )
            }
            try transaction.script(
                """
                INSERT INTO goalpost.meta (schema_version, partitions) VALUES (1, \(partitions));
                INSERT INTO goalpost.fold_watermark (stream, partition, modulus, remainder, next_offset, sequence)
                SELECT 'events', i, \(partitions), i, 7, 3 FROM generate_series(0, \(partitions) - 1) AS i;
                INSERT INTO goalpost.player SELECT 'player-' || i, now(), now() FROM generate_series(1, 100) i;
                INSERT INTO goalpost.player_change SELECT 'player-' || i, i FROM generate_series(1, 100) i;
                INSERT INTO goalpost.user_goal_progress (user_id, goal_id, challenge_id, namespace, progress, status,
                    completed_at, claimed_at)
                SELECT 'player-' || i, 'goal', 'c', 'n', i, 'claimed', now(), now() FROM generate_series(1, 100) i;
                INSERT INTO goalpost.reward_grant (user_id, claim_event_id, goal_id, reward_type, reward_id, quantity,
                    claimed_at)
                SELECT 'player-' || i, 'e' || i, 'goal', 'WALLET', 'GEMS', 5, now() FROM generate_series(1, 100) i;
                INSERT INTO goalpost.request_outcome SELECT 'player-' || i, 'e' || i, 'applied', NULL, now()
                FROM generate_series(1, 100) i;
                INSERT INTO goalpost.job_run (job, started_at, ended_at, exit_code, host, version)
                VALUES ('fold', now(), now(), 0, 'h', '0')
                """
            )
        }
    }

    private static let tables = [
        "fold_watermark", "player", "player_change", "user_goal_progress", "reward_grant", "request_outcome",
        "job_run",
    ]

    private func rows() async throws -> [String] {
        try await session.readOnlySnapshot { transaction in
            var rows: [String] = []
            for table in Self.tables {
                try transaction.query("SELECT t::text FROM goalpost.\(table) t ORDER BY 1") { row in
                    rows.append(table + ": " + (try row.text(0)))
                }
            }
            return rows
        }
    }

    private static func schema(_ conninfo: String) throws -> String {
        let dumped = try Command.run(
            try ThrowawayPostgres.binariesDirectory() + "/pg_dump",
            ["--schema-only", "--schema=goalpost", "--dbname=\(conninfo)"]
        )
        try #require(dumped.status == 0, "\(dumped.error)")
        // Newer programs print a random word in these lines.
        return String(decoding: dumped.output, as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("\\") }.joined(separator: "\n")
    }

    @Test(arguments: [1, 16])
    func `an upgrade keeps every row and ends in the schema of a fresh installation`(partitions: Int)
        async throws
    {
        try await makeFirstVersion(partitions: partitions)
        let before = try await rows()
        #expect(before.count == 501 + partitions)
        await #expect(throws: TablesError.olderSchema(found: 1, known: Partitions.schemaVersion)) {
            try await Schema.check(session)
        }
        let facts = try await Schema.install(session, partitions: partitions)
        #expect(facts.version == Partitions.schemaVersion)
        #expect(try await rows() == before)
        #expect(try await Schema.check(session, partitions: partitions) == facts)
        #expect(try await Schema.install(session, partitions: partitions) == facts)

        let fresh = try await ThrowawayPostgres.freshDatabase()
        try await Schema.install(
            Session(conninfo: fresh, lane: BlockingLane(label: "fresh")),
            partitions: partitions
        )
        #expect(try Self.schema(conninfo) == Self.schema(fresh))
    }

    @Test
    func `the program of version 1 refuses what version 2 made`() async throws {
        try await Schema.install(session, partitions: 2)
        // What that program compares: its own version with the one in the table.
        let found = try await session.readOnlySnapshot { transaction in
            var found: Int32 = 0
            try transaction.query("SELECT schema_version FROM goalpost.meta") { found = try $0.int4(0) }
            return found
        }
        #expect(found == Int32(Partitions.schemaVersion) && found > Int32(Partitions.firstVersion))
    }

    @Test
    func `the steps lead from the first version to the last, one at a time`() {
        let versions = Partitions.steps.map(\.version)
        #expect(versions == Array((Partitions.firstVersion + 1)...Partitions.schemaVersion))
    }

    @Test
    func `a step that fails leaves the version before it`() async throws {
        try await makeFirstVersion(partitions: 1)
        // Something of the operator's own in the way of a view.
        try await session.transaction { try $0.script("CREATE TABLE goalpost.runs (n int)") }
        await #expect(throws: TablesError.self) { try await Schema.install(session, partitions: 1) }
        let presence = try await Schema.presence(session)
        guard case .tables(let facts) = presence else {
            Issue.record("\(presence)")
            return
        }
        #expect(facts.version == 1)
        try await session.transaction { try $0.script("DROP TABLE goalpost.runs") }
        try await Schema.install(session, partitions: 1)
    }

    @Test
    func `upgrades at once make one`() async throws {
        try await makeFirstVersion(partitions: 2)
        try await withThrowingTaskGroup { group in
            for number in 0..<6 {
                let session = Session(conninfo: conninfo, lane: BlockingLane(label: "upgrader \(number)"))
                group.addTask { _ = try await Schema.install(session, partitions: 2) }
            }
            try await group.waitForAll()
        }
        #expect(try await Schema.check(session).version == Partitions.schemaVersion)
    }

    @Test
    func `every view and each of its columns is documented`() async throws {
        try await Schema.install(session, partitions: 2)
        let (views, silent) = try await session.readOnlySnapshot { transaction in
            var views: Set<String> = []
            var silent: [String] = []
            let sql = """
                SELECT c.relname::text, a.attname::text, col_description(c.oid, a.attnum) IS NULL
                    OR obj_description(c.oid, 'pg_class') IS NULL
                FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                WHERE c.relnamespace = 'goalpost'::regnamespace AND c.relkind = 'v'
                """
            try transaction.query(sql) { row in
                views.insert(try row.text(0))
                if try row.bool(2) { silent.append("\(try row.text(0)).\(try row.text(1))") }
            }
            return (views, silent)
        }
        #expect(silent == [])
        #expect(
            views == [
                "progress", "players", "goal_funnel", "completions_daily", "claims", "claims_daily",
                "requests_daily", "freshness", "runs",
            ]
        )
    }

    @Test
    func `the views say what the tables hold`() async throws {
        try await makeFirstVersion(partitions: 4)
        try await Schema.install(session, partitions: 4)
        let answers = try await session.readOnlySnapshot { transaction in
            var answers: [String] = []
            for sql in [
                "SELECT count(*) || ' ' || sum(progress) FROM goalpost.progress",
                "SELECT count(*)::text FROM goalpost.players",
                "SELECT players || ' ' || started || ' ' || completed || ' ' || claimed FROM goalpost.goal_funnel",
                "SELECT completions || ' ' || claimed FROM goalpost.completions_daily",
                "SELECT count(*) || ' ' || min(state) FROM goalpost.claims",
                "SELECT claims || ' ' || quantity || ' ' || delivered FROM goalpost.claims_daily",
                "SELECT outcome || ' ' || requests FROM goalpost.requests_daily",
                "SELECT next_offset || ' ' || newest_offset || ' ' || partitions || ' ' || grants_held"
                    + " FROM goalpost.freshness",
                "SELECT job || ' ' || exit_code FROM goalpost.runs",
            ] { try transaction.query(sql) { answers.append(try $0.text(0)) } }
            return answers
        }
        #expect(
            answers == [
                "100 5050", "100", "100 100 100 100", "100 100", "100 pending", "100 500 0", "applied 100",
                "7 7 4 false", "fold 0",
            ]
        )
    }
}
