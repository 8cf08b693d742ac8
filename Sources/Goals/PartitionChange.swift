/// What the tables hold about a batch's players before it: one partition's input to the fold.
package struct PartitionPrior: Sendable {
    /// By player index; nil where the player has no row yet.
    package var players: [PlayerState?]
    /// Rows of those players for goals of the batch's `ChallengeSet`, in any order.
    package var rows: [ProgressRow] = []
    /// Decided requests of those players whose ids the batch asks about.
    package var decided: [DecidedRequest] = []
    /// Newest `decidedAt` of each player that has outcomes, for players with requests in the batch.
    package var newestRequests: [UInt32: Timestamp] = [:]

    package init(playerCount: Int) { players = Array(repeating: nil, count: playerCount) }
}

/// A request id that has an outcome already.
package struct DecidedRequest: Hashable, Sendable {
    package let player: UInt32
    package let eventID: [UInt8]
    package let decidedAt: Timestamp

    package init(player: UInt32, eventID: [UInt8], decidedAt: Timestamp) {
        self.player = player
        self.eventID = eventID
        self.decidedAt = decidedAt
    }
}

/// What a batch changes in one partition: the fold's output, written with its watermark in one transaction.
package struct PartitionChange: Sendable {
    /// Rows that were not in the table before.
    package var newRows: [ProgressRow] = []
    /// Rows that were, with their new contents.
    package var changedRows: [ProgressRow] = []
    /// New state of each player seen, ascending; `isNew` where `player` had no row.
    package var players: [(player: UInt32, state: PlayerState, isNew: Bool)] = []
    /// Players whose answers may look different now, ascending.
    package var changedPlayers: [UInt32] = []
    /// New outcomes; an id decided before its retention is decided anew and replaces the old row.
    package var outcomes: [RequestOutcome] = []
    /// Per player with requests: outcomes before this instant are past retention and go.
    package var outcomeHorizons: [UInt32: Timestamp] = [:]
    package var grants: [RewardGrant] = []
    package var deliveries: [RewardDelivery] = []
    /// Deliveries before a grant of the same claim id: they can only answer an older grant.
    package var earlyDeliveries: [RewardDelivery] = []

    package init() {}
}
