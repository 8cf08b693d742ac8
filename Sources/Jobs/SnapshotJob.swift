import Disk
import EventLog
import Goals
package import Logging
import Replay
package import Settings

/// What one snapshot run did.
package struct SnapshotSummary: JobSummary {
    /// Offset of the snapshot it started from; 0 where it folded the log from its start.
    package var fromOffset: UInt64 = 0
    /// Offset of the newest snapshot now.
    package var nextOffset: UInt64 = 0
    /// Records folded.
    package var records: UInt64 = 0
    package var players: UInt64 = 0
    package var rows: UInt64 = 0
    package var fileBytes: UInt64 = 0
    /// Older snapshots that were removed.
    package var removed = 0
    package var seconds = 0.0

    package var offsets: (from: UInt64?, next: UInt64?) { (fromOffset, nextOffset) }
}

/// `goalpost run snapshot`: the previous snapshot and the log since, folded into a new one.
///
/// Never the live tables: it would bless their drift. Needs no PostgreSQL. One that is killed leaves the
/// snapshots there were.
package struct SnapshotJob: Sendable {
    private let settings: Settings
    private let access: LogAccess
    private let version: String
    private let log: Logger

    /// `version` is the program's.
    package init(settings: Settings, access: LogAccess, version: String, log: Logger) {
        self.settings = settings
        self.access = access
        self.version = version
        self.log = log
    }

    /// Makes a snapshot of the log's end as it is when the run starts.
    package func run(
        options: LogReplay.Options = LogReplay.Options(),
        progress: (SnapshotSummary, _ end: UInt64) -> Void = { _, _ in }
    ) async throws -> SnapshotSummary {
        let started = ContinuousClock.now
        let identity = try access.directory.identity().uuid
        let store = SnapshotStore(access: access, log: log)
        try access.volume.makeDirectory(store.directory, mode: 0o755)
        guard let lock = try access.volume.tryLock(store.directory + "/snapshot.lock") else {
            throw JobError(
                .tryAgain,
                "another snapshot is being made: let it end, or run again later",
                isOverlap: true
            )
        }
        defer { lock.release() }
        let hold = try access.hold("snapshot", log: log)
        defer { hold?.release() }
        var options = options
        options.isDurable = true
        let replay = LogReplay(access: access, options: options)
        let end = try access.directory.end()
        let make = { (offset: UInt64, catalogue: GoalCatalogue) in
            try replay.emptyStates(at: offset, keeping: .everything, catalogue: catalogue)
        }
        var summary = SnapshotSummary()
        var states: LogReplay.States
        if let restored = try store.restore(upTo: end, makeStates: make) {
            summary.fromOffset = restored.offset
            states = LogReplay.States(own: restored.states)
        } else {
            try Self.requireStart(access)
            states = LogReplay.States(own: try make(0, GoalCatalogue()))
        }
        summary.nextOffset = summary.fromOffset
        let from = summary.fromOffset
        let newest = try store.offsets().last { $0 <= end }
        if from < end || newest != end {
            var noted = summary
            let done = try await replay.run(consume states, from..<end) { done in
                noted.records = done.records
                noted.nextOffset = done.nextOffset
                progress(noted, end)
                return !Task.isCancelled
            }
            try Task.checkCancellation()
            summary.records = done.progress.records
            let contents = try store.file(at: end).write(
                done.states.own,
                log: identity,
                offset: end,
                createdBy: version
            )
            (summary.players, summary.rows) = (contents.players, contents.rows)
            summary.fileBytes = contents.fileBytes
        } else {
            summary.players = states.own.reduce(0) { $0 + UInt64($1.playerCount) }
            summary.rows = states.own.reduce(0) { $0 + UInt64($1.rowCount) }
            summary.fileBytes = try access.volume.fileSize(store.file(at: end).path)
        }
        summary.nextOffset = end
        summary.removed = try store.prune(keeping: settings.snapshotsKept, upTo: end)
        summary.seconds = started.duration(to: .now).inSeconds
        return summary
    }

    /// Without a snapshot only a whole log says what players have done.
    static func requireStart(_ access: LogAccess) throws {
        let first = try access.directory.firstOffset()
        guard first > 0 else { return }
        throw JobError(
            .badData,
            "the log's records before offset \(first) were deleted by retention, and no good snapshot at or "
                + "before what is wanted holds what they did: restore one to \(access.workspace.snapshots)"
        )
    }
}
