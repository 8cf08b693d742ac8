import Goals
import Jobs
import PayloadStore
import Payloads
import Postgres
import TestKit
import Testing

/// Whole runs against the naive implementation: tables and every player's three answers.
@Suite(.serialized) struct PipelineAgainstOracleTests {
    static let kinds: [(AnswerKind, NaiveAnswerKind)] = [
        (.initialize, .initialize), (.challenges, .challenges), (.activeOnly, .activeOnly),
    ]

    @Test(arguments: UInt64(1)...200)
    func `tables and answers are those of the naive implementation`(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed ^ 0x9196)
        let history = try RandomHistory(seed: seed)
        let batch = [1_000_000, 97, 700][Int(random.next() % 3)]
        let world = try await PipelineWorld(partitions: [1, 4, 16][Int(seed % 3)], batchRecords: batch)
        let days = history.publishDays
        // Some runs in between, of which a few also publish.
        let stops = Set(
            (0..<Int(random.next() % 3)).map { _ in Int(random.next() % UInt64(history.lines.count)) }
        )
        var start = 0
        for stop in stops.sorted() where stop > start {
            try world.append(history, start..<stop, &random)
            try await world.fold()
            if random.next() % 2 == 0 { try await world.publish(day: days[0]) }
            start = stop
        }
        try world.append(history, start..<history.lines.count, &random)
        let summary = try await world.fold()
        #expect(summary.nextOffset == UInt64(history.lines.count))
        try await Self.expectTables(world, history)
        // Ascending, as time goes: the later days render only whose answers a new day ended.
        for day in days.sorted() {
            try await world.publish(day: day)
            try Self.expectAnswers(world, history, day)
            try Self.expectOutcomes(world, history)
        }
    }

    /// Batch size, partitions, runs in between and a rebuild into an empty database change nothing.
    @Test(arguments: UInt64(301)...308)
    func `a rebuild with other partitions and batches gives the same rows`(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let history = try RandomHistory(seed: seed)
        let first = try await PipelineWorld(partitions: 16, batchRecords: 61)
        try first.append(history, 0..<history.lines.count, &random)
        try await first.fold()
        let rows = try await first.dump()
        #expect(!rows.isEmpty)
        for (partitions, batch) in [(1, 1_000_000), (4, 333), (16, 1_000_000)] {
            let other = try await PipelineWorld(partitions: partitions, batchRecords: batch, sharing: first)
            try await other.fold()
            #expect(
                try await other.dump() == rows,
                "seed \(seed), \(partitions) partitions, batches of \(batch)"
            )
        }
        let misplaced = """
            SELECT count(*) FROM goalpost.user_goal_progress t JOIN pg_class c ON c.oid = t.tableoid
            WHERE NOT satisfies_hash_partition('goalpost.user_goal_progress'::regclass, 16,
                right(c.relname, 2)::int, t.user_id)
            """
        #expect(try await first.number(misplaced) == 0)
    }

    static func expectTables(_ world: PipelineWorld, _ history: RandomHistory) async throws {
        let oracle = history.oracle
        let rows = try await TableRows.read(world)
        #expect(rows.progress.count == oracle.rows.count, "seed \(history.seed)")
        for (key, row) in rows.progress {
            #expect(oracle.rows[key] == row, "seed \(history.seed)")
        }
        #expect(rows.players == oracle.players, "seed \(history.seed)")
        #expect(rows.outcomes == oracle.outcomes, "seed \(history.seed)")
        #expect(rows.grants == oracle.grants, "seed \(history.seed)")
    }

    static func expectAnswers(_ world: PipelineWorld, _ history: RandomHistory, _ day: Int) throws {
        for player in history.players {
            let isKnown = history.oracle.players[Array(player.utf8)] != nil
            for (kind, naive) in kinds {
                let answer = try world.answer(player, kind)
                let expected =
                    isKnown
                    ? history.oracle.answer(Array(player.utf8), naive, publishDay: day)
                    : history.oracle.template(naive)
                #expect(answer.isKnown == isKnown, "seed \(history.seed), \(player)")
                #expect(
                    answer.bytes == Array(expected.utf8),
                    "seed \(history.seed), day \(day), \(player), \(kind)"
                )
                #expect(answer.offset == UInt64(history.lines.count))
            }
        }
    }

    /// Of each player the newest outcomes are published, though most changed no row.
    static func expectOutcomes(_ world: PipelineWorld, _ history: RandomHistory) throws {
        let reader = try PublishedStore(directory: world.access.workspace.payloads).makeReader()
        for player in history.players {
            let user = Array(player.utf8)
            let expected = history.oracle.outcomes.filter { $0.key.userId == user }.map { key, outcome in
                PublishedOutcome(
                    key: key.eventId,
                    errorCode: outcome.errorCode,
                    decidedAt: outcome.decidedAt
                )
            }.sorted { left, right in
                left.decidedAt == right.decidedAt
                    ? right.key.lexicographicallyPrecedes(left.key) : left.decidedAt > right.decidedAt
            }
            let published = try reader.read { view throws(PayloadStoreError) in try view.outcomes(of: user) }
            #expect(
                published == Array(expected.prefix(PublishedOutcome.countMax)),
                "seed \(history.seed), \(player)"
            )
        }
    }
}
