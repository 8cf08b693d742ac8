import Disk
import EventLog
import Foundation
package import Goals
import PayloadStore
package import Settings
package import StatusReport
import Tables

/// Gathers how the whole Goalpost stands: `status.json`, `goalpost.prom` and `goalpost jobs` are made of it.
package struct SystemStatusJob: Sendable {
    private let settings: Settings
    private let access: LogAccess
    private let files: JobFiles
    private let version: String
    private let now: @Sendable () -> Timestamp

    package init(
        settings: Settings,
        access: LogAccess,
        version: String,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.settings = settings
        self.access = access
        self.version = version
        self.now = now
        files = JobFiles(access)
    }

    /// Each job's state, from the files alone.
    package func jobs() throws -> [JobStatus] {
        let entries = try RunJournal(files).entries()
        let pauses = try JobPauses(files).all()
        return try JobName.allCases.map { job in
            var status = JobStatus(
                job: job.rawValue,
                gapLimitSeconds: job.hasGapLimit ? settings.jobGapSeconds : nil
            )
            if let entry = entries[job.rawValue] {
                status.totals = entry.totals
                status.lastRun = entry.lastRun
                status.lastSuccessAt = entry.lastSuccessAt
                status.lastReport = entry.lastReport
                status.recentRuns = entry.recent
            }
            status.paused = pauses[job.rawValue]
            if status.paused != nil { status.state = .paused }
            if let running = try files.read(RunningJob.self, files.running(job)),
                try JobLock(files, job).isHeld()
            {
                status.running = running
                status.state = .running
            }
            return status
        }
    }

    /// All that can be known; never throws: what cannot be read is among the problems.
    ///
    /// `database` is nil where it is known to be away, with the reason in `databaseError`.
    package func run(database: Database?, databaseError: String? = nil) async -> SystemStatus {
        let time = now()
        var status = SystemStatus(
            generatedAt: time.date,
            program: version,
            host: ProcessInfo.processInfo.hostName
        )
        await Self.part("jobs", &status) { $0.jobs = try jobs() }
        await Self.part("log", &status) { $0.log = try log() }
        await Self.part("publish", &status) { $0.publish = try publish() }
        await Self.part("disk", &status) { status in
            let space = try LocalVolume().space(access.workspace.root)
            status.disk = DiskStatus(freeBytes: space.freeBytes, totalBytes: space.totalBytes)
        }
        status.database = DatabaseStatus(isUp: false, error: databaseError)
        if let database {
            do {
                let marks = try await StatusJob.watermarks(database)
                let sizes = try await PartitionSize.read(marks, session: database.session("status"))
                status.database = DatabaseStatus(isUp: true)
                status.fold = FoldStatus(
                    asOf: time.date,
                    lagRecords: 0,
                    lagSeconds: 0,
                    partitions: zip(marks, sizes).map { mark, size in
                        FoldStatus.Partition(
                            partition: mark.partition,
                            watermark: mark.nextOffset,
                            lagRecords: 0,
                            sequence: mark.sequence,
                            foldedAt: mark.foldedAt?.date,
                            rows: size.rows,
                            bytes: size.bytes
                        )
                    }
                )
            } catch {
                status.database = DatabaseStatus(isUp: false, error: JobError(error).message)
            }
        } else if databaseError == nil {
            status.database.error = "the embedded PostgreSQL is stopped"
        }
        await Self.part("fold", &status) { status in
            if status.fold == nil { status.fold = try previousFold() }
            try measureLag(&status, at: time)
        }
        return status
    }

    /// Puts a status in place of the last one, whole; and the metrics where a directory is set.
    package func write(_ status: SystemStatus) throws {
        try access.volume.atomicWrite(
            try status.json() + [UInt8(ascii: "\n")],
            to: access.workspace.root + "/" + SystemStatus.fileName
        )
        if let directory = settings.metricsDirectory {
            try access.volume.atomicWrite(
                Array(StatusMetrics.text(status).utf8),
                to: directory + "/" + StatusMetrics.fileName
            )
        }
    }

    /// Runs one part; its error becomes a problem.
    private static func part(
        _ name: String,
        _ status: inout SystemStatus,
        _ body: (inout SystemStatus) async throws -> Void
    ) async {
        do {
            try await body(&status)
        } catch {
            status.problems.append("\(name): \(JobError(error).message)")
        }
    }

    private func log() throws -> LogStatus {
        let segments = try access.directory.segments()
        let newest = try access.directory.segmentNames().last
        return LogStatus(
            end: try access.directory.end(),
            first: try access.directory.firstOffset(),
            segments: segments.count,
            bytes: segments.reduce(0) { $0 + $1.fileBytes },
            lastCommitAt: try newest.map { name in
                let path = access.directory.path + "/" + name.fileName
                return Date(timeIntervalSince1970: Double(try LocalVolume().modifiedAt(path)) / 1000)
            },
            quarantineBytes: try quarantineBytes()
        )
    }

    private func quarantineBytes() throws -> UInt64 {
        let directory = access.workspace.quarantine
        guard try access.volume.exists(directory) else { return 0 }
        return try access.volume.list(directory).reduce(0) {
            $0 + (try access.volume.fileSize(directory + "/" + $1))
        }
    }

    private func publish() throws -> PublishStatus? {
        guard let (published, store) = try StatusJob.published(access.workspace.payloads) else { return nil }
        let reader = try store.makeReader()
        var templates: [String: UInt64] = [:]
        for slot in AnswerSlot.allCases {
            guard let id = published.template(slot), let bytes = try reader.template(id) else { continue }
            templates["\(slot)"] = UInt64(bytes.count)
        }
        return PublishStatus(
            day: UTCDay(number: published.day).text,
            offset: published.leastOffset,
            publishedAt: Date(timeIntervalSince1970: Double(published.publishedAt) / 1000),
            players: try store.playerCount(),
            payloadBytes: UInt64(clamping: try store.usedBytes()),
            templateBytes: templates,
            isFullPublishPending: published.fullRun != nil
        )
    }

    /// The fold as the last status knew it.
    private func previousFold() throws -> FoldStatus? {
        let path = access.workspace.root + "/" + SystemStatus.fileName
        guard try access.volume.exists(path) else { return nil }
        return try SystemStatus(json: try access.volume.readFile(path, bytesMax: SystemStatus.bytesMax)).fold
    }

    /// Sets what the watermarks, new or old, are behind the log as it is now.
    private func measureLag(_ status: inout SystemStatus, at time: Timestamp) throws {
        guard var fold = status.fold, let end = status.log?.end else { return }
        let least = fold.partitions.map(\.watermark).min() ?? 0
        fold.lagRecords = end - min(least, end)
        for index in fold.partitions.indices {
            fold.partitions[index].lagRecords = end - min(fold.partitions[index].watermark, end)
        }
        let oldest = try StatusJob.oldestUnfolded(access, least, end)
        fold.lagSeconds = oldest.map { max(0, Double(time.milliseconds - $0) / 1000) } ?? 0
        status.fold = fold
    }
}
