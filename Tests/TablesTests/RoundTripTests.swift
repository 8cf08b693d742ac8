import Goals
import Postgres
import Tables
import Testing

/// What is written comes back: every column, every kind of row, as prior state and to publish.
@Suite struct RoundTripTests {
    private static let challenges = ChallengeSet.sample(goals: 30)
    private static let latest = Timestamp(microseconds: 253_402_300_799_999_999)

    /// Random rows of some of the (player, goal) pairs; every nullable column is null now and then.
    private static func rows(players: Int, seed: UInt64) -> [ProgressRow] {
        var generator = SeededGenerator(seed: seed)
        func time() -> Timestamp? {
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: nil
            case 1: Timestamp(microseconds: 0)
            case 2: latest
            default: Timestamp(microseconds: .random(in: 0...latest.microseconds, using: &generator))
            }
        }
        var rows: [ProgressRow] = []
        for player in 0..<UInt32(players) {
            for goal in 0..<UInt32(challenges.goals.count) where Bool.random(using: &generator) {
                let completed = time()
                rows.append(
                    ProgressRow(
                        player: player,
                        goal: goal,
                        progress: [0, 1, .max].randomElement(using: &generator) ?? 0,
                        status: GoalStatus.allCases.randomElement(using: &generator) ?? .claimed,
                        isActive: Bool.random(using: &generator),
                        assignedAt: time(),
                        completedAt: completed,
                        claimedAt: completed == nil ? nil : time(),
                        createdAt: time() ?? latest,
                        updatedAt: time() ?? latest,
                        lastEventAt: time(),
                        lastCountedOn: time().map(\.day)
                    )
                )
            }
        }
        return rows.shuffled(using: &generator)
    }

    private static func sorted(_ rows: [ProgressRow]) -> [ProgressRow] {
        rows.sorted { ($0.player, $0.goal) < ($1.player, $1.goal) }
    }

    /// 20 players are looked up one by one, 1,500 are joined: both ways of reading and writing.
    @Test(arguments: [(20, 1), (20, 2), (1500, 3)])
    func `rows come back as they were written, then as they were changed`(
        count: Int,
        seed: UInt64
    ) async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let players = PlayerTable((0..<count).map { Identifier("player-\($0)") })
        let first = Self.rows(players: count, seed: seed)
        let counts = try await fixture.fold(0, players: players, challenges: Self.challenges) { prior in
            #expect(prior.rows.isEmpty)
            #expect(prior.players.allSatisfy { $0 == nil })
            var change = PartitionChange()
            change.newRows = first
            change.players = (0..<UInt32(count)).map { ($0, PlayerState(Int64($0)), true) }
            return change
        }
        #expect(counts.inserted == first.count)
        var second = Self.rows(players: count, seed: seed + 100)
        try await fixture.fold(0, players: players, challenges: Self.challenges) { [second] prior in
            #expect(Self.sorted(prior.rows) == Self.sorted(first))
            #expect(prior.players == (0..<count).map { PlayerState(Int64($0)) })
            let known = Set(prior.rows.map { [$0.player, $0.goal] })
            var change = PartitionChange()
            for row in second {
                if known.contains([row.player, row.goal]) {
                    change.changedRows.append(row)
                } else {
                    change.newRows.append(row)
                }
            }
            change.players = (0..<UInt32(count)).map { ($0, PlayerState(Int64($0) + 5), false) }
            return change
        }
        let changed = Set(second.map { [$0.player, $0.goal] })
        second += first.filter { !changed.contains([$0.player, $0.goal]) }
        let expected = second
        try await fixture.fold(0, players: players, challenges: Self.challenges) { prior in
            #expect(Self.sorted(prior.rows) == Self.sorted(expected))
            #expect(prior.players == (0..<count).map { PlayerState(Int64($0) + 5) })
            return PartitionChange()
        }
    }

    @Test
    func `a batch sees its own players and its own goals only`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let all = PlayerTable(["a", "b", "c"].map { Identifier($0) })
        try await fixture.fold(0, players: all, challenges: Self.challenges) { _ in
            var change = PartitionChange()
            change.players = (0..<3).map { ($0, PlayerState(1), true) }
            change.newRows = (0..<3).flatMap { player in
                [0, 29].map {
                    ProgressRow(
                        player: player,
                        goal: $0,
                        isActive: true,
                        createdAt: .second(1),
                        updatedAt: .second(1)
                    )
                }
            }
            return change
        }
        let some = PlayerTable(["new", "c"].map { Identifier($0) })
        try await fixture.fold(0, players: some, challenges: .sample(goals: 5)) { prior in
            #expect(prior.players == [nil, PlayerState(1)])
            #expect(prior.rows.map(\.player) == [1])
            #expect(prior.rows.map(\.goal) == [0])
            return PartitionChange()
        }
    }

    /// Quotes, blanks, percent signs, one name in NFC and NFD, the longest ids of 1 and 4 bytes a scalar.
    @Test(arguments: [1, 4, 16])
    func `players are their bytes, in every partition`(partitions: Int) async throws {
        let fixture = try await TablesFixture(partitions: partitions)
        let ids = [
            "é", "e\u{301}", "it's", "\"quoted\"", "a b", " a", "%s", "\\", "{null}", "NULL", "\u{1}",
            "\u{7F}",
            String(repeating: "x", count: 100), String(repeating: "\u{1F600}", count: 100),
            "a" + String(repeating: "\u{301}", count: 99), "\u{10FFFF}", "\t\n\r",
        ].map { Identifier($0) }
        for partition in 0..<partitions {
            let mine = ids.filter { PartitionHash.partition(of: $0.utf8, modulus: partitions) == partition }
            try await fixture.fold(partition, players: PlayerTable(mine), challenges: Self.challenges) { _ in
                var change = PartitionChange()
                for player in 0..<UInt32(mine.count) {
                    change.players.append((player, PlayerState(3), true))
                    change.newRows.append(
                        ProgressRow(
                            player: player,
                            goal: 1,
                            isActive: true,
                            createdAt: .second(1),
                            updatedAt: .second(1)
                        )
                    )
                    change.changedPlayers.append(player)
                }
                return change
            }
        }
        var found: [Identifier] = []
        for watermark in try await fixture.publish.partitionStates(stream: "events") {
            let batch = try await fixture.publish.all(
                partition: watermark,
                afterUser: nil,
                limit: 100,
                challenges: Self.challenges
            )
            #expect(batch.rows.count == batch.players.count)
            found += (0..<UInt32(batch.players.count)).map { batch.players.id($0) }
        }
        #expect(found.sorted() == ids.sorted())
        #expect(try await fixture.dump("user_goal_progress").count == ids.count)
    }

    @Test
    func `a goal that moved to another challenge takes its rows along when they change`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let players = PlayerTable([Identifier("a")])
        let row = ProgressRow(
            player: 0,
            goal: 0,
            isActive: true,
            createdAt: .second(1),
            updatedAt: .second(1)
        )
        try await fixture.fold(0, players: players, challenges: .sample(goals: 1, challenge: "old")) { _ in
            var change = PartitionChange()
            change.newRows = [row]
            change.players = [(0, PlayerState(1), true)]
            return change
        }
        try await fixture.fold(0, players: players, challenges: .sample(goals: 1, challenge: "new")) {
            prior in
            #expect(prior.rows == [row])
            var change = PartitionChange()
            change.changedRows = prior.rows
            return change
        }
        let line = try #require(try await fixture.dump("user_goal_progress").first)
        #expect(
            line
                == "(a,goal-0,new,test,0,not_started,t,,,,,\"1970-01-01 00:00:01+00\",\"1970-01-01 00:00:01+00\",,)"
        )
    }
}
