import Fold
import Goals
import TestKit
import Testing

/// The fold and the naive implementation, written apart from each other, agree on random histories.
@Suite struct FoldAgainstOracleTests {
    @Test(arguments: UInt64(1)...60)
    func `rows, players, outcomes and grants are those of the naive fold`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed)
        var random = SplitMix64(seed: seed ^ 0xF01D)
        let partitions = [1, 4, 16][Int(seed % 3)]
        var tables = MemoryTables()
        for (range, challenges) in try Self.eras(history) {
            var start = range.lowerBound
            while start < range.upperBound {
                let end = min(range.upperBound, start + 1 + Int(random.next() % 700))
                tables.fold(
                    history.lines,
                    start..<end,
                    challenges: challenges,
                    partitions: partitions,
                    playersAtOnce: 1 + Int(random.next() % 9)
                )
                start = end
            }
        }
        Self.expectEqual(tables, history.oracle, seed)
        #expect(tables.counts.records == UInt64(history.lines.count))
        #expect(tables.counts[.duplicateRequest] == UInt64(history.oracle.duplicateRequestCount))
    }

    /// The stretches of a history that one configuration governs.
    static func eras(_ history: RandomHistory) throws -> [(Range<Int>, ChallengeSet)] {
        let starts = history.configurations.keys.filter { $0 < history.lines.count }.sorted()
        return try starts.enumerated().map { index, start in
            let end = index + 1 < starts.count ? starts[index + 1] : history.lines.count
            let bytes = try #require(history.configurations[start])
            guard case .valid(let set) = ChallengeFile.read(bytes) else {
                throw NotValid(outcome: ChallengeFile.read(bytes))
            }
            return (start..<end, set)
        }
    }

    struct NotValid: Error { let outcome: ChallengeFile.Outcome }

    static func expectEqual(_ tables: MemoryTables, _ oracle: NaiveGoalpost, _ seed: UInt64) {
        #expect(tables.rows.count == oracle.rows.count, "seed \(seed)")
        for (key, row) in tables.rows {
            let naive = oracle.rows[NaiveRowKey(userId: key.user.utf8, goalId: key.goal.utf8)]
            #expect(naive.map(Columns.init) == Columns(row), "seed \(seed), \(key.user) \(key.goal)")
        }
        #expect(tables.players.count == oracle.players.count)
        for (user, state) in tables.players {
            let naive = oracle.players[user.utf8]
            #expect(naive?.firstEventAt == state.firstEventAt.microseconds, "seed \(seed), \(user)")
            #expect(naive?.lastEventAt == state.lastEventAt.microseconds, "seed \(seed), \(user)")
        }
        #expect(tables.outcomes.count == oracle.outcomes.count, "seed \(seed)")
        for (key, outcome) in tables.outcomes {
            let naive = oracle.outcomes[NaiveRequestKey(userId: key.user.utf8, eventId: key.event)]
            #expect(naive?.errorCode == outcome.rejection?.rawValue, "seed \(seed), \(key)")
            #expect(naive?.decidedAt == outcome.decidedAt.microseconds, "seed \(seed), \(key)")
        }
        #expect(tables.grants.count == oracle.grants.count, "seed \(seed)")
        for (key, grant) in tables.grants {
            let naive = oracle.grants[NaiveRequestKey(userId: key.user.utf8, eventId: key.event)]
            #expect(naive?.goalId == grant.goal.utf8, "seed \(seed), \(key)")
            #expect(naive?.reward.rewardId == grant.reward.id, "seed \(seed), \(key)")
            #expect(naive.map { Int32($0.reward.quantity) } == grant.reward.quantity, "seed \(seed), \(key)")
            #expect(naive?.deliveredAt == grant.deliveredAt?.microseconds, "seed \(seed), \(key)")
        }
    }

    /// A row's columns in one shape for both sides.
    struct Columns: Equatable {
        let progress: Int
        let status: String
        let isActive: Bool
        let times: [Int64?]
        let lastCountedOn: Int?

        init(_ row: ProgressRow) {
            progress = Int(row.progress)
            status = row.status.text
            isActive = row.isActive
            times = [
                row.assignedAt, row.completedAt, row.claimedAt, row.createdAt, row.updatedAt, row.lastEventAt,
            ].map { $0?.microseconds }
            lastCountedOn = row.lastCountedOn.map { Int($0.number) }
        }

        init(_ row: NaiveRow) {
            progress = row.progress
            status = row.status
            isActive = row.isActive
            times = [
                row.assignedAt, row.completedAt, row.claimedAt, row.createdAt, row.updatedAt, row.lastEventAt,
            ]
            lastCountedOn = row.lastCountedOn
        }
    }
}
