import Goals
import Postgres
import Tables
import Testing

@Suite struct PublishTablesTests {
    private static let challenges = ChallengeSet.sample(goals: 4)

    /// Folds `ids`, all changed, each with a row in goals 3 and 0.
    private func fold(_ ids: [Identifier], in fixture: TablesFixture) async throws {
        try await fixture.fold(0, players: PlayerTable(ids), challenges: Self.challenges) { prior in
            var change = PartitionChange()
            for player in 0..<UInt32(ids.count) {
                change.changedPlayers.append(player)
                guard prior.players[Int(player)] == nil else { continue }
                change.players.append((player, PlayerState(Int64(player)), true))
                for goal in [UInt32(3), 0] {
                    change.newRows.append(
                        ProgressRow(
                            player: player,
                            goal: goal,
                            isActive: true,
                            createdAt: .second(1),
                            updatedAt: .second(1)
                        )
                    )
                }
            }
            return change
        }
    }

    /// All pages of `read`, each at most `limit` long.
    private func pages(
        limit: Int,
        _ read: (Identifier?) async throws -> PlayerBatch
    ) async throws -> [Identifier] {
        var found: [Identifier] = []
        var last: Identifier?
        repeat {
            let batch = try await read(last)
            #expect(batch.players.count <= limit)
            #expect(batch.states.count == batch.players.count)
            let expected: [[UInt32]] = (0..<UInt32(batch.players.count)).flatMap { [[$0, 0], [$0, 3]] }
            #expect(batch.rows.map { [$0.player, $0.goal] } == expected)
            found += (0..<UInt32(batch.players.count)).map { batch.players.id($0) }
            last = batch.lastUser
        } while last != nil
        return found
    }

    @Test(arguments: [1, 7, 100, 1000, 1500, 5000])
    func `pages hold every player once, in order`(limit: Int) async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let ids = (0..<(limit < 100 ? 30 : 1200)).map { Identifier("p\($0 * 7919 % 10_007)") }
        try await fold(ids, in: fixture)
        let watermark = try await fixture.watermark(0)
        let all = try await pages(limit: limit) {
            try await fixture.publish.all(
                partition: watermark,
                afterUser: $0,
                limit: limit,
                challenges: Self.challenges
            )
        }
        #expect(all == ids.sorted())
        let changed = try await pages(limit: limit) {
            try await fixture.publish.changed(
                partition: watermark,
                after: 0,
                afterUser: $0,
                limit: limit,
                challenges: Self.challenges
            )
        }
        #expect(changed == ids.sorted())
    }

    @Test
    func `changed players are those of the asked transactions`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let (a, b, c) = (Identifier("a"), Identifier("b"), Identifier("c"))
        for ids in [[a, b, c], [b], [c]] { try await fold(ids, in: fixture) }
        let watermark = try await fixture.watermark(0)
        #expect(watermark.sequence == 3)
        for (after, expected) in [
            (0, [a, b, c]), (1, [b, c]), (2, [c]), (3, []),
        ] as [(UInt64, [Identifier])] {
            let found = try await pages(limit: 2) {
                try await fixture.publish.changed(
                    partition: watermark,
                    after: after,
                    afterUser: $0,
                    limit: 2,
                    challenges: Self.challenges
                )
            }
            #expect(found == expected, "after \(after)")
        }
    }

    @Test
    func `players are found by id, unknown ones are left out`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        try await fold([Identifier("a"), Identifier("b")], in: fixture)
        let batch = try await fixture.publish.players(
            partition: fixture.watermark(0),
            ids: ["b", "nobody", "b"].map { Identifier($0) },
            challenges: Self.challenges
        )
        #expect(batch.players.count == 1)
        #expect(batch.players.id(0) == Identifier("b"))
        #expect(batch.states == [PlayerState(1)])
        #expect(batch.rows.map(\.goal) == [0, 3])
        #expect(batch.lastUser == nil)
        let none = try await fixture.publish.players(
            partition: fixture.watermark(0),
            ids: [],
            challenges: Self.challenges
        )
        #expect(none.players.count == 0)
    }

    /// Folds outcomes of known players and nothing else.
    private func decide(
        _ players: [Identifier],
        _ outcomes: [RequestOutcome],
        in fixture: TablesFixture
    ) async throws -> FoldWriteCounts {
        try await fixture.fold(0, players: PlayerTable(players), challenges: Self.challenges) { _ in
            var change = PartitionChange()
            change.players = (0..<UInt32(players.count)).map { ($0, PlayerState(Int64($0)), false) }
            change.outcomes = outcomes
            return change
        }
    }

    @Test
    func `a player with a decided request has changed, also where no row did`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let ids = ["a", "b", "c"].map { Identifier($0) }
        try await fold(ids, in: fixture)
        let outcome = RequestOutcome(
            player: 1,
            eventID: Array("r1".utf8),
            rejection: .goalNotCompleted,
            decidedAt: .second(7)
        )
        let counts = try await decide(ids, [outcome], in: fixture)
        #expect(counts.inserted == 0 && counts.updated == 0 && counts.sequence == 2)
        let watermark = try await fixture.watermark(0)
        #expect(watermark.sequence == 2)
        let changed = try await fixture.publish.changed(
            partition: watermark,
            after: 1,
            afterUser: nil,
            limit: 10,
            challenges: Self.challenges,
            outcomesMax: 64
        )
        #expect((0..<UInt32(changed.players.count)).map { changed.players.id($0) } == [ids[1]])
        #expect(
            changed.outcomes == [
                0: [
                    StoredOutcome(
                        eventKey: Array("r1".utf8),
                        outcome: "rejected",
                        errorCode: "GOAL_NOT_COMPLETED",
                        decidedAt: .second(7)
                    )
                ]
            ]
        )
        // A batch without a decision changes nobody.
        #expect(try await decide(ids, [], in: fixture).sequence == 2)
    }

    @Test(arguments: [3, 1500])
    func `a batch comes with each player's newest outcomes, where they are asked for`(count: Int)
        async throws
    {
        let fixture = try await TablesFixture(partitions: 1)
        let ids = (0..<count).map { Identifier("p\(10_000 + $0)") }
        try await fold(ids, in: fixture)
        // Player n has n modulo 7 outcomes, two of them of one time.
        var outcomes: [RequestOutcome] = []
        for player in 0..<count {
            for number in 0..<(player % 7) {
                outcomes.append(
                    RequestOutcome(
                        player: UInt32(player),
                        eventID: Array("r\(number)".utf8),
                        rejection: number % 2 == 0 ? nil : .alreadyClaimed,
                        decidedAt: .second(Int64(100 - number / 2))
                    )
                )
            }
        }
        _ = try await decide(ids, outcomes, in: fixture)
        let watermark = try await fixture.watermark(0)
        let all = try await fixture.publish.all(
            partition: watermark,
            afterUser: nil,
            limit: 5000,
            challenges: Self.challenges,
            outcomesMax: 4
        )
        #expect(all.players.count == count)
        let deciding = (0..<count).filter { $0 % 7 > 0 }
        #expect(all.outcomes.keys.sorted() == deciding.map { UInt32($0) })
        let expected: [[String]] = [
            [], ["r0"], ["r1", "r0"], ["r1", "r0", "r2"], ["r1", "r0", "r3", "r2"],
        ]
        for (player, found) in all.outcomes {
            let keys = found.map { String(decoding: $0.eventKey, as: UTF8.self) }
            #expect(keys == expected[min(Int(player) % 7, 4)], "\(player)")
            for outcome in found {
                #expect((outcome.errorCode == nil) == (outcome.outcome == "applied"))
            }
        }
        let some = try await fixture.publish.players(
            partition: watermark,
            ids: [ids[2], ids[1]],
            challenges: Self.challenges,
            outcomesMax: 1
        )
        let keys: [UInt32: [[UInt8]]] = some.outcomes.mapValues { $0.map(\.eventKey) }
        #expect(keys == [0: [[0x72, 0x30]], 1: [[0x72, 0x31]]])
        let none = try await fixture.publish.all(
            partition: watermark,
            afterUser: nil,
            limit: 5000,
            challenges: Self.challenges
        )
        #expect(none.outcomes.isEmpty && none.rows == all.rows)
    }
}
