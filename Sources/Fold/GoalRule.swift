import Goals

/// What one login or stat does to one goal's row.
///
/// The rules stand in the table below the way players meet them; days are the event's own UTC day.
///
/// | type | an event | late or repeated |
/// |---|---|---|
/// | absolute, stat | progress = value | older than the last applied one: ignored |
/// | absolute, login | progress + 1 | counts |
/// | increment | progress + 1 | counts |
/// | increment, once a day | progress + 1 | only on a day after the last counted one |
/// | daily | completed for that day | only on a day after that of the completion |
struct GoalRule {
    let type: GoalType
    let countsOncePerDay: Bool
    let target: Int32
    let isDefaultAssigned: Bool

    init(_ goal: Goal) {
        type = goal.type
        countsOncePerDay = goal.countsOncePerDay
        target = goal.targetValue
        isDefaultAssigned = goal.isDefaultAssigned
    }

    /// Applies a stat's value, or a login where `value` is nil.
    ///
    /// Returns why nothing was applied, else nil.
    func apply(value: Double?, at time: Timestamp, to row: inout ProgressRow) -> FoldCounts.Ignored? {
        guard row.isActive else { return .inactive }
        switch type {
        case .daily:
            if let completedAt = row.completedAt, time.day <= completedAt.day { return .dayCounted }
            row.progress = 1
            row.status = .completed
            row.completedAt = time
            row.claimedAt = nil
        case .increment:
            guard row.status != .claimed else { return .claimed }
            if countsOncePerDay {
                if let counted = row.lastCountedOn, time.day <= counted { return .dayCounted }
                row.lastCountedOn = time.day
            }
            advance(&row, to: Self.successor(row.progress), at: time)
        case .absolute:
            guard row.status != .claimed else { return .claimed }
            guard let value else {
                advance(&row, to: Self.successor(row.progress), at: time)
                break
            }
            // Toward zero, so that −0.5 is 0; anything below is negative.
            let whole = value.rounded(.towardZero)
            guard whole >= 0 else { return .negative }
            if let last = row.lastEventAt, time < last { return .late }
            advance(&row, to: whole >= Double(Int32.max) ? Int32.max : Int32(whole), at: time)
        }
        row.lastEventAt = max(row.lastEventAt ?? time, time)
        return nil
    }

    /// Moves progress; a completed goal stays completed wherever its progress goes.
    private func advance(_ row: inout ProgressRow, to progress: Int32, at time: Timestamp) {
        row.progress = progress
        guard row.status != .completed else { return }
        if progress >= target {
            row.status = .completed
            row.completedAt = time
        } else {
            row.status = .inProgress
        }
    }

    private static func successor(_ progress: Int32) -> Int32 {
        progress == Int32.max ? progress : progress + 1
    }

    /// Whether the goal counts as completed or claimed at `time`: a daily goal only on the day it was completed.
    func isMet(_ row: ProgressRow, at time: Timestamp) -> Bool {
        guard row.status == .completed || row.status == .claimed else { return false }
        return type != .daily || row.completedAt?.day == time.day
    }
}
