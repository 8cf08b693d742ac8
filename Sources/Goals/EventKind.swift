/// What happened to a player: the events Goalpost knows.
package enum EventKind: UInt8, Sendable, CaseIterable {
    /// Counts for goals with eventSource login.
    case userLoggedIn
    /// Counts for goals with eventSource statistic and the event's stat code.
    case statItemUpdated
    /// A player turns a goal on or off.
    case goalActivationRequested
    /// A player claims a goal's reward.
    case rewardClaimRequested
    /// A reward reached its player; written by the grant job only.
    case rewardDelivered

    /// The event's `name`.
    package var name: StaticString {
        switch self {
        case .userLoggedIn: "userLoggedIn"
        case .statItemUpdated: "statItemUpdated"
        case .goalActivationRequested: "goalActivationRequested"
        case .rewardClaimRequested: "rewardClaimRequested"
        case .rewardDelivered: "rewardDelivered"
        }
    }
}
