import Fold
package import Goals

/// What happened goal by goal and UTC day: counts of a stretch of the log, which can be added up.
///
/// Days are those of the events themselves. A daily goal is completed once a day it is completed on.
package struct GoalEffects: Equatable, Sendable, Codable {
    /// How often something happened.
    package struct Counts: Hashable, Sendable, Codable {
        /// Rows that left not_started.
        package var started: UInt64 = 0
        package var completed: UInt64 = 0
        package var claimed: UInt64 = 0

        package init() {}

        package var isZero: Bool { started == 0 && completed == 0 && claimed == 0 }

        mutating func add(_ other: Counts) {
            started += other.started
            completed += other.completed
            claimed += other.claimed
        }
    }

    /// Something that a claim gives.
    package struct RewardName: Hashable, Sendable, Comparable, Codable {
        package let kind: Reward.Kind
        package let id: String

        package static func < (left: RewardName, right: RewardName) -> Bool {
            if left.kind != right.kind { return left.kind.rawValue < right.kind.rawValue }
            return left.id.utf8.lexicographicallyPrecedes(right.id.utf8)
        }
    }

    /// Buckets of `timesToComplete`: 0 is under a second, bucket b holds 2^(b−1) up to 2^b seconds.
    package static let bucketCount = 40

    /// By catalogue number, over all days.
    private var totals: [Counts] = []
    /// By day since `firstDay`, then by catalogue number; a day's list is as long as it needs to be.
    private var daily: [[Counts]] = []
    private var firstDay: Int32 = 0
    private var rejected: [[UInt64]] = []
    private var times: [[UInt64]] = []
    /// Quantities that claims gave.
    package private(set) var rewards: [RewardName: Int64] = [:]
    /// Claims of goals that there are not.
    package private(set) var unknownGoalClaims: UInt64 = 0

    package init() {}

    // MARK: Reading

    /// Over all days, of the goal with this catalogue number.
    package func total(_ goal: UInt32) -> Counts {
        Int(goal) < totals.count ? totals[Int(goal)] : Counts()
    }

    /// Days between the first and the last on which anything happened; empty when nothing did.
    package var days: [UTCDay] { daily.indices.map { UTCDay(number: firstDay + Int32($0)) } }

    package func counts(_ goal: UInt32, on day: UTCDay) -> Counts {
        let index = Int(day.number) - Int(firstDay)
        guard daily.indices.contains(index), Int(goal) < daily[index].count else { return Counts() }
        return daily[index][Int(goal)]
    }

    /// Claims of the goal that were rejected for this reason; never `.goalNotFound`.
    package func rejectedClaims(_ goal: UInt32, _ reason: RequestOutcome.Rejection) -> UInt64 {
        Int(goal) < rejected.count ? rejected[Int(goal)][Self.position(reason)] : 0
    }

    /// Completions by the time since the goal was assigned, `bucketCount` numbers.
    package func timesToComplete(_ goal: UInt32) -> [UInt64] {
        Int(goal) < times.count && !times[Int(goal)].isEmpty
            ? times[Int(goal)] : Array(repeating: 0, count: Self.bucketCount)
    }

    /// Whether the same things were counted, however much room each keeps for what never happened.
    package static func == (left: GoalEffects, right: GoalEffects) -> Bool {
        let goals = max(left.totals.count, right.totals.count)
        guard left.rewards == right.rewards, left.unknownGoalClaims == right.unknownGoalClaims else {
            return false
        }
        let days = Set(left.days).union(right.days)
        return (0..<UInt32(goals)).allSatisfy { goal in
            left.total(goal) == right.total(goal)
                && RequestOutcome.Rejection.allCases.allSatisfy {
                    left.rejectedClaims(goal, $0) == right.rejectedClaims(goal, $0)
                }
                && left.timesToComplete(goal) == right.timesToComplete(goal)
                && days.allSatisfy { left.counts(goal, on: $0) == right.counts(goal, on: $0) }
        }
    }

    // MARK: Counting

    package mutating func merge(_ other: GoalEffects) {
        grow(goals: other.totals.count)
        for (goal, counts) in other.totals.enumerated() { totals[goal].add(counts) }
        for (index, list) in other.daily.enumerated() where !list.isEmpty {
            let day = dayIndex(UTCDay(number: other.firstDay + Int32(index)))
            if daily[day].count < list.count {
                daily[day] += Array(repeating: Counts(), count: list.count - daily[day].count)
            }
            for (goal, counts) in list.enumerated() { daily[day][goal].add(counts) }
        }
        for (goal, counts) in other.rejected.enumerated() {
            for (reason, count) in counts.enumerated() { rejected[goal][reason] += count }
        }
        for (goal, buckets) in other.times.enumerated() where !buckets.isEmpty {
            times[goal] = zip(timesToComplete(UInt32(goal)), buckets).map(+)
        }
        for (name, quantity) in other.rewards { rewards[name, default: 0] += quantity }
        unknownGoalClaims += other.unknownGoalClaims
    }

    /// Counts what a changed row means.
    mutating func count(_ goal: UInt32, from before: OpenRow, to after: OpenRow) {
        if before.statusRank == 0, after.statusRank != 0 { countStarted(goal, at: after.updated) }
        let completed = after.counted.completed
        if completed != OpenRow.none, completed != before.counted.completed {
            countCompleted(goal, at: completed, assigned: after.assigned)
        }
        let claimed = after.counted.claimed
        if after.statusRank == 3, before.statusRank != 3 || before.counted.claimed != claimed {
            grow(goals: Int(goal) + 1)
            totals[Int(goal)].claimed += 1
            daily[place(goal, claimed)][Int(goal)].claimed += 1
        }
    }

    mutating func countStarted(_ goal: UInt32, at time: Int64) {
        grow(goals: Int(goal) + 1)
        totals[Int(goal)].started += 1
        daily[place(goal, time)][Int(goal)].started += 1
    }

    /// `assigned` is `OpenRow.none` where the goal was switched on before it had a time: no time has passed.
    mutating func countCompleted(_ goal: UInt32, at time: Int64, assigned: Int64) {
        grow(goals: Int(goal) + 1)
        totals[Int(goal)].completed += 1
        daily[place(goal, time)][Int(goal)].completed += 1
        if times[Int(goal)].isEmpty { times[Int(goal)] = Array(repeating: 0, count: Self.bucketCount) }
        times[Int(goal)][Self.bucket(assigned == OpenRow.none ? 0 : time - assigned)] += 1
    }

    mutating func countRejectedClaim(_ goal: UInt32?, _ reason: RequestOutcome.Rejection) {
        guard let goal, reason != .goalNotFound else {
            unknownGoalClaims += 1
            return
        }
        grow(goals: Int(goal) + 1)
        rejected[Int(goal)][Self.position(reason)] += 1
    }

    mutating func countReward(_ reward: Reward) {
        rewards[RewardName(kind: reward.kind, id: reward.id), default: 0] += Int64(reward.quantity)
    }

    /// The bucket of a time in microseconds; a time below 0, from a late event, counts as 0.
    static func bucket(_ microseconds: Int64) -> Int {
        let seconds = max(0, microseconds / Timestamp.microsecondsPerSecond)
        return min(bucketCount - 1, Int64.bitWidth - seconds.leadingZeroBitCount)
    }

    private mutating func grow(goals count: Int) {
        guard totals.count < count else { return }
        let more = count - totals.count
        totals += Array(repeating: Counts(), count: more)
        rejected += Array(repeating: Array(repeating: 0, count: 5), count: more)
        times += Array(repeating: [], count: more)
    }

    /// The index of a day's list, which is made long enough for the goal.
    private mutating func place(_ goal: UInt32, _ time: Int64) -> Int {
        let index = dayIndex(Timestamp(microseconds: time).day)
        if daily[index].count <= Int(goal) {
            // No longer than it needs to be: so effects that are the same are equal, however they were summed.
            daily[index] += Array(repeating: Counts(), count: Int(goal) + 1 - daily[index].count)
        }
        return index
    }

    private mutating func dayIndex(_ day: UTCDay) -> Int {
        if daily.isEmpty {
            firstDay = day.number
            daily = [[]]
        }
        if day.number < firstDay {
            daily.insert(contentsOf: Array(repeating: [], count: Int(firstDay - day.number)), at: 0)
            firstDay = day.number
        }
        let index = Int(day.number - firstDay)
        if index >= daily.count {
            daily += Array(repeating: [], count: index + 1 - daily.count)
        }
        return index
    }

    private static func position(_ reason: RequestOutcome.Rejection) -> Int {
        switch reason {
        case .goalNotFound: 0
        case .goalNotActive: 1
        case .alreadyClaimed: 2
        case .goalNotCompleted: 3
        case .prerequisitesNotMet: 4
        }
    }
}
