import ArgumentParser
import Fold
import Jobs

struct RunFoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fold",
        abstract: "Fold the log's new records into the tables, exactly once.",
        discussion: """
            Goes on from each partition's watermark; rows and watermark move in one transaction. Exit code 75 when
            another fold is running.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: RunOptions

    func run() async throws {
        try await common.perform { try await Self.run(try await JobContext(common, options)) }
    }

    static func run(_ context: JobContext) async throws {
        try await context.run(.fold, lines: lines) { run in
            let job = try FoldJob(
                settings: run.settings,
                access: run.access,
                database: try await run.database(),
                log: run.log
            )
            return try await job.run { summary, end in
                run.progress.note(from: summary.fromOffset, next: summary.nextOffset)
                run.progress.show(
                    done: summary.nextOffset - summary.fromOffset,
                    total: end - summary.fromOffset,
                    count: summary.counts.records,
                    unit: "records"
                )
            }
        }
    }

    private static func lines(_ summary: FoldSummary) -> [String] {
        let records = summary.counts.records
        return [
            "folded \(Terminal.grouped(records)) records (\(Terminal.rate(records, summary.seconds))) "
                + "up to offset \(Terminal.grouped(summary.nextOffset)): "
                + "\(Terminal.grouped(summary.rowsInserted)) rows made, "
                + "\(Terminal.grouped(summary.rowsUpdated)) changed"
        ]
    }
}
