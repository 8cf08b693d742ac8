/// How far a backup, its check or a restore is.
package struct BackupProgress: Sendable {
    package enum Phase: String, Sendable {
        /// The database is written or read; its size is not known before.
        case database
        /// Files are copied.
        case files
        /// Checksums are taken.
        case checksums
    }

    package let phase: Phase
    /// Bytes of the phase.
    package let doneBytes: UInt64
    /// Bytes of the whole phase, nil where nobody knows.
    package let totalBytes: UInt64?

    init(_ phase: Phase, _ doneBytes: UInt64, of totalBytes: UInt64? = nil) {
        (self.phase, self.doneBytes, self.totalBytes) = (phase, doneBytes, totalBytes)
    }
}
