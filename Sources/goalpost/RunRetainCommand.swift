import ArgumentParser
import EventLog
import Jobs
import Logging
import Settings
import Synchronization

struct RunRetainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retain",
        abstract: "Delete the oldest sealed segments; without --apply only say which.",
        discussion: """
            Never deletes what a partition has not folded, what the newest good snapshot does not include (without a
            snapshot: nothing), what ingest knows repeated events by, what a reader holds, the last segment and the
            newest sealed one. A segment is as old as its newest event or its last commit, whichever is newer. Says
            of each segment why it goes or stays. Exit code 75 when maintenance runs elsewhere, 69 when the database
            cannot be asked, 66 when segments should go and there is no snapshot.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: RunOptions

    @Option(name: .customLong("keep-days"), help: "Keep segments at most so many days old, 1 to 36,500.")
    var keepDays: Int?

    @Option(
        name: .customLong("keep-bytes"),
        help: "Keep the newest segments, together at most so many bytes."
    )
    var keepBytes: UInt64?

    @Flag(help: "Delete. Without it nothing is changed.")
    var apply = false

    /// The result as scripts read it.
    private struct Report: Encodable {
        let summary: RetainSummary
        let segments: [RetainedSegment]
    }

    func validate() throws {
        guard (keepDays == nil) != (keepBytes == nil) else {
            throw ValidationError("give one of --keep-days N and --keep-bytes N")
        }
        if let keepDays, !(1...36_500).contains(keepDays) {
            throw ValidationError("--keep-days is 1 to 36,500, not \(keepDays)")
        }
    }

    func run() async throws {
        try await common.perform {
            let policy: RetentionPolicy =
                if let keepBytes { .bytes(keepBytes) } else { .age(.seconds(86_400 * (keepDays ?? 36_500))) }
            let context = try await JobContext(common, options)
            let segments = Mutex<[RetainedSegment]>([])
            let report = { (summary: RetainSummary) in
                Report(summary: summary, segments: segments.withLock { $0 })
            }
            let lines = { (summary: RetainSummary) in
                segments.withLock { $0 }.map(Self.line) + [Self.line(summary)]
            }
            guard apply else {
                // A dry run does nothing that the history could tell of.
                let database = try await Database.open(context.settings, log: context.log)
                let job = Self.job(context.settings, context.access, database, context.log)
                let summary = try await job.run(policy, isApplied: false) { segment in
                    segments.withLock { $0.append(segment) }
                }
                return try common.print(report(summary), lines: lines(summary))
            }
            try await context.run(.retain, report: report, lines: lines) { run in
                let job = Self.job(run.settings, run.access, try await run.database(), run.log)
                return try await job.run(policy, isApplied: true) { segment in
                    segments.withLock { $0.append(segment) }
                }
            }
        }
    }

    private static func job(_ settings: Settings, _ access: LogAccess, _ database: Database, _ log: Logger)
        -> RetainJob
    {
        let snapshots = SnapshotStore(access: access, log: log)
        return RetainJob(
            settings: settings,
            access: access,
            database: database,
            newestSnapshot: { try snapshots.newestGood() }
        )
    }

    private static func line(_ segment: RetainedSegment) -> String {
        "\(segment.file)  \(Terminal.bytes(segment.bytes))  \(segment.newestTime)  "
            + "\(segment.goes ? "goes" : "stays"): \(segment.reason)"
    }

    private static func line(_ summary: RetainSummary) -> String {
        "\(summary.isApplied ? "deleted" : "would delete") \(summary.deletedSegments) of \(summary.segments) "
            + "segments, \(Terminal.bytes(summary.deletedBytes)); the log "
            + "\(summary.isApplied ? "begins" : "would begin") at offset \(Terminal.grouped(summary.firstOffset))"
            + (summary.heldBytes > 0
                ? "; \(Terminal.bytes(summary.heldBytes)) more could go, but are needed" : "")
            + (summary.isApplied ? "" : " (dry run: add --apply)")
    }
}
