package import Goals
import Replay

/// What `goalpost verify` looks at, and how.
package struct VerifyOptions: Sendable {
    /// Bytes that the folded states may take at once, unless told otherwise: 4 GiB.
    package static let memoryBytesDefault = 4 << 30

    /// Only these partitions; nil for all.
    package var partitions: Set<Int>?
    /// Only this player.
    package var player: Identifier?
    /// Only this share of the players, above 0 and at most 1; nil for all.
    package var share: Double?
    /// Which players a share chooses: the same ones for the same number.
    package var seed: UInt64 = 0
    /// Folds from offset 0, whatever snapshots there are.
    package var fromLog = false
    package var repairs = false
    /// Also compares the published answers with the tables.
    package var payloads = false
    package var memoryBytes = VerifyOptions.memoryBytesDefault

    package init() {}

    /// The share as a replay takes it.
    var choice: PlayerChoice {
        var choice = PlayerChoice(share: share)
        choice.seed = seed
        return choice
    }
}
