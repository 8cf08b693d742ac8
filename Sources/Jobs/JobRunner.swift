import Disk
import EventLog
import Foundation
package import Goals
package import Logging
package import Settings
import StatusReport

/// Every run of a job goes through here: it may begin only when it should, and leaves a trail whatever becomes of it.
///
/// In order: a paused job does not begin; the job's lock is taken, or the policy says what happens; the run's work
/// is done under the time limit; and its outcome goes into the journal in the data directory, into the table
/// `job_run` once PostgreSQL is there, into `status.json`, the metrics and the pings. What of that trail cannot be
/// left is logged and fails nothing: the run's work is what counts.
///
/// Catching up after missed runs is no matter of its own: each job goes on from what is stored, so one run does
/// the work of all that were missed. That they were missed is logged and kept with the run.
package struct JobRunner: Sendable {
    /// How often a job is tried again whose lock outside the data directory another run holds.
    private static let waitInterval = Duration.milliseconds(200)
    /// What the history says of a run whose process ended without a word: 128 and SIGKILL's number.
    private static let killedExitCode: Int32 = 137

    private let settings: Settings
    private let access: LogAccess
    private let policy: RunPolicy
    private let version: String
    private let log: Logger
    private let now: @Sendable () -> Timestamp
    private let onStep: (@Sendable (RunProgress.Step) -> Void)?
    private let files: JobFiles
    private let journal: RunJournal
    private let pings: HealthPings?

    /// `version` is the program's; `onStep` is called with each step of the progress.
    package init(
        settings: Settings,
        access: LogAccess,
        policy: RunPolicy = RunPolicy(),
        version: String,
        log: Logger,
        now: @escaping @Sendable () -> Timestamp = WallClock.now,
        onStep: (@Sendable (RunProgress.Step) -> Void)? = nil
    ) throws(JobError) {
        self.settings = settings
        self.access = access
        self.policy = policy
        self.version = version
        self.log = log
        self.now = now
        self.onStep = onStep
        files = JobFiles(access)
        journal = RunJournal(files)
        pings = try HealthPings(settings.pingURL)
    }

    /// Runs `body` as a run of `job`; its error is rethrown.
    ///
    /// Nil where the run was passed over in silence, as the policy said.
    package func run<Summary: JobSummary>(
        _ job: JobName,
        _ body: @escaping @Sendable (ActiveRun) async throws -> Summary
    ) async throws -> Summary? {
        // First of all, so that a mistyped data directory is made by nobody.
        _ = try access.directory.identity()
        try files.make()
        if let pause = try JobPauses(files).all()[job.rawValue] {
            await skipped(job)
            if policy.overlap == .skip { return nil }
            throw JobError(
                .tryAgain,
                "\(job.rawValue) is paused since \(StatusJSON.text(pause.since)) by \(pause.by): \(pause.reason); "
                    + "`goalpost jobs resume \(job.rawValue)` lets it run"
            )
        }
        let jobLock = JobLock(files, job)
        guard let lock = try await jobLock.take(policy) else {
            await skipped(job)
            if policy.overlap == .skip { return nil }
            throw JobError(
                .tryAgain,
                "another \(job.rawValue) is running (\(jobLock.holder)): let it end, or run again later; "
                    + "`goalpost jobs` shows how far it is"
            )
        }
        defer { lock.release() }
        return try await runLocked(job, body)
    }

    // MARK: The run

    private func runLocked<Summary: JobSummary>(
        _ job: JobName,
        _ body: @escaping @Sendable (ActiveRun) async throws -> Summary
    ) async throws -> Summary? {
        await noteKilled(job)
        let startedAt = now().date
        var record = RunRecord(
            run: UUID().uuidString.lowercased(),
            job: job.rawValue,
            startedAt: startedAt,
            endedAt: startedAt,
            exitCode: 0,
            host: ProcessInfo.processInfo.hostName,
            version: version
        )
        record.gapSeconds = gap(job, at: startedAt)
        let running = RunningJob(
            run: record.run,
            job: job.rawValue,
            processID: ProcessInfo.processInfo.processIdentifier,
            host: record.host,
            startedAt: startedAt
        )
        let progress = RunProgress(job, running, files: files, now: now, onStep: onStep)
        let active = ActiveRun(settings: settings, access: access, log: log, progress: progress)
        progress.begin()
        // Beside the work: a slow watchdog must not hold it up.
        let startPing = Task { [pings] in await pings?.started(job) }
        let result = await RunLimits(policy: policy).run { try await repeating(active, body) }
        if case .failure(let failure) = result, failure.isOverlap, policy.overlap != .fail {
            progress.end()
            await skipped(job)
            warn("no ping of the start", await startPing.value)
            if policy.overlap == .skip { return nil }
            throw failure
        }
        record.endedAt = now().date
        let failure: JobError? =
            switch result {
            case .success(let summary): summary.failure
            case .failure(let error): error
            }
        if case .success(let summary) = result { record.counts = Self.counts(summary) }
        let offsets =
            if case .success(let summary) = result { summary.offsets } else { progress.offsets }
        (record.fromOffset, record.nextOffset) = offsets
        record.exitCode = failure?.status.rawValue ?? 0
        record.error = failure?.message
        let ended = record
        // In a task of its own: the trail is left also when the run was cancelled.
        await Task {
            warn("no ping of the start", await startPing.value)
            await leaveTrail(ended, active)
            progress.end()
            await leaveStatus(active, failure)
            if let pings {
                warn("no ping of the end", await pings.ended(job, failure?.message))
            }
        }.value
        return try result.get()
    }

    /// Runs `body`; with the policy to wait, again and again while a run elsewhere is at it.
    private func repeating<Summary: JobSummary>(
        _ active: ActiveRun,
        _ body: @Sendable (ActiveRun) async throws -> Summary
    ) async throws -> Summary {
        while true {
            do {
                return try await body(active)
            } catch {
                guard policy.overlap == .wait, JobError(error).isOverlap else { throw error }
                // Another host's run ends without a word to this one; the time limit ends the waiting.
                try await Task.sleep(for: Self.waitInterval)
            }
        }
    }

    private static func counts(_ summary: some Encodable) -> JSONValue? {
        do {
            return try StatusJSON.decode(JSONValue.self, from: try StatusJSON.encode(summary))
        } catch {
            // A report without its figures is still a run that ended.
            return nil
        }
    }

    // MARK: Before

    /// Seconds since the last good run where that is a gap, which is logged; nil otherwise.
    private func gap(_ job: JobName, at time: Date) -> Double? {
        guard job.hasGapLimit else { return nil }
        do {
            guard let last = try journal.entries()[job.rawValue]?.lastSuccessAt else { return nil }
            let seconds = time.timeIntervalSince(last)
            guard seconds > Double(settings.jobGapSeconds) else { return nil }
            log.warning(
                "no good run of \(job.rawValue) for \(Int(seconds)) s: this one does the work of all that were missed",
                metadata: ["last": "\(StatusJSON.text(last))", "limit": "\(settings.jobGapSeconds) s"]
            )
            return (seconds * 1000).rounded() / 1000
        } catch {
            warn("whether runs were missed is not known", JobError(error).message)
            return nil
        }
    }

    /// Puts a run into the journal whose process ended without a word: its file is there, its lock is not held.
    private func noteKilled(_ job: JobName) async {
        do {
            guard let left = try files.read(RunningJob.self, files.running(job)) else { return }
            var record = RunRecord(
                run: left.run,
                job: left.job,
                startedAt: left.startedAt,
                endedAt: left.updatedAt,
                exitCode: Self.killedExitCode,
                host: left.host,
                version: version
            )
            record.error =
                "its process \(left.processID) ended without a word: killed, or the machine went down"
            try await journal.add(record)
            try files.volume.remove(files.running(job))
        } catch {
            warn("what became of the run before is not known", JobError(error).message)
        }
    }

    private func skipped(_ job: JobName) async {
        do {
            try await journal.countSkipped(job)
        } catch {
            warn("the run that was passed over is not counted", JobError(error).message)
        }
    }

    // MARK: Afterwards

    private func leaveTrail(_ record: RunRecord, _ active: ActiveRun) async {
        do {
            try await journal.add(record)
        } catch {
            warn("the run is not in the history", JobError(error).message)
        }
        // A database that the run itself did not reach is not asked again: that may take long.
        guard record.exitCode != ExitStatus.unavailable.rawValue else { return }
        do {
            guard let database = try active.databaseIfRunning() else { return }
            try await RunStore(journal).carry(to: database)
        } catch {
            log.notice(
                "the run waits in \(files.history) until the table job_run can take it",
                metadata: ["reason": "\(JobError(error).message)"]
            )
        }
    }

    private func leaveStatus(_ active: ActiveRun, _ failure: JobError?) async {
        do {
            let job = SystemStatusJob(settings: settings, access: access, version: version, now: now)
            let isAway = failure?.status == .unavailable
            let status = await job.run(
                database: isAway ? nil : try active.databaseIfRunning(),
                databaseError: isAway ? failure?.message : nil
            )
            try job.write(status)
        } catch {
            warn("the status or the metrics are not written", JobError(error).message)
        }
    }

    /// Logs what went wrong beside the work; nil says that nothing did.
    private func warn(_ what: String, _ reason: String?) {
        guard let reason else { return }
        log.warning("\(what)", metadata: ["reason": "\(reason)"])
    }
}
