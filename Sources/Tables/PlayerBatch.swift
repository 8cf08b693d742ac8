package import Goals

/// Some of a partition's players with all that their answers are made of, from one snapshot.
package struct PlayerBatch: Sendable {
    /// Ascending by the bytes of their ids.
    package let players: PlayerTable
    /// By player index.
    package let states: [PlayerState]
    /// For goals of the asked challenges; ascending by player index, then goal index.
    package let rows: [ProgressRow]
    /// By player index, for players that have any: what became of their requests, the newest first.
    package var outcomes: [UInt32: [StoredOutcome]] = [:]
    /// Players who changed and whom the tables do not know any more, ascending.
    package var gone: [Identifier] = []
    /// Where the next batch goes on; nil when this one is the last.
    package let lastUser: Identifier?
}
