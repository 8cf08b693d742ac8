import Goals
import Replay
import Reports

/// What a pass over the replayed rows adds up, goal by goal.
///
/// Goals are numbered as in the catalogue.
struct ReplayGoals {
    /// One goal's numbers at the end of the replay.
    struct Totals {
        var rows: Int64 = 0
        /// Rows of players for whom the goal is or was active.
        var assignedRows: Int64 = 0
        var started: Int64 = 0
        var completed: Int64 = 0
        var claimed: Int64 = 0
        /// From assignment to completion; empty for daily goals, whose completion is that of one day.
        var times = SpanHistogram()
        /// Catalogue number of a row's challenge, for goals that the last configuration lacks.
        var challenge: UInt32?
    }

    private(set) var totals: [Totals]
    private let isDaily: [Bool]

    init(_ catalogue: GoalCatalogue, _ challenges: ChallengeSet) {
        totals = Array(repeating: Totals(), count: catalogue.goals.count)
        isDaily = catalogue.goals.map { id in
            challenges.goalIndex(id).map { challenges.goals[$0].type == .daily } ?? false
        }
    }

    mutating func add(_ row: ReplayRow) {
        let goal = Int(row.goal)
        totals[goal].rows += 1
        // Of several the newest; so that the sum does not depend on the order of the rows.
        totals[goal].challenge = max(totals[goal].challenge ?? row.challenge, row.challenge)
        let hasStarted = row.status != .notStarted
        if row.isActive || row.assignedAt != nil || hasStarted { totals[goal].assignedRows += 1 }
        guard hasStarted else { return }
        totals[goal].started += 1
        guard row.status == .completed || row.status == .claimed else { return }
        totals[goal].completed += 1
        if row.status == .claimed { totals[goal].claimed += 1 }
        guard !isDaily[goal], let assignedAt = row.assignedAt, let completedAt = row.completedAt else {
            return
        }
        let span = (completedAt.microseconds - assignedAt.microseconds) / Timestamp.microsecondsPerSecond
        totals[goal].times.add(seconds: span)
    }

    /// Adds the sums of other rows.
    mutating func merge(_ other: ReplayGoals) {
        for (goal, own) in other.totals.enumerated() {
            totals[goal].rows += own.rows
            totals[goal].assignedRows += own.assignedRows
            totals[goal].started += own.started
            totals[goal].completed += own.completed
            totals[goal].claimed += own.claimed
            totals[goal].times.merge(own.times)
            guard let challenge = own.challenge else { continue }
            totals[goal].challenge = max(totals[goal].challenge ?? challenge, challenge)
        }
    }

    /// Players by how far they got; a goal that everybody starts with is assigned to players without a row, too.
    func funnel(_ goal: UInt32, isDefaultAssigned: Bool, players: Int64) -> GoalFunnel {
        let sum = totals[Int(goal)]
        return GoalFunnel(
            assigned: sum.assignedRows + (isDefaultAssigned ? max(0, players - sum.rows) : 0),
            started: sum.started,
            completed: sum.completed,
            claimed: sum.claimed
        )
    }
}
