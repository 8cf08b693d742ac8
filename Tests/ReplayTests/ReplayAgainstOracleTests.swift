import Fold
import Goals
import Replay
import TestKit
import Testing

/// The replay in memory and the naive implementation agree on random histories with configuration changes.
@Suite struct ReplayAgainstOracleTests {
    @Test(arguments: UInt64(1)...60)
    func `rows, players, outcomes and grants are those of the naive fold`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed)
        var random = SplitMix64(seed: seed ^ 0x5EED)
        var replay = try ReplayHistory(history, shards: [1, 2, 7][Int(seed % 3)])
        try replay.fold(0..<history.lines.count, using: &random)
        let differences = TableContents(replay).differences(from: TableContents(history.oracle))
        #expect(differences == [], "seed \(seed)")
        #expect(replay.states.map(\.counts.records).reduce(0, +) == UInt64(history.lines.count))
        let duplicates = replay.states.map { $0.counts[.duplicateRequest] }.reduce(0, +)
        #expect(duplicates == UInt64(history.oracle.duplicateRequestCount))
        #expect(replay.states.map(\.rowCount).reduce(0, +) == history.oracle.rows.count)
    }

    @Test(arguments: UInt64(101)...112)
    func `a state that keeps rows only has the same rows and players`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed)
        var random = SplitMix64(seed: seed)
        var replay = try ReplayHistory(history, shards: 3, keeping: .rows)
        try replay.fold(0..<history.lines.count, using: &random)
        let contents = TableContents(replay)
        #expect(contents.rows == history.oracle.rows, "seed \(seed)")
        #expect(contents.players == history.oracle.players, "seed \(seed)")
        #expect(contents.outcomes.isEmpty && contents.grants.isEmpty)
    }

    @Test(arguments: UInt64(201)...212)
    func `players taken out and put into new states go on as if nothing had happened`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, lineCount: 1000)
        var random = SplitMix64(seed: seed)
        let middle = Int(random.next() % UInt64(history.lines.count))
        var first = try ReplayHistory(history, shards: 1)
        try first.fold(0..<middle, using: &random)
        var second = try ReplayHistory(history, shards: 1)
        // The new state has passed the same configurations, so that it has the same numbers.
        for (era, set) in try ReplayHistory.eras(history) where era.lowerBound < middle {
            second.states[0].use(set)
        }
        #expect(second.states[0].catalogue == first.states[0].catalogue)
        for number in first.states[0].playerNumbersInIDOrder().shuffled(using: &random) {
            second.states[0].insert(first.states[0].player(number))
        }
        try second.fold(middle..<history.lines.count, using: &random)
        let differences = TableContents(second).differences(from: TableContents(history.oracle))
        #expect(differences == [], "seed \(seed)")
    }
}
