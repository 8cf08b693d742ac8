import ArgumentParser
import EventLog
import Jobs

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
            let context = try await JobContext(common)
            let snapshots = SnapshotFiles(
                volume: context.access.volume,
                directory: context.access.workspace.snapshots
            )
            let job = RetainJob(
                settings: context.settings,
                access: context.access,
                database: context.database,
                newestSnapshot: { try snapshots.newestWhole() }
            )
            var segments: [RetainedSegment] = []
            let offsets = { (summary: RetainSummary) -> (from: UInt64?, next: UInt64?) in
                (summary.firstOffset, nil)
            }
            let run = { try await job.run(policy, isApplied: apply) { segments.append($0) } }
            // A dry run does nothing that the history could tell of.
            let summary =
                apply
                ? try await context.history.recording("retain", offsets: offsets, run) : try await run()
            try common.print(
                Report(summary: summary, segments: segments),
                lines: segments.map(Self.line) + [Self.line(summary)]
            )
        }
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
