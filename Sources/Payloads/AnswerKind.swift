/// The three answers that are computed ahead for every player.
package enum AnswerKind: UInt8, CaseIterable, Sendable {
    /// `POST /v1/challenges/initialize`: the assigned goals.
    case initialize
    /// `GET /v1/challenges`: every goal.
    case challenges
    /// `GET /v1/challenges?active_only=true`: active goals, and only challenges that have one.
    case activeOnly
}
