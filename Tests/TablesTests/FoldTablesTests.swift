import BlockingLane
import Goals
import Postgres
import Synchronization
import Tables
import TestKit
import Testing

private struct Stopped: Error, Equatable {}

/// Where the watermark, its fence and the transaction stand.
@Suite struct FoldTablesTests {
    private static let challenges = ChallengeSet.sample(goals: 12)

    /// What a fold of new players writes: a row a player in goal 0, all of them changed.
    private static func newPlayers(_ count: Int, progress: Int32 = 1) -> PartitionChange {
        var change = PartitionChange()
        for player in 0..<UInt32(count) {
            change.players.append((player, PlayerState(10), true))
            change.newRows.append(
                ProgressRow(
                    player: player,
                    goal: 0,
                    progress: progress,
                    status: .inProgress,
                    isActive: true,
                    createdAt: .second(10),
                    updatedAt: .second(10)
                )
            )
            change.changedPlayers.append(player)
        }
        return change
    }

    @Test
    func `an empty batch advances the watermark and nothing else`() async throws {
        let fixture = try await TablesFixture(partitions: 4)
        let counts = try await fixture.fold(
            2,
            players: PlayerTable(),
            challenges: Self.challenges,
            records: 77
        ) { _ in PartitionChange() }
        #expect(counts == FoldWriteCounts())
        let watermarks = try await fixture.tables.watermarks(stream: "events")
        #expect(watermarks.map(\.nextOffset) == [0, 0, 77, 0])
        #expect(watermarks.map(\.sequence) == [0, 0, 0, 0])
        #expect(watermarks.map(\.foldedAt) == [nil, nil, .second(99), nil])
        #expect(try await fixture.dump("player").isEmpty)
    }

    @Test
    func `sequence and counts follow what was written`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let players = PlayerTable(["b", "a"].map { Identifier($0) })
        var counts = try await fixture.fold(0, players: players, challenges: Self.challenges) { _ in
            Self.newPlayers(2)
        }
        #expect((counts.inserted, counts.updated, counts.sequence) == (2, 0, 1))
        counts = try await fixture.fold(0, players: players, challenges: Self.challenges) { prior in
            var change = PartitionChange()
            change.players = prior.players.enumerated().map { (UInt32($0), $1 ?? PlayerState(0), false) }
            return change
        }
        #expect(
            (counts.inserted, counts.updated, counts.sequence) == (0, 0, 1),
            "unchanged states are not written"
        )
        counts = try await fixture.fold(0, players: players, challenges: Self.challenges) { prior in
            var change = PartitionChange()
            change.changedRows = prior.rows.filter { $0.player == 1 }
            for index in change.changedRows.indices { change.changedRows[index].progress = 5 }
            change.changedPlayers = [1]
            return change
        }
        #expect((counts.inserted, counts.updated, counts.sequence) == (0, 1, 2))
        #expect(try await fixture.dump("player_change") == ["(a,2)", "(b,1)"])
        #expect(try await fixture.watermark(0).nextOffset == 3)
    }

    @Test
    func `a fold that finds its watermark moved writes nothing`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let stale = try await fixture.watermark(0)
        let players = PlayerTable([Identifier("a")])
        try await fixture.fold(0, players: players, challenges: Self.challenges, records: 5) { _ in
            Self.newPlayers(1)
        }
        let before = try await fixture.dumpAll()
        let applied = Mutex(0)
        await #expect(throws: TablesError.watermarkMoved(partition: 0, expected: 0, found: 5)) {
            try await fixture.tables.fold(
                partition: stale,
                stream: "events",
                players: players,
                requests: [],
                challenges: Self.challenges,
                nextOffset: 9,
                now: .second(1)
            ) { _, _ in
                applied.withLock { $0 += 1 }
                return Self.newPlayers(1, progress: 2)
            }
        }
        #expect(applied.withLock { $0 } == 0)
        #expect(try await fixture.dumpAll() == before)
    }

    @Test
    func `of many folds of one batch at once exactly one writes`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let watermark = try await fixture.watermark(0)
        let players = PlayerTable([Identifier("a")])
        let successes = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                let session = Session(conninfo: fixture.conninfo, lane: BlockingLane(label: "fold \(number)"))
                let tables = FoldTables(session: session, namespace: Identifier("test"))
                group.addTask {
                    do {
                        _ = try await tables.fold(
                            partition: watermark,
                            stream: "events",
                            players: players,
                            requests: [],
                            challenges: Self.challenges,
                            nextOffset: 3,
                            now: .second(1)
                        ) { _, _ in Self.newPlayers(1) }
                        return true
                    } catch {
                        let moved = TablesError.watermarkMoved(partition: 0, expected: 0, found: 3)
                        #expect(error as? TablesError == moved)
                        return false
                    }
                }
            }
            return await group.reduce(into: 0) { if $1 { $0 += 1 } }
        }
        #expect(successes == 1)
        #expect(try await fixture.dump("user_goal_progress").count == 1)
    }

    @Test
    func `what apply throws is rethrown and nothing stays`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let before = try await fixture.dumpAll()
        await #expect(throws: Stopped()) {
            try await fixture.fold(0, players: PlayerTable([Identifier("a")]), challenges: Self.challenges) {
                _ in
                throw Stopped()
            }
        }
        #expect(try await fixture.dumpAll() == before)
    }

    @Test
    func `a failure after rows were written leaves nothing`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let before = try await fixture.dumpAll()
        let players = PlayerTable([Identifier("a")])
        let error = await #expect(throws: TablesError.self) {
            try await fixture.fold(0, players: players, challenges: Self.challenges) { _ in
                var change = Self.newPlayers(1)
                change.changedRows = [change.newRows[0]]
                change.changedRows[0].goal = 3
                return change
            }
        }
        guard case .inconsistent = error else {
            Issue.record("expected inconsistent, found \(String(describing: error))")
            return
        }
        #expect(try await fixture.dumpAll() == before)
    }

    @Test
    func `a connection killed in the middle of a fold leaves nothing, and the next fold works`() async throws
    {
        let fixture = try await TablesFixture(partitions: 1)
        let killer = Session(conninfo: fixture.conninfo, lane: BlockingLane(label: "killer"))
        try await killer.transaction { try $0.script("SELECT 1") }
        let before = try await fixture.dumpAll()
        let players = PlayerTable((0..<50).map { Identifier("p\($0)") })
        // A trigger ends the backend in the middle of the rows' COPY.
        try await fixture.script(
            """
            CREATE FUNCTION goalpost.die() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF NEW.user_id = 'p7' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END $$;
            CREATE TRIGGER die BEFORE INSERT ON goalpost.user_goal_progress_p00 FOR EACH ROW
                EXECUTE FUNCTION goalpost.die();
            """
        )
        let error = await #expect(throws: TablesError.self) {
            try await fixture.fold(0, players: players, challenges: Self.challenges) { _ in
                Self.newPlayers(50)
            }
        }
        guard case .postgres(.unreachable) = error else {
            Issue.record("expected unreachable, found \(String(describing: error))")
            return
        }
        #expect(try await fixture.dumpAll() == before)
        try await fixture.script("DROP TRIGGER die ON goalpost.user_goal_progress_p00")
        let counts = try await fixture.fold(0, players: players, challenges: Self.challenges) { _ in
            Self.newPlayers(50)
        }
        #expect(counts.inserted == 50)
    }

    @Test
    func `a player of another partition and a watermark that goes back are refused`() async throws {
        let fixture = try await TablesFixture(partitions: 4)
        let id = Identifier("a")
        let home = PartitionHash.partition(of: id.utf8, modulus: 4)
        for (partition, records) in [((home + 1) % 4, UInt64(1)), (home, UInt64.max)] {
            if records == .max {
                try await fixture.fold(home, players: PlayerTable(), challenges: Self.challenges) { _ in
                    PartitionChange()
                }
            }
            let watermark = try await fixture.watermark(partition)
            let error = await #expect(throws: TablesError.self) {
                try await fixture.tables.fold(
                    partition: watermark,
                    stream: "events",
                    players: PlayerTable([id]),
                    requests: [],
                    challenges: Self.challenges,
                    nextOffset: watermark.nextOffset &+ records,
                    now: .second(1)
                ) { _, _ in Self.newPlayers(1) }
            }
            guard case .inconsistent = error else {
                Issue.record("expected inconsistent, found \(String(describing: error))")
                continue
            }
        }
        #expect(try await fixture.dump("player").isEmpty)
    }

    @Test
    func `a stream that the tables do not know is refused`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let watermark = try await fixture.watermark(0)
        await #expect(throws: TablesError.unknownStream("other")) {
            try await fixture.tables.fold(
                partition: watermark,
                stream: "other",
                players: PlayerTable(),
                requests: [],
                challenges: Self.challenges,
                nextOffset: 1,
                now: .second(1)
            ) { _, _ in PartitionChange() }
        }
    }
}
