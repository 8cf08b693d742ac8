import Fold
import Foundation
import Goals
import Jobs
import Replay
import TestKit

/// A random history folded in memory, with a what-if beside it where one is given: a result to write out.
struct ReplayedHistory {
    struct NotValid: Error { let outcome: ChallengeFile.Outcome }

    let history: RandomHistory
    let result: ReplayResult

    /// `other` replaces every configuration in the what-if; effects count from record `from` on.
    init(_ history: RandomHistory, shards: Int, other: [UInt8]? = nil, from: Int = 0, until: Int? = nil)
        throws
    {
        self.history = history
        let until = until ?? history.lines.count
        let otherSet = try other.map(Self.challenges)
        let (states, challenges) = try Self.fold(
            history,
            shards: shards,
            from: from,
            until: until,
            other: nil
        )
        let times = try history.lines[from..<until].map { try NaiveEvent(line: $0).time }
        result = ReplayResult(
            options: other == nil
                ? [] : [ReplayResult.Option(name: "--challenges", value: "/tmp/other.json")],
            log: "0b9e2f0c-6a0d-4d5b-9a3e-0d6d1d9c7c11",
            fromOffset: UInt64(from),
            toOffset: UInt64(history.lines.count),
            nextOffset: UInt64(until),
            leastTime: times.min().map(Timestamp.init(microseconds:)),
            greatestTime: times.max().map(Timestamp.init(microseconds:)),
            records: UInt64(until - from),
            seconds: 1.5,
            isPartial: until < history.lines.count,
            states: states,
            challenges: challenges,
            other: try otherSet.map { set in
                ReplayResult.Other(
                    states: try Self.fold(history, shards: shards, from: from, until: until, other: set)
                        .states,
                    challenges: set
                )
            }
        )
    }

    static func challenges(_ bytes: [UInt8]) throws -> ChallengeSet {
        let outcome = ChallengeFile.read(bytes)
        guard case .valid(let set) = outcome else { throw NotValid(outcome: outcome) }
        return set
    }

    /// The same configuration with other targets: each from 1 to 12.
    static func retargeted(_ bytes: [UInt8], using random: inout SplitMix64) throws -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        let pattern = try Regex(#""target(?:Value|_value)"\s*:\s*"#)
        var result = ""
        var rest = text[...]
        while let match = rest.firstMatch(of: pattern) {
            result += rest[..<match.range.upperBound] + String(random.number(1...12))
            rest = rest[match.range.upperBound...].drop { $0.isNumber }
        }
        return Array((result + rest).utf8)
    }

    private static func fold(
        _ history: RandomHistory,
        shards: Int,
        from: Int,
        until: Int,
        other: ChallengeSet?
    ) throws -> (states: [ReplayState], challenges: ChallengeSet) {
        var set = try other ?? challenges(history.configurations[0] ?? [])
        var states = (0..<shards).map { _ in ReplayState(challenges: set, keeping: .rows) }
        for offset in 0..<until {
            if other == nil, offset > 0, let bytes = history.configurations[offset] {
                set = try challenges(bytes)
                for shard in states.indices { states[shard].use(set) }
            }
            if offset == from { for shard in states.indices { states[shard].effects = GoalEffects() } }
            var batch = EventBatch(
                challenges: set,
                watermarks: Array(repeating: UInt64(offset), count: shards)
            )
            let line = history.lines[offset]
            batch.append(record: line.span, offset: UInt64(offset))
            for shard in states.indices { states[shard].apply(batch.partitions[shard]) }
        }
        return (states, set)
    }
}
