/// Where a player stands with a goal; the raw value orders the states from start to end.
package enum GoalStatus: UInt8, Sendable, CaseIterable {
    case notStarted, inProgress, completed, claimed

    /// The word in tables and payloads.
    package var text: String {
        switch self {
        case .notStarted: "not_started"
        case .inProgress: "in_progress"
        case .completed: "completed"
        case .claimed: "claimed"
        }
    }

    /// The state that `text` names, nil for any other word.
    package init?(text: String) {
        guard let status = Self.allCases.first(where: { $0.text == text }) else { return nil }
        self = status
    }
}
