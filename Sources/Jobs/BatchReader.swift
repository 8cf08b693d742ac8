import BlockingLane
import EventLog
import Fold
import Goals
import Tables

/// Log records read, parsed and routed for one fold batch.
struct ReadBatch: Sendable {
    var events: EventBatch
    /// What governs every record of the batch.
    let challenges: ChallengeSet
    /// First offset behind the batch.
    let end: UInt64
}

/// Reads batches of the log on a lane of its own, for reading, decompressing and syncing block.
actor BatchReader {
    private let access: LogAccess
    private let recordsMax: UInt64
    private let bytesMax: Int
    private let lane = BlockingLane(label: "goalpost.fold-reader")

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

    /// A batch ends with `recordsMax` records or `bytesMax` bytes of parsed events, whichever is first.
    init(access: LogAccess, recordsMax: Int, bytesMax: Int) {
        self.access = access
        self.recordsMax = UInt64(recordsMax)
        self.bytesMax = bytesMax
    }

    /// Reads from `from` until a limit, the next configuration or `end`; what was read is durable afterwards.
    func read(from: UInt64, to end: UInt64, _ marks: [PartitionWatermark]) throws -> ReadBatch {
        let governing = try access.governing(from)
        let stop = min(end, governing.end)
        var events = EventBatch(challenges: governing.set, watermarks: marks.map(\.nextOffset))
        let reader = try LogReader(volume: access.volume, directory: access.directory.path, from: from)
        var next = from
        while next < stop, next - from < recordsMax, events.byteCount < bytesMax {
            guard try reader.nextFrame() else { break }
            let count = min(UInt64(reader.recordCount), stop - next, recordsMax - (next - from))
            let bytes = reader.paddedBytes
            events.append(
                lines: bytes.span.extracting(reader.byteRange),
                recordCount: Int(count),
                baseOffset: next
            )
            next += count
        }
        // A frame can be read before its writer has synced it: no row may depend on what a crash would take back.
        try reader.syncRead()
        guard next > from else {
            // A failed append was seen, and taken back before it was read.
            if try access.directory.end() < end { throw LogError.takenBack(offset: from) }
            throw JobError(.badData, "the log has no record at offset \(from), though it ends at \(end)")
        }
        return ReadBatch(events: events, challenges: governing.set, end: next)
    }
}
