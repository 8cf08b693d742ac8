package import Goals

/// One row of the outbox `reward_grant`: a reward that an applied claim earned.
package struct RewardGrantRow: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable {
        case pending, delivered, dead
    }

    package let user: Identifier
    /// The claim's event id as it stands in the tables; see `EventKey`.
    package let claimKey: [UInt8]
    package let goal: Identifier
    package let rewardType: String
    package let rewardID: String
    package let quantity: Int32
    package let claimedAt: Timestamp
    package let state: State
    /// Deliveries tried.
    package let attempts: Int32
    /// When a pending one is tried next; nil where it is due at once.
    package let nextAttemptAt: Timestamp?
    package let deliveredAt: Timestamp?
    package let lastError: String?

    /// The claim's event id, where the tables' key tells it; the key itself otherwise.
    package var claimEventID: [UInt8] { EventKey.id(of: claimKey) ?? claimKey }
}
