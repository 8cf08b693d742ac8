import BlockingLane
import EventLog
package import Logging

/// What one compaction did, in all.
package struct CompactSummary: JobSummary {
    /// Sealed segments looked at.
    package var segments = 0
    /// Segments replaced by smaller files.
    package var rewritten = 0
    /// Segments that cannot be read whole and were left as they are.
    package var damaged = 0
    package var records: UInt64 = 0
    package var framesBefore: UInt64 = 0
    package var framesAfter: UInt64 = 0
    /// Bytes of the files of all segments looked at.
    package var bytesBefore: UInt64 = 0
    package var bytesAfter: UInt64 = 0
    /// `bytesBefore / bytesAfter`; 1 where there is nothing to compact.
    package var ratio = 1.0
    package var seconds = 0.0

    package init() {}

    fileprivate mutating func add(_ segment: CompactedSegment) {
        segments += 1
        if segment.outcome == .rewritten { rewritten += 1 }
        records += segment.records
        framesBefore += segment.framesBefore
        framesAfter += segment.framesAfter
        bytesBefore += segment.bytesBefore
        bytesAfter += segment.bytesAfter
        if bytesAfter > 0 { ratio = Double(bytesBefore) / Double(bytesAfter) }
    }
}

/// What became of one segment.
package struct CompactedSegment: Sendable, Encodable {
    package enum Outcome: String, Sendable, Encodable {
        /// Replaced by a smaller file.
        case rewritten
        /// Left as it was: its frames are large and hard compressed already.
        case compact
        /// Left as it was: the new file was no smaller.
        case noGain
    }

    package let file: String
    package let outcome: Outcome
    package let records: UInt64
    package let framesBefore: UInt64
    package let framesAfter: UInt64
    package let bytesBefore: UInt64
    package let bytesAfter: UInt64
    /// `bytesBefore / bytesAfter`.
    package let ratio: Double

    fileprivate init(_ segment: SegmentCompaction) {
        file = segment.name.fileName
        outcome =
            switch segment.outcome {
            case .rewritten: .rewritten
            case .compact: .compact
            case .noGain: .noGain
            }
        records = segment.recordCount
        framesBefore = segment.framesBefore
        framesAfter = segment.framesAfter
        bytesBefore = segment.bytesBefore
        bytesAfter = segment.bytesAfter
        ratio = Double(segment.bytesBefore) / Double(max(1, segment.bytesAfter))
    }
}

/// `goalpost run compact`: wins back the disk that small commits waste, without touching a record.
///
/// Needs no database. Killed or cancelled anywhere, each segment is whole, old or new, and the next run goes on.
package struct CompactJob: Sendable {
    private let access: LogAccess
    private let log: Logger

    package init(access: LogAccess, log: Logger) {
        self.access = access
        self.log = log
    }

    /// Compacts all sealed segments but the last.
    ///
    /// `progress` gets bytes of files done and in all, about once a MiB; `each` gets every segment when it is done.
    /// A damaged segment stays as it is and does not keep the others from their turn; at the end it is thrown.
    package func run(
        progress: ((_ done: UInt64, _ total: UInt64) -> Void)? = nil,
        each: ((CompactedSegment) -> Void)? = nil
    ) async throws -> CompactSummary {
        let started = ContinuousClock.now
        let worker = CompactWorker(access: access)
        var summary = CompactSummary()
        var firstDamage: LogError?
        do {
            while true {
                try Task.checkCancellation()
                do {
                    let (step, done, total) = try await worker.step()
                    progress?(done, total)
                    if case .finished = step { break }
                    guard case .segment(let segment) = step else { continue }
                    let compacted = CompactedSegment(segment)
                    summary.add(compacted)
                    each?(compacted)
                } catch let error as LogError {
                    guard case .damaged = error else { throw error }
                    log.error("a segment is damaged and stays", metadata: ["reason": "\(error)"])
                    summary.damaged += 1
                    firstDamage = firstDamage ?? error
                }
            }
        } catch {
            await worker.abandon()
            throw error
        }
        await worker.abandon()
        if let firstDamage { throw firstDamage }
        summary.seconds = started.duration(to: .now).inSeconds
        return summary
    }
}

/// Compacts on a lane of its own, for reading, compressing and syncing block.
private actor CompactWorker {
    private let access: LogAccess
    private let lane = BlockingLane(label: "goalpost.compact")
    private var compactor: LogCompactor?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

    init(access: LogAccess) { self.access = access }

    /// Does the next part and says how many bytes of files are done, and of how many.
    func step() throws -> (step: LogCompactor.Step, done: UInt64, total: UInt64) {
        let compactor =
            try compactor ?? LogCompactor.open(volume: access.volume, directory: access.directory.path)
        self.compactor = compactor
        let step = try compactor.step()
        return (step, compactor.doneBytes, compactor.totalBytes)
    }

    func abandon() {
        compactor?.abandon()
        compactor = nil
    }
}
