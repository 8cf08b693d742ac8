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

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let job = SnapshotJob(
                settings: settings,
                access: LogAccess(settings),
                version: Goalpost.version,
                log: common.log(settings)
            )
            let bar = ProgressBar("snapshot")
            let summary = try await job.run { summary, end in
                bar.show(
                    done: summary.nextOffset - summary.fromOffset,
                    total: end - summary.fromOffset,
                    count: summary.records,
                    unit: "records"
                )
            }
            bar.finish()
            try common.print(
                summary,
                lines: [
                    "snapshot at offset \(Terminal.grouped(summary.nextOffset)): "
                        + "\(Terminal.grouped(summary.players)) players, \(Terminal.grouped(summary.rows)) rows, "
                        + "\(Terminal.bytes(summary.fileBytes)); folded \(Terminal.grouped(summary.records)) records"
                ]
            )
        }
    }
}
