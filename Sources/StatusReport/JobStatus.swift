package import Foundation

/// How one job stands: what runs, what ran, and whether it may.
package struct JobStatus: Codable, Sendable, Equatable {
    package var job: String
    package var state: State
    /// How far it is, while it runs.
    package var running: RunningJob?
    package var paused: JobPause?
    /// The newest run that has ended.
    package var lastRun: RunRecord?
    /// When the newest run that did its work ended.
    package var lastSuccessAt: Date?
    /// The newest run that ended with a report, failed or not.
    package var lastReport: RunRecord?
    package var totals: RunTotals
    /// The newest runs that have ended, oldest first; absent in files of older programs.
    package var recentRuns: [RecentRun]?
    /// Seconds after which the lack of a good run is a gap; absent where the job has no such limit.
    package var gapLimitSeconds: Int?

    package enum State: String, Codable, Sendable {
        case idle, running, paused
    }

    package init(job: String, gapLimitSeconds: Int?) {
        self.job = job
        self.gapLimitSeconds = gapLimitSeconds
        state = .idle
        totals = RunTotals()
    }

    /// Seconds since the last good run, where that is more than the limit; nil otherwise.
    package func overdueSeconds(at time: Date) -> Double? {
        guard let limit = gapLimitSeconds, let last = lastSuccessAt else { return nil }
        let seconds = time.timeIntervalSince(last)
        return seconds > Double(limit) ? seconds : nil
    }
}

/// Runs of a job since its files were made.
package struct RunTotals: Codable, Sendable, Equatable {
    package var done: UInt64 = 0
    package var failed: UInt64 = 0
    /// Not begun, since another run was at work or the job was paused.
    package var skipped: UInt64 = 0

    package init() {}
}

/// The little that a chart shows of a run that has ended.
package struct RecentRun: Codable, Sendable, Equatable {
    /// Most that are kept of each job.
    package static let countMax = 60

    package var startedAt: Date
    package var seconds: Double
    package var exitCode: Int32

    package init(startedAt: Date, seconds: Double, exitCode: Int32) {
        self.startedAt = startedAt
        self.seconds = seconds
        self.exitCode = exitCode
    }

    package init(_ run: RunRecord) {
        self.init(startedAt: run.startedAt, seconds: run.seconds, exitCode: run.exitCode)
    }
}

/// One run that has ended.
package struct RunRecord: Codable, Sendable, Equatable {
    /// A UUID of its own, by which it is in the table once.
    package var run: String
    package var job: String
    package var startedAt: Date
    package var endedAt: Date
    package var exitCode: Int32
    /// The message of a run that failed.
    package var error: String?
    /// First offsets not folded before and after, in the partition furthest behind; absent where a job has none.
    package var fromOffset: UInt64?
    package var nextOffset: UInt64?
    /// What it did.
    package var counts: JSONValue?
    package var host: String
    package var version: String
    /// Seconds since the last good run before it, where that was more than the limit.
    package var gapSeconds: Double?
    /// Whether the table `job_run` has it.
    package var isStored: Bool

    package init(
        run: String,
        job: String,
        startedAt: Date,
        endedAt: Date,
        exitCode: Int32,
        host: String,
        version: String
    ) {
        self.run = run
        self.job = job
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.exitCode = exitCode
        self.host = host
        self.version = version
        isStored = false
    }

    package var isGood: Bool { exitCode == 0 }
    package var seconds: Double { endedAt.timeIntervalSince(startedAt) }
}

/// A run at work, as its file says, renewed at most once a second.
package struct RunningJob: Codable, Sendable, Equatable {
    package var run: String
    package var job: String
    package var processID: Int32
    package var host: String
    package var startedAt: Date
    package var updatedAt: Date
    /// Things done so far, such as records.
    package var count: UInt64
    package var unit: String
    /// 0 to 100; absent while the end is not known.
    package var percent: Double?
    package var ratePerSecond: Double
    /// Seconds it still needs at the speed so far; absent while that cannot be said.
    package var etaSeconds: Double?

    package init(run: String, job: String, processID: Int32, host: String, startedAt: Date) {
        self.run = run
        self.job = job
        self.processID = processID
        self.host = host
        self.startedAt = startedAt
        updatedAt = startedAt
        count = 0
        unit = ""
        ratePerSecond = 0
    }
}

/// Why a job must not run.
package struct JobPause: Codable, Sendable, Equatable {
    package var reason: String
    /// Who said so: `user@host`.
    package var by: String
    package var since: Date

    package init(reason: String, by: String, since: Date) {
        self.reason = reason
        self.by = by
        self.since = since
    }
}
