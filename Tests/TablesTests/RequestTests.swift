import Goals
import Postgres
import Tables
import Testing

/// Outcomes, grants and deliveries.
@Suite struct RequestTests {
    private static let challenges = ChallengeSet.sample(goals: 3)
    private static let players = PlayerTable(["a", "b"].map { Identifier($0) })

    private static func seen() -> PartitionChange {
        var change = PartitionChange()
        change.players = [(0, PlayerState(1), true), (1, PlayerState(1), true)]
        return change
    }

    private static func outcome(
        _ player: UInt32,
        _ id: [UInt8],
        _ rejection: RequestOutcome.Rejection? = nil,
        at second: Int64
    ) -> RequestOutcome {
        RequestOutcome(player: player, eventID: id, rejection: rejection, decidedAt: .second(second))
    }

    private static func grant(_ player: UInt32, _ id: [UInt8], quantity: Int32 = 5) -> RewardGrant {
        RewardGrant(
            player: player,
            claimEventID: id,
            goal: 1,
            reward: Reward(kind: .item, id: "sword\u{0}'s", quantity: quantity),
            claimedAt: .second(4)
        )
    }

    /// Ids that PostgreSQL could not store as they are must neither block nor be forgotten.
    private static let strangeIDs: [[UInt8]] = [
        [0], [0xFF], Array(repeating: 0x78, count: 65_000), Array(#"\x00"#.utf8), Array("it's".utf8), [],
    ]

    @Test
    func `outcomes are known to the next batch by player and id`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let first: [UInt8] = [0x31]
        try await fixture.fold(0, players: Self.players, challenges: Self.challenges) { _ in
            var change = Self.seen()
            change.outcomes = Self.strangeIDs.enumerated().map { Self.outcome(0, $1, at: Int64($0) + 10) }
            change.outcomes.append(Self.outcome(1, first, .goalNotActive, at: 3))
            return change
        }
        var asked = Self.strangeIDs.map { (player: UInt32(0), eventID: $0) }
        asked += [(player: 0, eventID: first), (player: 1, eventID: first), (player: 1, eventID: [0])]
        try await fixture.fold(0, players: Self.players, requests: asked, challenges: Self.challenges) {
            prior in
            let expected =
                Self.strangeIDs.enumerated().map {
                    DecidedRequest(player: 0, eventID: $1, decidedAt: .second(Int64($0) + 10))
                } + [DecidedRequest(player: 1, eventID: first, decidedAt: .second(3))]
            #expect(Set(prior.decided) == Set(expected))
            #expect(prior.decided.count == expected.count)
            #expect(prior.newestRequests == [0: .second(15), 1: .second(3)])
            return PartitionChange()
        }
        let lines = try await fixture.dump("request_outcome")
        #expect(lines.contains("(b,1,rejected,GOAL_NOT_ACTIVE,\"1970-01-01 00:00:03+00\")"))
        #expect(lines.contains("(a,it's,applied,,\"1970-01-01 00:00:14+00\")"))
    }

    @Test
    func `an id asked about twice in a batch is decided once`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let id: [UInt8] = [0x31]
        try await fixture.fold(0, players: Self.players, challenges: Self.challenges) { _ in
            var change = Self.seen()
            // Twice in one batch, months apart: the later decision stays.
            change.outcomes = [
                Self.outcome(0, id, at: 1), Self.outcome(0, id, .alreadyClaimed, at: 9_000_000),
            ]
            return change
        }
        let asked = [(player: UInt32(0), eventID: id), (player: UInt32(0), eventID: id)]
        try await fixture.fold(0, players: Self.players, requests: asked, challenges: Self.challenges) {
            prior in
            #expect(prior.decided == [DecidedRequest(player: 0, eventID: id, decidedAt: .second(9_000_000))])
            return PartitionChange()
        }
    }

    @Test
    func `a new decision replaces the old, and outcomes before the horizon go`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        try await fixture.fold(0, players: Self.players, challenges: Self.challenges) { _ in
            var change = Self.seen()
            for player in UInt32(0)...1 {
                for second in UInt8(1)...5 {
                    change.outcomes.append(Self.outcome(player, [0x30 + second], at: Int64(second)))
                }
            }
            return change
        }
        let counts = try await fixture.fold(0, players: Self.players, challenges: Self.challenges) { _ in
            var change = PartitionChange()
            change.outcomes = [Self.outcome(0, [0x31], .goalNotFound, at: 6)]
            change.outcomeHorizons = [0: .second(4)]
            return change
        }
        #expect(counts.sequence == 2)
        let lines = try await fixture.dump("request_outcome")
        #expect(lines.filter { $0.hasPrefix("(b,") }.count == 5)
        #expect(
            lines.filter { $0.hasPrefix("(a,") } == [
                "(a,1,rejected,GOAL_NOT_FOUND,\"1970-01-01 00:00:06+00\")",
                "(a,4,applied,,\"1970-01-01 00:00:04+00\")", "(a,5,applied,,\"1970-01-01 00:00:05+00\")",
            ]
        )
    }

    @Test
    func `one claim gives one grant, as it was first`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let id: [UInt8] = [0x31]
        for quantity in Int32(5)...6 {
            let counts = try await fixture.fold(0, players: Self.players, challenges: Self.challenges) {
                prior in
                var change = prior.players[0] == nil ? Self.seen() : PartitionChange()
                change.grants = [Self.grant(0, id, quantity: quantity), Self.grant(0, id, quantity: 9)]
                return change
            }
            #expect(counts.sequence == 1)
        }
        #expect(
            try await fixture.dump("reward_grant") == [
                "(a,1,goal-1,ITEM,sword?'s,5,pending,\"1970-01-01 00:00:04+00\",,0,,)"
            ]
        )
    }

    @Test
    func `deliveries settle grants, also of their own batch; others are counted`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let counts = try await fixture.fold(0, players: Self.players, challenges: Self.challenges) { _ in
            var change = Self.seen()
            change.grants = Self.strangeIDs.map { Self.grant(0, $0) }
            change.deliveries = [
                RewardDelivery(player: 0, claimEventID: [0], deliveredAt: .second(7)),
                RewardDelivery(player: 0, claimEventID: [0], deliveredAt: .second(8)),
                RewardDelivery(player: 1, claimEventID: [0], deliveredAt: .second(8)),
                RewardDelivery(
                    player: 0,
                    claimEventID: Array(repeating: 0x79, count: 60_000),
                    deliveredAt: .second(8)
                ),
            ]
            return change
        }
        #expect(counts.deliveredUnmatched == 2)
        let again = try await fixture.fold(0, players: Self.players, challenges: Self.challenges) { _ in
            var change = PartitionChange()
            change.deliveries = [RewardDelivery(player: 0, claimEventID: [0], deliveredAt: .second(9))]
            return change
        }
        #expect(again.deliveredUnmatched == 0)
        #expect(again.sequence == counts.sequence)
        let lines = try await fixture.dump("reward_grant")
        #expect(lines.count == Self.strangeIDs.count)
        let delivered = lines.filter { $0.contains("delivered") }
        #expect(delivered.count == 1)
        #expect(delivered.allSatisfy { $0.contains("1970-01-01 00:00:07+00") })
    }
}
