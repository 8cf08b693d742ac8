import BlockingLane
package import EventLog
package import Goals
import Postgres
package import Settings
import Tables

/// What one retention did, in all; a dry run says what it would do.
package struct RetainSummary: JobSummary {
    /// Whether segments were deleted; false for a dry run.
    package var isApplied = false
    package var segments = 0
    /// Segments that went, or would go.
    package var deletedSegments = 0
    package var deletedBytes: UInt64 = 0
    /// Bytes that are beyond what is to be kept, and that something still needs.
    package var heldBytes: UInt64 = 0
    /// Oldest record that stays.
    package var firstOffset: UInt64 = 0
    package var seconds = 0.0

    package init() {}
}

/// What becomes of one segment, and why.
package struct RetainedSegment: Sendable, Encodable {
    package let file: String
    package let baseOffset: UInt64
    package let bytes: UInt64
    /// The newest event or the last commit, whichever is newer.
    package let newestTime: String
    package let goes: Bool
    package let reason: String

    fileprivate init(_ decision: RetentionPlan.Decision) {
        file = decision.name.fileName
        baseOffset = decision.name.baseOffset
        bytes = decision.fileBytes
        newestTime = RFC3339.text(Timestamp(microseconds: decision.newestTime * 1000))
        goes = decision.goes
        reason = decision.reason
    }
}

/// `goalpost run retain`: deletes the oldest sealed segments, never one that somebody still needs.
///
/// Needed are the records that a partition has not folded, those after the newest good snapshot (without one, all:
/// the log alone can rebuild the tables), those whose ids ingest remembers, and those that a reader holds.
package struct RetainJob: Sendable {
    private let settings: Settings
    private let access: LogAccess
    private let database: Database?
    private let newestSnapshot: @Sendable () async throws -> UInt64?
    private let now: @Sendable () -> Timestamp

    /// `database` is nil where it is known not to run; `newestSnapshot` gives the offset of the newest good
    /// snapshot, nil where there is none.
    package init(
        settings: Settings,
        access: LogAccess,
        database: Database?,
        newestSnapshot: @escaping @Sendable () async throws -> UInt64?,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.settings = settings
        self.access = access
        self.database = database
        self.newestSnapshot = newestSnapshot
        self.now = now
    }

    /// Deletes with `isApplied`, else only says what it would delete; `each` gets every segment's lot, oldest first.
    ///
    /// Throws when segments should go and no snapshot allows it, or while the database cannot be asked.
    package func run(
        _ policy: RetentionPolicy,
        isApplied: Bool,
        each: ((RetainedSegment) -> Void)? = nil
    ) async throws -> RetainSummary {
        let started = ContinuousClock.now
        let snapshot = try await newestSnapshot()
        let retention = LogRetention(
            volume: access.volume,
            directory: access.directory.path,
            policy: policy,
            limits: try await limits(snapshot),
            now: now().milliseconds
        )
        let plan = try await RetainWorker().plan(retention, isApplied: isApplied)
        for decision in plan.decisions { each?(RetainedSegment(decision)) }
        if isApplied, snapshot == nil, plan.heldBytes > 0 {
            throw JobError(
                .noInput,
                "nothing was deleted: there is no good snapshot in \(access.workspace.snapshots), and without one "
                    + "the log from its first record is the only way to rebuild the tables: run `goalpost run snapshot`"
            )
        }
        var summary = RetainSummary()
        summary.isApplied = isApplied
        summary.segments = plan.decisions.count
        summary.deletedSegments = plan.deletedCount
        summary.deletedBytes = plan.deletedBytes
        summary.heldBytes = plan.heldBytes
        summary.firstOffset = plan.firstOffset
        summary.seconds = started.duration(to: .now).inSeconds
        return summary
    }

    /// Who needs which records, as far as the log cannot tell itself.
    private func limits(_ snapshot: UInt64?) async throws -> [RetentionLimit] {
        let end = try access.directory.end()
        if let snapshot, snapshot > end {
            throw JobError(
                .badData,
                "a snapshot includes the log up to offset \(snapshot), but the log in \(access.directory.path) ends "
                    + "at \(end): the log lost its end, or the snapshot is another log's"
            )
        }
        let watermark = try await leastWatermark(end)
        let remembered = UInt64(settings.dedupeEvents)
        return [
            RetentionLimit(
                offset: snapshot ?? 0,
                reason: snapshot.map { "the newest good snapshot includes only the log up to offset \($0)" }
                    ?? "there is no good snapshot to rebuild from"
            ),
            RetentionLimit(
                offset: watermark,
                reason: "a partition is folded only up to offset \(watermark)"
            ),
            RetentionLimit(
                offset: end - min(end, remembered),
                reason: "ingest knows repeated events by the newest \(remembered) records (dedupe_events)"
            ),
        ]
    }

    /// The first offset that some partition has not folded; 0 before the first fold.
    private func leastWatermark(_ end: UInt64) async throws -> UInt64 {
        guard let database else {
            throw JobError(
                .unavailable,
                "how far the partitions are folded cannot be asked, for the embedded PostgreSQL is stopped: "
                    + "run `goalpost db start`"
            )
        }
        let session = database.session("retain")
        let facts: Schema.Facts
        do {
            facts = try await Schema.check(session)
        } catch TablesError.notInstalled {
            return 0
        }
        let logID = try access.directory.identity().uuid
        if let bound = facts.logID, bound != logID {
            throw TablesError.logMismatch(database: bound, log: logID)
        }
        let marks = try await PublishTables(session: session).partitionStates(stream: Workspace.stream)
        let least = marks.map(\.nextOffset).min() ?? 0
        guard least <= end else {
            throw JobError(
                .badData,
                "the tables are folded up to offset \(least), but the log in \(access.directory.path) ends at \(end): "
                    + "the log lost its end. Restore it from a copy"
            )
        }
        return least
    }
}

/// Plans and deletes on a lane of its own, for both block.
private actor RetainWorker {
    private let lane = BlockingLane(label: "goalpost.retain")

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

    func plan(_ retention: LogRetention, isApplied: Bool) throws -> RetentionPlan {
        try isApplied ? retention.apply() : retention.plan()
    }
}
