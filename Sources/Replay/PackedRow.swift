import Fold
import Goals

/// A progress row as the fold works on it: plain words, `OpenRow.none` for a time that there is not.
struct OpenRow: Sendable {
    static let none = CountedRow.none

    /// What logins and stats move.
    var counted: CountedRow
    var assigned: Int64
    var created: Int64
    var updated: Int64

    /// What holds before anything changes the goal for a player.
    init(isAssigned: Bool, firstEventAt: Int64, time: Int64) {
        counted = CountedRow(isActive: isAssigned)
        assigned = isAssigned ? firstEventAt : Self.none
        created = time
        updated = time
    }

    init(_ row: ReplayRow) {
        counted = CountedRow(isActive: row.isActive)
        counted.progress = row.progress
        counted.status = row.status
        counted.completed = row.completedAt?.microseconds ?? Self.none
        counted.claimed = row.claimedAt?.microseconds ?? Self.none
        counted.last = row.lastEventAt?.microseconds ?? Self.none
        counted.counted = row.lastCountedOn?.number ?? CountedRow.noDay
        assigned = row.assignedAt?.microseconds ?? Self.none
        created = row.createdAt.microseconds
        updated = row.updatedAt.microseconds
    }

    func replayRow(goal: UInt32, challenge: UInt32) -> ReplayRow {
        ReplayRow(
            goal: goal,
            challenge: challenge,
            progress: counted.progress,
            status: counted.status,
            isActive: counted.isActive,
            assignedAt: Self.time(assigned),
            completedAt: Self.time(counted.completed),
            claimedAt: Self.time(counted.claimed),
            createdAt: Timestamp(microseconds: created),
            updatedAt: Timestamp(microseconds: updated),
            lastEventAt: Self.time(counted.last),
            lastCountedOn: counted.counted == CountedRow.noDay ? nil : UTCDay(number: counted.counted)
        )
    }

    /// Where the status stands among those from start to end; comparing these words costs no call.
    var statusRank: UInt8 {
        switch counted.status {
        case .notStarted: 0
        case .inProgress: 1
        case .completed: 2
        case .claimed: 3
        }
    }

    /// Whether the two differ in anything but when they were changed.
    func differs(from other: OpenRow) -> Bool {
        counted.progress != other.counted.progress || statusRank != other.statusRank
            || counted.isActive != other.counted.isActive || counted.completed != other.counted.completed
            || counted.claimed != other.counted.claimed || counted.last != other.counted.last
            || counted.counted != other.counted.counted || assigned != other.assigned
    }

    private static func time(_ microseconds: Int64) -> Timestamp? {
        microseconds == none ? nil : Timestamp(microseconds: microseconds)
    }
}

/// A progress row in 32 bytes, as long as its times are those that nearly all rows have.
///
/// A time needs 58 bits, so that three of them leave room for what the others are equal to: a goal is assigned
/// at the player's first event or at the event that made the row, was last counted by the event that last
/// changed it, and on that day. A row with any other time, or a claimed one, is kept open beside, and
/// `place` says where.
/// ```
/// made       58 bits of time, then status (2), isActive (1), isOpen (1), assigned (2)
/// changed    58 bits of time, then isCounted: last counted when changed (1), hasDay: on that day (1)
/// completed  58 bits of time, 0 for none
/// ```
struct PackedRow {
    private static let timeMask: UInt64 = 1 << 58 - 1
    /// Added to a time, so that the earliest with a zone's offset is above 0: 2^50 µs are 35 years.
    private static let bias: Int64 = 1 << 50
    private static let openBit: UInt64 = 1 << 61

    private var made: UInt64
    private var changed: UInt64
    private var completed: UInt64
    private var progress: Int32
    /// Where the open row lies, if `isOpen`.
    private(set) var place: UInt32

    /// A row that nothing is in yet.
    init() { (made, changed, completed, progress, place) = (0, 0, 0, 0, 0) }

    /// The row that is kept open at `place`.
    init(openAt place: UInt32) {
        (made, changed, completed, progress) = (Self.openBit, 0, 0, 0)
        self.place = place
    }

    var isOpen: Bool { made & Self.openBit != 0 }

    /// Nil when the row does not fit and has to be kept open; `first` is the player's first event's time.
    @inline(__always)
    init?(_ row: OpenRow, first: Int64) {
        guard row.counted.claimed == OpenRow.none, Self.fits(row.created), Self.fits(row.updated) else {
            return nil
        }
        let assigned: UInt64
        if row.assigned == OpenRow.none {
            assigned = 0
        } else if row.assigned == first {
            assigned = 1
        } else if row.assigned == row.created {
            assigned = 2
        } else {
            return nil
        }
        var flags: UInt64 = 0
        if row.counted.last != OpenRow.none {
            guard row.counted.last == row.updated else { return nil }
            flags = 1
        }
        if row.counted.counted != CountedRow.noDay {
            guard flags == 1, Self.day(row.counted.last) == row.counted.counted else { return nil }
            flags |= 2
        }
        if row.counted.completed == OpenRow.none {
            completed = 0
        } else {
            guard Self.fits(row.counted.completed) else { return nil }
            completed = UInt64(bitPattern: row.counted.completed &+ Self.bias)
        }
        made =
            UInt64(bitPattern: row.created &+ Self.bias) | UInt64(row.statusRank) << 58
            | (row.counted.isActive ? 1 << 60 : 0) | assigned << 62
        changed = UInt64(bitPattern: row.updated &+ Self.bias) | flags << 58
        progress = row.counted.progress
        place = 0
    }

    /// The row that was packed; only where it is not kept open.
    @inline(__always)
    func opened(first: Int64) -> OpenRow {
        var row = OpenRow(isAssigned: made & 1 << 60 != 0, firstEventAt: first, time: Self.time(made))
        row.counted.progress = progress
        switch made >> 58 & 3 {
        case 0: row.counted.status = .notStarted
        case 1: row.counted.status = .inProgress
        case 2: row.counted.status = .completed
        default: row.counted.status = .claimed
        }
        switch made >> 62 {
        case 0: row.assigned = OpenRow.none
        case 1: row.assigned = first
        default: row.assigned = row.created
        }
        row.updated = Self.time(changed)
        if changed & 1 << 58 != 0 { row.counted.last = row.updated }
        if changed & 1 << 59 != 0 { row.counted.counted = Self.day(row.updated) }
        if completed != 0 { row.counted.completed = Self.time(completed) }
        return row
    }

    // MARK: In place

    /// What a player has of an active goal before anything changes it; nil where `time` does not fit.
    static func fresh(time: Int64) -> PackedRow? {
        guard fits(time) else { return nil }
        var row = PackedRow()
        row.made = UInt64(bitPattern: time &+ bias) | 1 << 60 | 1 << 62
        row.changed = UInt64(bitPattern: time &+ bias)
        return row
    }

    /// What a login or stat makes of the row, which is not kept open.
    @inline(__always)
    func step(_ rule: GoalRule, value: Double?, at time: Int64, on day: Int32) -> GoalRule.Step {
        let updated = Self.time(changed)
        return rule.step(
            value: value,
            at: time,
            on: day,
            progress: progress,
            status: status,
            isActive: made & 1 << 60 != 0,
            completed: completedTime,
            last: changed & 1 << 58 != 0 ? updated : OpenRow.none,
            counted: changed & 1 << 59 != 0 ? Self.day(updated) : CountedRow.noDay
        )
    }

    /// The row after a step; nil where it does not fit, or equals this one.
    ///
    /// A step never changes when the row was made or assigned.
    @inline(__always)
    func after(_ step: GoalRule.Step, at time: Int64, on day: Int32) -> PackedRow? {
        guard step.last == time, Self.fits(time), step.counted == CountedRow.noDay || step.counted == day
        else {
            return nil
        }
        let changed =
            UInt64(bitPattern: time &+ Self.bias) | 1 << 58 | (step.counted == CountedRow.noDay ? 0 : 1 << 59)
        var row = self
        row.made = made & ~(3 << 58) | UInt64(Self.rank(step.status)) << 58
        row.changed = changed
        row.completed =
            step.completed == OpenRow.none ? 0 : UInt64(bitPattern: step.completed &+ Self.bias)
        row.progress = step.progress
        // An event of the very time of the one before may change nothing at all.
        if row.made == made, row.changed == self.changed, row.completed == completed, row.progress == progress
        {
            return nil
        }
        return row
    }

    var statusRank: UInt8 { UInt8(truncatingIfNeeded: made >> 58 & 3) }

    var completedTime: Int64 { completed == 0 ? OpenRow.none : Self.time(completed) }

    /// When the row's goal was assigned.
    func assignedTime(first: Int64) -> Int64 {
        switch made >> 62 {
        case 0: OpenRow.none
        case 1: first
        default: Self.time(made)
        }
    }

    private var status: GoalStatus {
        switch statusRank {
        case 0: .notStarted
        case 1: .inProgress
        case 2: .completed
        default: .claimed
        }
    }

    private static func rank(_ status: GoalStatus) -> UInt8 {
        switch status {
        case .notStarted: 0
        case .inProgress: 1
        case .completed: 2
        case .claimed: 3
        }
    }

    private static func day(_ time: Int64) -> Int32 {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: 86_400_000_000)
        return Int32(remainder < 0 ? quotient - 1 : quotient)
    }

    private static func fits(_ time: Int64) -> Bool {
        time > -bias && time < Int64(timeMask) - bias
    }

    private static func time(_ word: UInt64) -> Int64 { Int64(word & timeMask) - bias }
}
