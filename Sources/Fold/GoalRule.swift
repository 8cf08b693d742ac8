package import Goals

/// The part of a progress row that a login or stat reads and changes, whatever form the row is kept in.
package protocol CountedRow {
    var progress: Int32 { get set }
    var status: GoalStatus { get set }
    var isActive: Bool { get }
    var completedAt: Timestamp? { get set }
    var claimedAt: Timestamp? { get set }
    var lastEventAt: Timestamp? { get set }
    var lastCountedOn: UTCDay? { get set }
}

extension ProgressRow: CountedRow {}

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
///
/// Inlinable, since replay applies it to rows of its own form, hundreds of millions of times.
package struct GoalRule: Sendable {
    package let type: GoalType
    package let countsOncePerDay: Bool
    package let target: Int32
    package let isDefaultAssigned: Bool

    package init(_ goal: Goal) {
        type = goal.type
        countsOncePerDay = goal.countsOncePerDay
        target = goal.targetValue
        isDefaultAssigned = goal.isDefaultAssigned
    }

    /// Applies a stat's value, or a login where `value` is nil.
    ///
    /// Returns why nothing was applied, else nil.
    @inlinable
    package func apply(
        value: Double?,
        at time: Timestamp,
        to row: inout some CountedRow
    ) -> FoldCounts.Ignored? {
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
    @inlinable
    func advance(_ row: inout some CountedRow, to progress: Int32, at time: Timestamp) {
        row.progress = progress
        guard row.status != .completed else { return }
        if progress >= target {
            row.status = .completed
            row.completedAt = time
        } else {
            row.status = .inProgress
        }
    }

    @inlinable
    static func successor(_ progress: Int32) -> Int32 {
        progress == Int32.max ? progress : progress + 1
    }

    /// Whether the goal counts as completed or claimed at `time`: a daily goal only on the day it was completed.
    @inlinable
    package func isMet(_ row: some CountedRow, at time: Timestamp) -> Bool {
        guard row.status == .completed || row.status == .claimed else { return false }
        return type != .daily || row.completedAt?.day == time.day
    }
}
