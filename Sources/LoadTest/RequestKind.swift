/// What a client of the load test does, one at a time.
package enum RequestKind: Int, CaseIterable, Sendable {
    case initialize, challenges, activeOnly, activation, claim, login, stat

    /// Whether a game service sends it, beside the players' requests.
    package var isEvent: Bool { self == .login || self == .stat }

    /// Whether the front answers it.
    package var isRead: Bool { self == .initialize || self == .challenges || self == .activeOnly }

    package var name: String {
        switch self {
        case .initialize: "initialize"
        case .challenges: "challenges"
        case .activeOnly: "challenges?active_only=true"
        case .activation: "activation"
        case .claim: "claim"
        case .login: "login event"
        case .stat: "stat event"
        }
    }
}
