import EventLog
import Goals

/// What a replay would read, told without reading it: the answer to `--dry-run`.
package struct ReplayPlan: Sendable, Encodable {
    /// First offset whose effects are counted.
    package let fromOffset: UInt64
    /// First offset not wanted.
    package let toOffset: UInt64
    /// The snapshot that players are restored from; nil means that the log is folded from its start.
    package let snapshotOffset: UInt64?
    /// Segment files that are read, wholly or in part.
    package let segments: Int
    /// Their bytes on disk, and as NDJSON; both estimated for those read in part.
    package let fileBytes: UInt64
    package let rawBytes: UInt64
    /// Records that are read, those before `fromOffset` included.
    package let records: UInt64
    /// Players that a snapshot up to the end tells of; nil where there is none.
    package let players: UInt64?
    /// Records a second: measured on a short sample, or the limit given.
    package let recordsPerSecond: Double
    package let seconds: Double
    package let memoryBytesMax: Int
}

/// The stretch of the log that a replay is about.
struct ReplayRange {
    let from: UInt64
    let to: UInt64

    /// Resolves times to offsets: both ends go by the first frame that holds a record of the time or later.
    init(_ request: ReplayOptions, _ access: LogAccess) throws {
        let directory = access.directory
        let end = try directory.end()
        var to = end
        if let until = request.untilOffset {
            guard until <= end else {
                throw JobError(.usage, "--until-offset \(until) lies beyond the log's end at \(end)")
            }
            to = until
        }
        if let time = request.to { to = min(to, try directory.offset(atTime: time.milliseconds)) }
        from = try request.from.map { try directory.offset(atTime: $0.milliseconds) } ?? 0
        guard from <= to else {
            throw JobError(.usage, "--from begins at offset \(from), after the end at \(to)")
        }
        self.to = to
    }
}
