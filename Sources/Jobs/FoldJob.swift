import EventLog
import Fold
package import Goals
package import Logging
import Postgres
package import Settings
import Synchronization
import Tables

/// `goalpost run fold`: the log from each partition's watermark to its end, folded into the tables.
///
/// A batch is read once and routed; then each partition gets its part in a transaction of its own that moves its
/// watermark too, a few partitions at a time. Killed anywhere, the next run goes on from the watermarks. Only one
/// fold works on a database at a time; another ends with `tryAgain`.
package struct FoldJob: Sendable {
    /// Rows of prior state that a connection may hold at once, whatever a player's goals: 4 million, 500 MB.
    package static let priorRowsDefault = 4_000_000
    /// Held by the running fold.
    package static let advisoryLockKey: Int64 = 0x676F_616C_666F_6C64

    private let settings: Settings
    private let access: LogAccess
    private let database: Database
    private let namespace: Identifier
    private let log: Logger
    private let priorRowsMax: Int
    private let now: @Sendable () -> Timestamp

    package init(
        settings: Settings,
        access: LogAccess,
        database: Database,
        log: Logger,
        priorRowsMax: Int = FoldJob.priorRowsDefault,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) throws(JobError) {
        self.settings = settings
        self.access = access
        self.database = database
        self.log = log
        self.priorRowsMax = priorRowsMax
        self.now = now
        namespace = try settings.requiredNamespace()
    }

    /// Folds up to the log's end as it is when the run starts; `progress` is called after each batch.
    package func run(progress: ((FoldSummary, _ end: UInt64) -> Void)? = nil) async throws -> FoldSummary {
        let started = ContinuousClock.now
        let control = database.session("fold-control")
        try await Schema.install(control, partitions: settings.partitions)
        guard try await control.tryAdvisoryLock(key: Self.advisoryLockKey) else {
            throw JobError(
                .tryAgain,
                "another fold is running on this database: let it end, or run again later",
                isOverlap: true
            )
        }
        let tables = FoldTables(session: control, namespace: namespace)
        try await tables.bindLog(uuid: try access.directory.identity().uuid)
        let workers = (0..<settings.foldConnections).map {
            FoldTables(session: database.session("fold-\($0)"), namespace: namespace)
        }
        let reader = BatchReader(
            access: access,
            recordsMax: settings.foldBatchRecords,
            bytesMax: settings.foldBatchBytes
        )
        var summary = FoldSummary()
        var marks = try await tables.watermarks(stream: Workspace.stream)
        let end = try checkedEnd(marks)
        summary.fromOffset = marks.map(\.nextOffset).min() ?? 0
        summary.nextOffset = summary.fromOffset
        while let from = marks.map(\.nextOffset).min(), from < end {
            let batch = try await reader.read(from: from, to: end, marks)
            let written = try await write(batch, marks, workers)
            summary.add(written)
            summary.batches += 1
            marks = try await tables.watermarks(stream: Workspace.stream)
            summary.nextOffset = marks.map(\.nextOffset).min() ?? from
            guard summary.nextOffset > from else {
                throw JobError(.software, "a fold from offset \(from) moved no watermark")
            }
            progress?(summary, end)
        }
        summary.seconds = started.duration(to: .now).inSeconds
        return summary
    }

    /// The log's end; an error when the tables are ahead of it, for then the log lost records.
    private func checkedEnd(_ marks: [PartitionWatermark]) throws -> UInt64 {
        let end = try access.directory.end()
        if let ahead = marks.first(where: { $0.nextOffset > end }) {
            throw JobError(
                .badData,
                "partition \(ahead.partition) is folded up to offset \(ahead.nextOffset), but the log in "
                    + "\(access.directory.path) ends at \(end): the log lost its end. Restore it from a copy"
            )
        }
        return end
    }

    // MARK: Writing

    fileprivate struct Written: Sendable {
        var counts = FoldCounts()
        var writes: [FoldWriteCounts] = []
    }

    /// Folds a batch into all partitions that need it, one a connection at a time.
    private func write(
        _ batch: ReadBatch,
        _ marks: [PartitionWatermark],
        _ workers: [FoldTables]
    ) async throws -> Written {
        let queue = PartitionQueue(marks.indices.filter { marks[$0].nextOffset < batch.end })
        return try await withThrowingTaskGroup(of: Written.self) { group in
            for worker in workers {
                group.addTask {
                    var written = Written()
                    while let index = queue.next() {
                        try Task.checkCancellation()
                        let (counts, writes) = try await fold(batch, marks[index], index, worker)
                        written.counts.add(counts)
                        written.writes.append(writes)
                    }
                    return written
                }
            }
            var all = Written()
            all.counts.records = batch.events.unreadable
            all.counts.count(.unreadable, times: batch.events.unreadable)
            for try await written in group {
                all.counts.add(written.counts)
                all.writes.append(contentsOf: written.writes)
            }
            if batch.events.unreadable > 0 {
                log.warning(
                    "records in the log are no events; another program wrote them",
                    metadata: ["records": "\(batch.events.unreadable)", "before": "\(batch.end)"]
                )
            }
            return all
        }
    }

    private func fold(
        _ batch: ReadBatch,
        _ mark: PartitionWatermark,
        _ index: Int,
        _ tables: FoldTables
    ) async throws -> (FoldCounts, FoldWriteCounts) {
        let events = batch.events.partitions[index]
        let fold = PartitionFold(events, challenges: batch.challenges)
        let counts = Mutex(FoldCounts())
        let writes = try await tables.fold(
            partition: mark,
            stream: Workspace.stream,
            players: events.players,
            playersAtOnce: max(1, priorRowsMax / batch.challenges.goals.count),
            requests: events.requests.compactMap { $0.isDelivery ? nil : ($0.player, $0.eventID) },
            challenges: batch.challenges,
            nextOffset: batch.end,
            now: now()
        ) { players, prior in
            let (change, folded) = fold.change(players: players, prior: prior)
            counts.withLock { $0.add(folded) }
            return change
        }
        return (counts.withLock { $0 }, writes)
    }
}

extension FoldSummary {
    fileprivate mutating func add(_ written: FoldJob.Written) {
        counts.add(written.counts)
        for write in written.writes {
            rowsInserted += UInt64(write.inserted)
            rowsUpdated += UInt64(write.updated)
            deliveriesUnmatched += UInt64(write.deliveredUnmatched)
        }
    }
}
