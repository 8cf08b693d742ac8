package import Goals

/// One event as the fold needs it: who, what, when; ids resolved to numbers of the batch and its configuration.
package struct FoldEvent: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        case login
        /// `stat` is the number of the stat code, nil when no goal counts it.
        case stat(stat: UInt32?, value: Double)
        /// `request` is an index into `PartitionEvents.requests`.
        case activation(request: UInt32, isActive: Bool)
        case claim(request: UInt32)
        case delivery(request: UInt32)
    }

    /// Index into the batch's `PlayerTable`.
    package var player: UInt32
    package var time: Timestamp
    package var action: Action

    package init(player: UInt32, time: Timestamp, action: Action) {
        self.player = player
        self.time = time
        self.action = action
    }
}

/// The ids that a request or delivery carries; few events do.
package struct FoldRequest: Sendable, Equatable {
    package var player: UInt32
    /// The event's own id; for a delivery the claim's.
    package var eventID: [UInt8]
    /// Index into `ChallengeSet.goals`; nil when there is no such goal in that challenge.
    package var goal: UInt32?
    /// Whether this is the claim that a delivery answers, not a request to decide.
    package var isDelivery: Bool
}
