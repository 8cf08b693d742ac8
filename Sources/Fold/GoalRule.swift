package import Goals

/// The part of a progress row that a login or stat reads and changes, as plain words.
///
/// A concrete type for every fold, however it keeps its rows: generic or inlined code does not cross rooms.
package struct CountedRow: Sendable {
    /// A time that there is not.
    package static let none = Int64.min
    /// A day that there is not.
    package static let noDay = Int32.min

    package var progress: Int32
    package var status: GoalStatus
    package var isActive: Bool
    /// Times are microseconds since 1970.
    package var completed: Int64
    package var claimed: Int64
    package var last: Int64
    /// The last day that counted, as days since 1970.
    package var counted: Int32

    package init(isActive: Bool) {
        progress = 0
        status = .notStarted
        self.isActive = isActive
        (completed, claimed, last, counted) = (Self.none, Self.none, Self.none, Self.noDay)
    }

    init(_ row: ProgressRow) {
        progress = row.progress
        status = row.status
        isActive = row.isActive
        completed = row.completedAt?.microseconds ?? Self.none
        claimed = row.claimedAt?.microseconds ?? Self.none
        last = row.lastEventAt?.microseconds ?? Self.none
        counted = row.lastCountedOn?.number ?? Self.noDay
    }

    /// Puts what a rule may have changed back into the row.
    func write(into row: inout ProgressRow) {
        func instant(_ word: Int64) -> Timestamp? {
            word == Self.none ? nil : Timestamp(microseconds: word)
        }
        row.progress = progress
        row.status = status
        row.completedAt = instant(completed)
        row.claimedAt = instant(claimed)
        row.lastEventAt = instant(last)
        row.lastCountedOn = counted == Self.noDay ? nil : UTCDay(number: counted)
    }
}

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

    /// Applies a stat's value, or a login where `value` is nil, at a time of the UTC day `day`.
    ///
    /// Returns why nothing was applied, else nil.
    @inline(__always)
    package func apply(
        value: Double?,
        at time: Int64,
        on day: Int32,
        to row: inout CountedRow
    ) -> FoldCounts.Ignored? {
        guard row.isActive else { return .inactive }
        switch type {
        case .daily:
            if row.completed != CountedRow.none, day <= Self.day(row.completed) { return .dayCounted }
            row.progress = 1
            row.status = .completed
            row.completed = time
            row.claimed = CountedRow.none
        case .increment:
            if case .claimed = row.status { return .claimed }
            if countsOncePerDay {
                if row.counted != CountedRow.noDay, day <= row.counted { return .dayCounted }
                row.counted = day
            }
            advance(&row, to: Self.successor(row.progress), at: time)
        case .absolute:
            if case .claimed = row.status { return .claimed }
            guard let value else {
                advance(&row, to: Self.successor(row.progress), at: time)
                break
            }
            // Toward zero, so that −0.5 is 0; anything below is negative.
            let whole = value.rounded(.towardZero)
            guard whole >= 0 else { return .negative }
            // No time at all is the least one.
            if time < row.last { return .late }
            advance(&row, to: whole >= Double(Int32.max) ? Int32.max : Int32(whole), at: time)
        }
        row.last = max(row.last, time)
        return nil
    }

    /// What a row is after a login or stat, in four words: the same rule for rows that a caller keeps packed.
    package struct Step: Sendable {
        package let completed: Int64
        package let last: Int64
        package let progress: Int32
        package let counted: Int32
        package let status: GoalStatus
        /// Why nothing was applied, else nil.
        package let ignored: FoldCounts.Ignored?
    }

    /// Applies a login or stat to a row that has not been claimed, passed in registers instead of memory.
    package func step(
        value: Double?,
        at time: Int64,
        on day: Int32,
        progress: Int32,
        status: GoalStatus,
        isActive: Bool,
        completed: Int64,
        last: Int64,
        counted: Int32
    ) -> Step {
        var row = CountedRow(isActive: isActive)
        row.progress = progress
        row.status = status
        row.completed = completed
        row.last = last
        row.counted = counted
        let ignored = apply(value: value, at: time, on: day, to: &row)
        return Step(
            completed: row.completed,
            last: row.last,
            progress: row.progress,
            counted: row.counted,
            status: row.status,
            ignored: ignored
        )
    }

    /// Moves progress; a completed goal stays completed wherever its progress goes.
    private func advance(_ row: inout CountedRow, to progress: Int32, at time: Int64) {
        row.progress = progress
        if case .completed = row.status { return }
        if progress >= target {
            row.status = .completed
            row.completed = time
        } else {
            row.status = .inProgress
        }
    }

    private static func successor(_ progress: Int32) -> Int32 {
        progress == Int32.max ? progress : progress + 1
    }

    /// Whether the goal counts as completed or claimed at a time of `day`: a daily goal only on the day it was
    /// completed.
    package func isMet(_ row: CountedRow, on day: Int32) -> Bool {
        switch row.status {
        case .notStarted, .inProgress: return false
        case .completed, .claimed: break
        }
        guard case .daily = type else { return true }
        return row.completed != CountedRow.none && Self.day(row.completed) == day
    }

    private static func day(_ time: Int64) -> Int32 { Timestamp(microseconds: time).day.number }
}
