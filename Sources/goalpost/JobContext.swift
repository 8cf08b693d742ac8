import EventLog
import Jobs
import Logging
import Settings

/// What a job runs with, and how each run of one goes.
struct JobContext {
    let settings: Settings
    let access: LogAccess
    let log: Logger
    private let common: CommonOptions
    private let isQuiet: Bool
    /// One for all runs of a command, so that they share its time limit.
    private let policy: RunPolicy

    init(_ common: CommonOptions, _ options: RunOptions) async throws {
        self.common = common
        isQuiet = options.isQuiet
        policy = options.policy()
        settings = try await common.settings()
        access = LogAccess(settings)
        log =
            isQuiet
            ? Logger(label: "goalpost") { _ in SwiftLogNoOpLogHandler() } : common.log(settings)
    }

    /// Runs `body` as a run of `job` with all that comes with one, and prints what it reports.
    ///
    /// `lines` are the report for people, `report` is the one for scripts where the summary is not all of it. A run that was
    /// passed over in silence prints nothing.
    func run<Summary: JobSummary>(
        _ job: JobName,
        report: (Summary) -> any Encodable = { $0 },
        lines: (Summary) -> [String],
        _ body: @escaping @Sendable (ActiveRun) async throws -> Summary
    ) async throws {
        let bar = ProgressBar(job.rawValue, isQuiet: isQuiet)
        defer { bar.finish() }
        let runner = try JobRunner(
            settings: settings,
            access: access,
            policy: policy,
            version: Goalpost.version,
            log: log,
            onStep: { bar.show(done: $0.done, total: $0.total, count: $0.count, unit: $0.unit) }
        )
        guard let summary = try await runner.run(job, body) else { return }
        bar.finish()
        if !isQuiet { try common.print(report(summary), lines: lines(summary)) }
        if let failure = summary.failure { throw failure }
    }
}
