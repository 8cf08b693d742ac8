import EventLog
import Foundation
package import Goals
package import Settings
package import StatusReport

/// `goalpost jobs`: what runs, what ran and what is paused, from the data directory's files.
package struct JobsJob: Sendable {
    /// What `goalpost jobs` shows of one job.
    package struct Line: Encodable, Sendable {
        package let status: JobStatus
        /// Seconds since the last good run where that is more than the limit.
        package let overdueSeconds: Double?
        /// Runs of the history in the data directory that came later than the limit, and the longest gap.
        package let gaps: Int
        package let gapSecondsMax: Double
    }

    package struct Report: Encodable, Sendable {
        package let jobs: [Line]
        /// Newest first; empty unless asked for.
        package let history: [RunRecord]
        /// Why the history is only what the data directory holds; nil where the table was read too.
        package let historyLimit: String?
    }

    private let settings: Settings
    private let access: LogAccess
    private let version: String
    private let now: @Sendable () -> Timestamp
    private let files: JobFiles

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

    /// The report with the newest `history` runs; asks PostgreSQL only for more than the data directory holds.
    package func run(history count: Int = 0) async throws -> Report {
        _ = try access.directory.identity()
        let statuses = try SystemStatusJob(settings: settings, access: access, version: version, now: now)
            .jobs()
        let runs = try RunJournal(files).runs()
        let time = now().date
        let lines = statuses.map { status in
            let gaps = runs.filter { $0.job == status.job }.compactMap(\.gapSeconds)
            return Line(
                status: status,
                overdueSeconds: status.overdueSeconds(at: time),
                gaps: gaps.count,
                gapSecondsMax: gaps.max() ?? 0
            )
        }
        var newest = Array(runs.reversed().prefix(count))
        var limit: String?
        if count > newest.count {
            do {
                guard let database = try Database.running(settings) else {
                    throw JobError(.unavailable, "the embedded PostgreSQL is stopped")
                }
                newest = merge(runs, try await RunStore.newest(count, database)).prefix(count).map(\.self)
            } catch {
                limit = JobError(error).message
            }
        }
        return Report(jobs: lines, history: newest, historyLimit: limit)
    }

    /// Pauses jobs; `word` is a job or `all`.
    package func pause(_ word: String, reason: String, by: String) async throws -> [JobName] {
        let jobs = try JobName.named(word)
        guard !reason.isEmpty, reason.count <= 500, !reason.contains(where: \.isNewline) else {
            throw JobError(.usage, "--reason is one line of 1 to 500 characters")
        }
        _ = try access.directory.identity()
        try await JobPauses(files).pause(jobs, JobPause(reason: reason, by: by, since: now().date))
        return jobs
    }

    /// Lets jobs run again; returns those that were paused.
    package func resume(_ word: String) async throws -> [JobName] {
        let jobs = try JobName.named(word)
        _ = try access.directory.identity()
        return try await JobPauses(files).resume(jobs)
    }

    /// Both histories as one, newest first; a run that is in both once, as the data directory tells it.
    private func merge(_ local: [RunRecord], _ stored: [RunRecord]) -> [RunRecord] {
        let known = Set(local.map(\.run))
        return (local + stored.filter { !known.contains($0.run) }).sorted { $0.startedAt > $1.startedAt }
    }
}
