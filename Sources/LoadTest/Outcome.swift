/// What became of one arrival.
package enum Outcome: String, CaseIterable, Sendable {
    /// Answered as it should be.
    case answered
    /// Answered with another status than expected.
    case wrongStatus
    /// The status was right, head or body were not.
    case wrongAnswer
    /// The server said that it has too much to do (429, 503, RESOURCE_EXHAUSTED, UNAVAILABLE).
    case refused
    /// The connection broke before the answer was whole.
    case connectionLost
    /// No answer within the time limit.
    case timedOut
    /// Never sent: all connections were busy and the queue was full.
    case overflow
    /// Not answered, or not even sent, when the test ended.
    case unanswered

    package var isFailure: Bool { self != .answered }

    /// In words, for tables.
    package var words: String {
        switch self {
        case .answered: "answered"
        case .wrongStatus: "wrong status"
        case .wrongAnswer: "wrong answer"
        case .refused: "refused"
        case .connectionLost: "connection lost"
        case .timedOut: "timed out"
        case .overflow: "queue full"
        case .unanswered: "unanswered at the end"
        }
    }
}
