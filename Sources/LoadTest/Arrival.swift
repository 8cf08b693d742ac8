/// One request or event that is due at a time of the schedule.
package struct Arrival: Sendable, Equatable {
    /// When it has to be sent, in nanoseconds since the schedule's start; its latency counts from here.
    package let intended: Int64
    package let kind: RequestKind
    /// Its place among all of the schedule, which makes ids unique.
    package let number: UInt64
    /// Index of the player.
    package let player: Int
    /// Index of the goal, or of the stat code for a stat event.
    package let target: Int
    /// A stat's value; 1 or 0 for an activation or a deactivation.
    package let value: Int
    package let coding: AnswerCoding
    /// Whether the whole answer is decoded and checked.
    package let isSample: Bool
    /// False during the warm-up, whose figures are not kept.
    package let isMeasured: Bool

    package init(
        intended: Int64,
        kind: RequestKind,
        number: UInt64 = 0,
        player: Int = 0,
        target: Int = 0,
        value: Int = 0,
        coding: AnswerCoding = .identity,
        isSample: Bool = false,
        isMeasured: Bool = true
    ) {
        self.intended = intended
        self.kind = kind
        self.number = number
        self.player = player
        self.target = target
        self.value = value
        self.coding = coding
        self.isSample = isSample
        self.isMeasured = isMeasured
    }
}
