package import Goals

/// What `goalpost verify` looks at, and how.
package struct VerifyOptions: Sendable {
    /// Bytes that the folded states may take at once, unless told otherwise: 4 GiB.
    package static let memoryBytesDefault = 4 << 30

    /// Only these partitions; nil for all.
    package var partitions: Set<Int>?
    /// Only this player.
    package var player: Identifier?
    package var sample = PlayerSample.everybody
    /// Folds from offset 0, whatever snapshots there are.
    package var fromLog = false
    package var repairs = false
    /// Also compares the published answers with the tables.
    package var payloads = false
    package var memoryBytes = VerifyOptions.memoryBytesDefault

    package init() {}
}
