import TestKit

/// What the naive fold did, event by event: by goal and day, the time to complete, and what claims gave.
struct OracleEffects {
    struct Key: Hashable {
        let goal: [UInt8]
        /// Days since 1970.
        let day: Int
    }
    struct Counts: Hashable {
        var started = 0
        var completed = 0
        var claimed = 0
    }

    private(set) var daily: [Key: Counts] = [:]
    private(set) var oracle = NaiveGoalpost(namespace: RandomHistory.namespace)
    /// Players by id.
    var playerCount: Int { oracle.players.count }

    /// Folds `history` up to record `until`, and counts from `from` on; `other` replaces every configuration.
    init(_ history: RandomHistory, other: [UInt8]? = nil, from: Int = 0, until: Int? = nil) throws {
        if let other { try oracle.configure(other) }
        for offset in 0..<(until ?? history.lines.count) {
            if other == nil, let bytes = history.configurations[offset] { try oracle.configure(bytes) }
            let event = try NaiveEvent(line: history.lines[offset])
            let before = rows(of: event.userId)
            oracle.apply(event)
            guard offset >= from else { continue }
            for (goal, row) in rows(of: event.userId) {
                count(goal, before[goal], row, day: NaiveTime.day(event.time))
            }
        }
    }

    private func rows(of user: [UInt8]) -> [[UInt8]: NaiveRow] {
        var found: [[UInt8]: NaiveRow] = [:]
        for goal in oracle.configuration.goals {
            found[goal.id] = oracle.rows[NaiveRowKey(userId: user, goalId: goal.id)]
        }
        return found
    }

    private mutating func count(_ goal: [UInt8], _ before: NaiveRow?, _ after: NaiveRow, day: Int) {
        var counts = daily[Key(goal: goal, day: day)] ?? Counts()
        if (before?.status ?? "not_started") == "not_started", after.status != "not_started" {
            counts.started += 1
        }
        if let completedAt = after.completedAt, completedAt != before?.completedAt { counts.completed += 1 }
        if after.status == "claimed", before?.status != "claimed" { counts.claimed += 1 }
        if counts != Counts() { daily[Key(goal: goal, day: day)] = counts }
    }

    func rows(_ goal: [UInt8]) -> [NaiveRow] { oracle.rows.values.filter { $0.goalId == goal } }

    /// What claims gave, by type and id.
    var rewards: [String: Int] {
        var sum: [String: Int] = [:]
        for grant in oracle.grants.values {
            sum["\(grant.reward.type) \(grant.reward.rewardId)", default: 0] += grant.reward.quantity
        }
        return sum
    }

    func isCompleted(_ user: [UInt8], _ goal: [UInt8]) -> Bool {
        ["completed", "claimed"].contains(oracle.rows[NaiveRowKey(userId: user, goalId: goal)]?.status)
    }

    func isClaimed(_ user: [UInt8], _ goal: [UInt8]) -> Bool {
        oracle.rows[NaiveRowKey(userId: user, goalId: goal)]?.status == "claimed"
    }
}
