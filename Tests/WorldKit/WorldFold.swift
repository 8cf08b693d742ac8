import EventLog
import Fold
import TestKit

/// A fold with its tables: rows and watermark are committed together, all else is lost when it is killed.
struct WorldFold {
    static let partitions = 2

    /// What is in the database.
    var tables = MemoryTables()
    /// First offset not folded; in the database, too.
    var watermark: UInt64 = 0

    /// What is in memory.
    var reader: LogReader?
    var batch: EventBatch?
    /// Number of the configuration that governs the batch.
    var configuration = 0
    /// Offset after the last record of the batch.
    var next: UInt64 = 0
    /// Whether the reader is beyond the batch, since a configuration begins where the batch ends.
    var isAtBoundary = false

    /// An unkilled fold of the same records, and how far it got.
    var reference = MemoryTables()
    var referenceWatermark: UInt64 = 0

    /// Loses what is in memory.
    mutating func kill() {
        reader = nil
        batch = nil
        isAtBoundary = false
    }
}
