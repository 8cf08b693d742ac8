import ArgumentParser
import Jobs

struct RunSnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Fold the previous snapshot and the log since into a new one.",
        discussion: """
            Replay and verify start from it, and retention needs one behind which it may delete. It never reads the
            live tables, for it would bless their drift. The newest snapshots_kept stay. Exit code 75 when another
            snapshot is being made.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: RunOptions

    func run() async throws {
        try await common.perform {
            let context = try await JobContext(common, options)
            try await context.run(.snapshot, lines: Self.lines) { run in
                let job = SnapshotJob(
                    settings: run.settings,
                    access: run.access,
                    version: Goalpost.version,
                    log: run.log
                )
                return try await job.run { summary, end in
                    run.progress.note(from: summary.fromOffset, next: summary.nextOffset)
                    run.progress.show(
                        done: summary.nextOffset - summary.fromOffset,
                        total: end - summary.fromOffset,
                        count: summary.records,
                        unit: "records"
                    )
                }
            }
        }
    }

    private static func lines(_ summary: SnapshotSummary) -> [String] {
        [
            "snapshot at offset \(Terminal.grouped(summary.nextOffset)): "
                + "\(Terminal.grouped(summary.players)) players, \(Terminal.grouped(summary.rows)) rows, "
                + "\(Terminal.bytes(summary.fileBytes)); folded \(Terminal.grouped(summary.records)) records"
        ]
    }
}
