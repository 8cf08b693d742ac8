internal import Goals

/// What a player's answers show, kept up for one player after another in steps of their rows.
struct PlayerDisplay {
    /// What a goal without a row shows, by goal.
    private let defaults: [ShownGoal]
    private let isDaily: [Bool]
    private let prerequisites: [[Int]]
    /// Goals that require a goal, by goal.
    private let dependents: [[Int]]
    /// By goal; goals without a row show their default and no `assignedAt`, see `assignedAt(of:)`.
    private(set) var shown: [ShownGoal]
    private(set) var locked: [Bool]
    /// Goals that may differ from the template, ascending.
    private(set) var touched: [Int] = []
    /// Some goal is active that is not by default, or the other way round.
    private(set) var differsInActivity = false
    /// The last day the display holds for: the earliest completion day of a daily goal shown as done.
    private(set) var dailyUntil: UTCDay?
    private(set) var firstEventAt = Timestamp(microseconds: 0)
    private let lockedByDefault: [Bool]
    private var isTouched: [Bool]
    private var hasRow: [Bool]

    init(_ set: ChallengeSet) {
        var dependents: [[Int]] = Array(repeating: [], count: set.goals.count)
        for (index, goal) in set.goals.enumerated() {
            for prerequisite in goal.prerequisites { dependents[prerequisite].append(index) }
        }
        self.dependents = dependents
        defaults = set.goals.map { ShownGoal($0, firstEventAt: nil) }
        shown = defaults
        isDaily = set.goals.map { $0.type == .daily }
        prerequisites = set.goals.map(\.prerequisites)
        lockedByDefault = set.goals.map { !$0.prerequisites.isEmpty }
        locked = lockedByDefault
        isTouched = Array(repeating: false, count: set.goals.count)
        hasRow = isTouched
    }

    /// Shows another player.
    mutating func show(_ player: PlayerView) {
        for goal in touched {
            shown[goal] = defaults[goal]
            locked[goal] = lockedByDefault[goal]
            isTouched[goal] = false
            hasRow[goal] = false
        }
        touched.removeAll(keepingCapacity: true)
        differsInActivity = false
        dailyUntil = nil
        firstEventAt = player.firstEventAt
        for row in player.rows where Int(row.goal) < shown.count { apply(row, player.publishDay) }
        touched.sort()
        for goal in touched where lockedByDefault[goal] {
            locked[goal] = prerequisites[goal].contains { !shown[$0].isDone }
        }
    }

    /// When an active goal was assigned: its row says so, else the player's first event.
    func assignedAt(of goal: Int) -> Timestamp? { hasRow[goal] ? shown[goal].assignedAt : firstEventAt }

    private mutating func apply(_ row: ProgressRow, _ publishDay: UTCDay) {
        let index = Int(row.goal)
        let display = ShownGoal(row: row, isDaily: isDaily[index], publishDay: publishDay)
        shown[index] = display
        hasRow[index] = true
        touch(index)
        if display.isActive != defaults[index].isActive { differsInActivity = true }
        guard display.isDone else { return }
        for dependent in dependents[index] { touch(dependent) }
        if isDaily[index], let completedAt = display.completedAt {
            dailyUntil = min(dailyUntil ?? completedAt.day, completedAt.day)
        }
    }

    private mutating func touch(_ goal: Int) {
        if isTouched[goal] { return }
        isTouched[goal] = true
        touched.append(goal)
    }
}
