import Fold
import Goals
import Replay
import TestKit
import Testing

/// A random history folded into replay states, for tests to compare with the oracle.
struct ReplayHistory {
    struct NotValid: Error { let outcome: ChallengeFile.Outcome }

    let history: RandomHistory
    var states: [ReplayState]

    /// States before the first record, `shards` of them.
    init(_ history: RandomHistory, shards: Int, keeping detail: Detail = .everything) throws {
        self.history = history
        let first = try Self.challenges(history.configurations[0] ?? [])
        states = (0..<shards).map { _ in ReplayState(challenges: first, keeping: detail) }
    }

    static func challenges(_ bytes: [UInt8]) throws -> ChallengeSet {
        let outcome = ChallengeFile.read(bytes)
        guard case .valid(let set) = outcome else { throw NotValid(outcome: outcome) }
        return set
    }

    /// The stretches of a history that one configuration governs.
    static func eras(_ history: RandomHistory) throws -> [(Range<Int>, ChallengeSet)] {
        let starts = history.configurations.keys.filter { $0 < history.lines.count }.sorted()
        return try starts.enumerated().map { index, start in
            let end = index + 1 < starts.count ? starts[index + 1] : history.lines.count
            return (start..<end, try challenges(history.configurations[start] ?? []))
        }
    }

    /// Folds the records in `range`, in batches of random sizes; `other` replaces every configuration.
    mutating func fold(
        _ range: Range<Int>,
        using random: inout SplitMix64,
        other: ChallengeSet? = nil
    ) throws {
        for (era, set) in try Self.eras(history) where era.overlaps(range) {
            let set = other ?? set
            let part = era.clamped(to: range)
            if other == nil { for shard in states.indices { states[shard].use(set) } }
            var start = part.lowerBound
            while start < part.upperBound {
                let end = min(part.upperBound, start + 1 + Int(random.next() % 300))
                if random.next() % 2 == 0 {
                    applyRouted(start..<end, set)
                } else {
                    applyDecoded(start..<end, set)
                }
                start = end
            }
        }
    }

    /// As a fold's batch is parsed.
    private mutating func applyRouted(_ range: Range<Int>, _ set: ChallengeSet) {
        var batch = EventBatch(
            challenges: set,
            watermarks: Array(repeating: UInt64(range.lowerBound), count: states.count)
        )
        for offset in range {
            let line = history.lines[offset]
            batch.append(record: line.span, offset: UInt64(offset))
        }
        for shard in states.indices { states[shard].apply(batch.partitions[shard]) }
    }

    /// As a replay parses, with lines one after another.
    private mutating func applyDecoded(_ range: Range<Int>, _ set: ChallengeSet) {
        var decoder = ReplayDecoder(
            challenges: set,
            other: nil,
            shardCount: states.count,
            choice: PlayerChoice()
        )
        let bytes: [UInt8] = history.lines[range].flatMap { $0 + [0x0A] }
        decoder.append(lines: bytes.span, recordCount: range.count)
        for shard in states.indices { states[shard].apply(decoder.shards[shard]) }
    }

    /// Every player of all states, by id.
    var players: [Identifier: (player: ReplayPlayer, catalogue: GoalCatalogue)] {
        var players: [Identifier: (player: ReplayPlayer, catalogue: GoalCatalogue)] = [:]
        for state in states {
            for number in state.playerNumbersInIDOrder() {
                let player = state.player(number)
                precondition(players[player.id] == nil)
                players[player.id] = (player, state.catalogue)
            }
        }
        return players
    }
}

/// One shape for both sides' rows of the tables.
struct TableContents: Equatable {
    var rows: [NaiveRowKey: NaiveRow] = [:]
    var players: [[UInt8]: NaivePlayer] = [:]
    var outcomes: [NaiveRequestKey: NaiveOutcome] = [:]
    var grants: [NaiveRequestKey: NaiveGrant] = [:]

    init(_ oracle: NaiveGoalpost) {
        rows = oracle.rows
        players = oracle.players
        outcomes = oracle.outcomes
        grants = oracle.grants
    }

    init(_ replay: ReplayHistory) {
        for (id, (player, catalogue)) in replay.players {
            let id = id.utf8
            players[id] = NaivePlayer(player.state)
            for row in player.rows {
                let row = NaiveRow(row, of: id, catalogue)
                rows[NaiveRowKey(userId: id, goalId: row.goalId)] = row
            }
            for request in player.requests {
                outcomes[NaiveRequestKey(userId: id, eventId: request.eventID)] = NaiveOutcome(request)
            }
            for grant in player.grants {
                grants[NaiveRequestKey(userId: id, eventId: grant.claimEventID)] = NaiveGrant(
                    grant,
                    catalogue
                )
            }
        }
    }

    /// Where the two differ, for messages.
    func differences(from other: TableContents) -> [String] {
        var found: [String] = []
        for key in Set(rows.keys).union(other.rows.keys) where rows[key] != other.rows[key] {
            let (one, two) = (rows[key].map { "\($0)" } ?? "none", other.rows[key].map { "\($0)" } ?? "none")
            found.append("row \(key): \(one) / \(two)")
        }
        for key in Set(players.keys).union(other.players.keys) where players[key] != other.players[key] {
            found.append("player \(key)")
        }
        for key in Set(outcomes.keys).union(other.outcomes.keys) where outcomes[key] != other.outcomes[key] {
            found.append("outcome \(key): \(outcomes[key] as Any) / \(other.outcomes[key] as Any)")
        }
        for key in Set(grants.keys).union(other.grants.keys) where grants[key] != other.grants[key] {
            found.append("grant \(key): \(grants[key] as Any) / \(other.grants[key] as Any)")
        }
        return found
    }
}
