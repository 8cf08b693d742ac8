/// Which of a player's three stored answers; the raw value is its place in the record.
package enum AnswerSlot: Int, CaseIterable, Sendable {
    /// `initialize`: the assigned goals.
    case initialize
    /// `challenges`: every goal.
    case challenges
    /// `challenges?active_only=true`: active goals only.
    case activeOnly
}
