import Goals
import Replay
import TestKit
import Testing

/// Players with whatever rows, also such as no fold would make, survive a state and a snapshot's line.
@Suite struct ReplayPlayerTests {
    private static let names = [
        "a", "caf\u{e9}", "cafe\u{301}", "\"quoted\\ \u{1}\u{1f}\u{7f}", "line\nbreak", "🧗🏽‍♀️", "{\"id\":1}",
        String(repeating: "長", count: 100),
    ]

    /// A time that is often one of the few that rows share, and sometimes far off.
    private static func time(_ shared: [Int64], _ random: inout SplitMix64) -> Timestamp {
        switch random.next() % 12 {
        case 0: Timestamp(microseconds: Int64(bitPattern: random.next() >> 6))
        case 1: Timestamp(microseconds: Int64.max)
        case 2: Timestamp(microseconds: -1)
        case 3: Timestamp(microseconds: Int64.min + 1)
        default: Timestamp(microseconds: shared[Int(random.next() % UInt64(shared.count))])
        }
    }

    private static func player(_ id: String, goals: Int, _ random: inout SplitMix64) -> ReplayPlayer {
        let shared = (0..<3).map { _ in 1_770_000_000_000_000 + Int64(random.next() % 1_000_000_000_000) }
        func optional(_ random: inout SplitMix64) -> Timestamp? {
            random.next() % 3 == 0 ? nil : time(shared, &random)
        }
        var player = ReplayPlayer(
            id: Identifier(id),
            state: PlayerState(firstEventAt: time(shared, &random), lastEventAt: time(shared, &random))
        )
        for goal in 0..<goals where random.next() % 2 == 0 {
            player.rows.append(
                ReplayRow(
                    goal: UInt32(goal),
                    challenge: UInt32(random.next() % 2),
                    progress: Int32(truncatingIfNeeded: Int64(random.next() >> 33)),
                    status: GoalStatus(rawValue: UInt8(random.next() % 4)) ?? .claimed,
                    isActive: random.next() % 2 == 0,
                    assignedAt: optional(&random),
                    completedAt: optional(&random),
                    claimedAt: optional(&random),
                    createdAt: time(shared, &random),
                    updatedAt: time(shared, &random),
                    lastEventAt: optional(&random),
                    lastCountedOn: random.next() % 3 == 0
                        ? nil
                        : UTCDay(
                            number: Timestamp(microseconds: shared[0]).day.number + Int32(random.next() % 2)
                        )
                )
            )
        }
        let newest = shared.max() ?? 0
        player.newestRequestAt = Timestamp(microseconds: newest)
        player.requests = [
            ReplayRequest(
                eventID: Array("e\"1\\".utf8),
                rejection: nil,
                decidedAt: Timestamp(microseconds: newest)
            ),
            ReplayRequest(
                eventID: [0x66, 0xC3, 0xA9],
                rejection: .goalNotActive,
                decidedAt: Timestamp(microseconds: newest - 1)
            ),
        ]
        player.grants = [
            ReplayGrant(
                claimEventID: Array("claim\u{1}".utf8),
                goal: 0,
                reward: Reward(kind: .item, id: "sword \"of\" \u{0}é", quantity: 3),
                claimedAt: time(shared, &random),
                deliveredAt: optional(&random)
            )
        ]
        return player
    }

    private static func set() throws -> ChallengeSet {
        let history = try RandomHistory(seed: 5, lineCount: 1)
        return try ReplayHistory.challenges(history.configurations[0] ?? [])
    }

    @Test(arguments: UInt64(1)...30)
    func `a state gives back every player as it got them`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let set = try Self.set()
        var state = ReplayState(challenges: set, keeping: .everything)
        let ranks = state.catalogue.goals
        var players: [ReplayPlayer] = []
        for name in Self.names {
            var player = Self.player(name, goals: set.goals.count, &random)
            player.rows.sort { ranks[Int($0.goal)] < ranks[Int($1.goal)] }
            players.append(player)
            state.insert(player)
        }
        for player in players {
            let number = try #require(state.playerNumber(player.id))
            #expect(state.player(number) == player, "seed \(seed), \(player.id)")
            #expect(Array(state.id(number)) == player.id.utf8)
        }
        var seen: [ReplayPlayer] = []
        state.forEachPlayer { seen.append($0) }
        #expect(seen == players.sorted { $0.id < $1.id })
        #expect(state.rowCount == players.reduce(0) { $0 + $1.rows.count })
        #expect(state.playerNumber(Identifier("nobody")) == nil)
    }

    @Test(arguments: UInt64(1)...30)
    func `a snapshot's line gives back its player, and a damaged one another or none`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for name in Self.names {
            let player = Self.player(name, goals: 30, &random)
            var line: [UInt8] = []
            SnapshotLines.append(player, to: &line)
            #expect(line.removeLast() == 0x0A && !line.contains(0x0A))
            #expect(SnapshotLines.player(line.span) == player, "seed \(seed), \(name)")
            #expect(JSONTextIsValid.check(line), "\(String(decoding: line, as: UTF8.self))")
            for _ in 0..<50 {
                var damaged = line
                damaged[Int(random.next() % UInt64(line.count))] ^= UInt8(1 + random.next() % 255)
                #expect(SnapshotLines.player(damaged.span) != player)
                let cut = Array(line.prefix(Int(random.next() % UInt64(line.count))))
                #expect(SnapshotLines.player(cut.span) == nil)
            }
        }
    }

    @Test func `states are values: a copy goes its own way`() throws {
        var random = SplitMix64(seed: 9)
        let set = try Self.set()
        var state = ReplayState(challenges: set, keeping: .everything)
        let first = Self.player("first", goals: 3, &random)
        state.insert(first)
        var copy = state
        copy.insert(Self.player("second", goals: 3, &random))
        #expect(state.playerCount == 1 && copy.playerCount == 2)
        #expect(copy.byteCount >= state.byteCount && state.byteCount > 0)
    }
}
