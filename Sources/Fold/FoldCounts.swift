/// What a fold did, event by event: nothing vanishes without being counted here.
package struct FoldCounts: Sendable, Equatable, Codable {
    /// Why an event had no effect on a goal, or at all.
    package enum Ignored: String, Sendable, CaseIterable {
        /// A stat code that no goal counts; once an event.
        case noGoal = "no_goal"
        /// The goal is not active for the player; once an event and goal, as all below.
        case inactive
        /// The goal is claimed, and claimed absolute and increment goals are final.
        case claimed
        /// A negative value for an absolute goal.
        case negative
        /// Older than the last event applied to an absolute goal.
        case late
        /// The UTC day, or a later one, counted already.
        case dayCounted = "day_counted"
        /// Applied, and everything was so already.
        case unchanged
        /// A request whose id is decided.
        case duplicateRequest = "duplicate_request"
        /// A record that is no event; ingest lets none pass, so another writer made it.
        case unreadable
    }

    /// Records folded, whatever became of them.
    package var records: UInt64 = 0
    /// Goal rows changed, once an event and goal.
    package var effects: UInt64 = 0
    package var requestsApplied: UInt64 = 0
    package var requestsRejected: UInt64 = 0
    private var ignoredCounts: [UInt64] = Array(repeating: 0, count: Ignored.allCases.count)

    package init() {}

    package subscript(reason: Ignored) -> UInt64 { ignoredCounts[Self.position(reason)] }

    package mutating func count(_ reason: Ignored, times: UInt64 = 1) {
        ignoredCounts[Self.position(reason)] += times
    }

    package mutating func add(_ other: FoldCounts) {
        records += other.records
        effects += other.effects
        requestsApplied += other.requestsApplied
        requestsRejected += other.requestsRejected
        for index in ignoredCounts.indices { ignoredCounts[index] += other.ignoredCounts[index] }
    }

    private static func position(_ reason: Ignored) -> Int {
        switch reason {
        case .noGoal: 0
        case .inactive: 1
        case .claimed: 2
        case .negative: 3
        case .late: 4
        case .dayCounted: 5
        case .unchanged: 6
        case .duplicateRequest: 7
        case .unreadable: 8
        }
    }
}
