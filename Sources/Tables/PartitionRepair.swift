package import Goals

/// What has to change in one partition's leaves so that they hold what the log says of some players.
package struct PartitionRepair: Sendable {
    /// A row of a table by its player and the rest of its key.
    package struct Key: Hashable, Sendable {
        package let player: Identifier
        package let rest: [UInt8]

        package init(_ player: Identifier, _ rest: [UInt8]) { (self.player, self.rest) = (player, rest) }
    }

    package var progress: [(player: Identifier, row: StoredProgress)] = []
    package var progressGone: [Key] = []
    package var players: [(player: Identifier, state: PlayerState)] = []
    package var playersGone: [Identifier] = []
    package var outcomes: [(player: Identifier, row: StoredOutcome)] = []
    package var outcomesGone: [Key] = []
    /// Grants that are missing; made as pending, or as delivered where the log tells of the delivery.
    package var grants: [(player: Identifier, row: StoredGrant)] = []
    /// Grants with other contents than the log says; only those that nobody tried to deliver are changed.
    package var grantsChanged: [(player: Identifier, row: StoredGrant)] = []
    /// Grants that the log knows as delivered and the table does not.
    package var grantsDelivered: [(player: Identifier, row: StoredGrant)] = []
    /// Grants of which the log knows nothing; only those that nobody tried to deliver are deleted.
    package var grantsGone: [Key] = []
    /// Players whose answers have to be rendered again.
    package var marked: Set<Identifier> = []

    package init() {}

    package var isEmpty: Bool {
        progress.isEmpty && progressGone.isEmpty && players.isEmpty && playersGone.isEmpty && outcomes.isEmpty
            && outcomesGone.isEmpty && grants.isEmpty && grantsChanged.isEmpty && grantsDelivered.isEmpty
            && grantsGone.isEmpty && marked.isEmpty
    }
}
