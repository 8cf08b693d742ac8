import ArgumentParser
import Fold
import Goals
import Jobs

/// `goalpost run NAME`: the jobs that cron starts.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a job once.",
        subcommands: [
            RunFoldCommand.self, RunPublishCommand.self, RunSnapshotCommand.self, RunVerifyCommand.self,
        ]
    )
}

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

    func run() async throws {
        try await common.perform {
            let context = try await JobContext(common)
            let job = try FoldJob(
                settings: context.settings,
                access: context.access,
                database: context.database,
                log: context.log
            )
            let bar = ProgressBar("fold")
            let offsets = { (summary: FoldSummary) -> (from: UInt64?, next: UInt64?) in
                (summary.fromOffset, summary.nextOffset)
            }
            let summary = try await context.history.recording("fold", offsets: offsets) {
                try await job.run { summary, end in
                    bar.show(
                        done: summary.nextOffset - summary.fromOffset,
                        total: end - summary.fromOffset,
                        count: summary.counts.records,
                        unit: "records"
                    )
                }
            }
            bar.finish()
            let records = summary.counts.records
            try common.print(
                summary,
                lines: [
                    "folded \(Terminal.grouped(records)) records (\(Terminal.rate(records, summary.seconds))) "
                        + "up to offset \(Terminal.grouped(summary.nextOffset)): "
                        + "\(Terminal.grouped(summary.rowsInserted)) rows made, "
                        + "\(Terminal.grouped(summary.rowsUpdated)) changed"
                ]
            )
        }
    }
}

struct RunPublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Render the answers of changed players for the front.",
        discussion: """
            The first run on a new UTC day also renders players whose daily goals start anew. A new configuration or
            database means everybody; such a run goes on where it was killed. Exit code 75 when another publish runs.
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(name: .customLong("as-of"), help: "Render for this time's UTC day (RFC 3339) instead of today.")
    var asOf: String?

    @Flag(help: "Render everybody.")
    var all = false

    func run() async throws {
        try await common.perform {
            let time = try asOf.map(TimeArgument.parse)
            let context = try await JobContext(common)
            let job = PublishJob(
                settings: context.settings,
                access: context.access,
                database: context.database,
                log: context.log
            )
            let bar = ProgressBar("publish")
            let offsets = { (summary: PublishSummary) -> (from: UInt64?, next: UInt64?) in
                (nil, summary.offset)
            }
            let summary = try await context.history.recording("publish", offsets: offsets) {
                try await job.run(asOf: time, all: all) { summary in
                    bar.show(done: 0, total: nil, count: summary.players, unit: "players")
                }
            }
            bar.finish()
            try common.print(
                summary,
                lines: [
                    "published \(Terminal.grouped(summary.players)) players"
                        + "\(summary.isFull ? " (everybody)" : "") for \(summary.day), "
                        + "\(Terminal.rate(summary.answers, summary.seconds)) answers; "
                        + "they include the log up to offset \(Terminal.grouped(summary.offset))"
                ]
            )
        }
    }
}

/// A time on the command line.
enum TimeArgument {
    static func parse(_ text: String) throws -> Timestamp {
        guard let time = RFC3339.parse(text) else {
            throw JobError(.usage, "'\(text)' is no time: write it as 2026-02-03T04:05:06Z")
        }
        return time
    }
}
