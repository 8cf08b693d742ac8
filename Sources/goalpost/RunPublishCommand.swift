import ArgumentParser
import Goals
import Jobs

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
    @OptionGroup var options: RunOptions

    @Option(name: .customLong("as-of"), help: "Render for this time's UTC day (RFC 3339) instead of today.")
    var asOf: String?

    @Flag(help: "Render everybody.")
    var all = false

    func run() async throws {
        try await common.perform {
            let time = try asOf.map(TimeArgument.parse)
            try await Self.run(try await JobContext(common, options), asOf: time, all: all)
        }
    }

    static func run(_ context: JobContext, asOf time: Timestamp? = nil, all: Bool = false) async throws {
        try await context.run(.publish, lines: lines) { run in
            let job = PublishJob(
                settings: run.settings,
                access: run.access,
                database: try await run.database(),
                log: run.log
            )
            return try await job.run(asOf: time, all: all) { summary, done, total in
                run.progress.show(
                    done: UInt64(done),
                    total: UInt64(total),
                    count: summary.players,
                    unit: "players"
                )
            }
        }
    }

    private static func lines(_ summary: PublishSummary) -> [String] {
        [
            "published \(Terminal.grouped(summary.players)) players"
                + "\(summary.isFull ? " (everybody)" : "") for \(summary.day), "
                + "\(Terminal.rate(summary.answers, summary.seconds)) answers; "
                + "they include the log up to offset \(Terminal.grouped(summary.offset))"
        ]
    }
}
