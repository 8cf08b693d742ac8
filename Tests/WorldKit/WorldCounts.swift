package import TestKit

/// What a world did, or several together.
package struct WorldCounts: Hashable, Sendable {
    /// Worlds run.
    package var worlds: UInt64 = 0
    /// Calls that actors made on the simulated disk.
    package var diskCalls: UInt64 = 0
    /// Actions of the driver.
    package var actions: UInt64 = 0
    /// Power failures, after each of which the log was opened anew.
    package var crashes: UInt64 = 0
    /// Kills of all processes that spared what was written.
    package var kills: UInt64 = 0
    /// Times the log was opened by a writer, those that failed left out.
    package var openings: UInt64 = 0
    /// Records acknowledged.
    package var records: UInt64 = 0
    /// Batches that were not acknowledged, and records of them that a recovery found whole all the same.
    package var failedBatches: UInt64 = 0
    package var adoptedRecords: UInt64 = 0
    /// Frames that tailing readers read.
    package var frames: UInt64 = 0
    /// Readers opened.
    package var readers: UInt64 = 0
    /// Segments compacted and deleted.
    package var compactedSegments: UInt64 = 0
    package var deletedSegments: UInt64 = 0
    /// Batches that the fold committed, and kills of it.
    package var foldedBatches: UInt64 = 0
    package var foldKills: UInt64 = 0
    /// Comparisons of everything with the model.
    package var checks: UInt64 = 0
    /// Faults met.
    package var faults = SimulatedDisk.FaultCounts()

    package init() {}

    /// Disk calls and actions.
    package var steps: UInt64 { diskCalls + actions }

    package mutating func add(_ other: WorldCounts) {
        for path in Self.numbers { self[keyPath: path] += other[keyPath: path] }
        faults.failedChanges += other.faults.failedChanges
        faults.tornWrites += other.faults.tornWrites
        faults.lostSyncs += other.faults.lostSyncs
        faults.powerLosses += other.faults.powerLosses
        faults.failedReads += other.faults.failedReads
        faults.refusedByFullness += other.faults.refusedByFullness
    }

    /// All numbers besides the faults.
    private static var numbers: [WritableKeyPath<WorldCounts, UInt64>] {
        [
            \.worlds, \.diskCalls, \.actions, \.crashes, \.kills, \.openings, \.records, \.failedBatches,
            \.adoptedRecords, \.frames, \.readers, \.compactedSegments, \.deletedSegments, \.foldedBatches,
            \.foldKills, \.checks,
        ]
    }

    /// One line for who watches a long run.
    package var summary: String {
        let parts: [(UInt64, String)] = [
            (worlds, "worlds"), (steps, "steps"), (diskCalls, "of them disk calls"), (actions, "actions"),
            (crashes, "crashes"), (kills, "kills"), (openings, "reopenings"),
            (records, "records acknowledged"),
            (failedBatches, "batches refused"), (adoptedRecords, "records of those found whole"),
            (frames, "frames read"), (readers, "readers"), (compactedSegments, "segments compacted"),
            (deletedSegments, "segments deleted"), (foldedBatches, "batches folded"),
            (foldKills, "folds killed"), (checks, "checks"),
        ]
        let met: [(Int, String)] = [
            (faults.powerLosses, "power losses"), (faults.failedChanges, "failed calls"),
            (faults.tornWrites, "torn writes"), (faults.lostSyncs, "lost syncs"),
            (faults.failedReads, "failed reads"), (faults.refusedByFullness, "refused by a full disk"),
        ]
        return parts.map { "\($0.0) \($0.1)" }.joined(separator: ", ") + "; faults met: "
            + met.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
}
