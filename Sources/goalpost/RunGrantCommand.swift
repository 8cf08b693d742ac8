import ArgumentParser
import Jobs

struct RunGrantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant",
        abstract: "Deliver the rewards of applied claims to the webhook in grant_url.",
        discussion: """
            Each is posted as JSON with an Idempotency-Key that never changes, recorded in the log as rewardDelivered, and
            then marked in the tables; it may arrive twice, under the same key, and is never lost. 408, 429, 5xx and
            no answer are tried again after 0.5, 1 and 2 s by a run that comes later; any other status, and the last
            failed try, make it dead: `goalpost grants` lists and redrives those, and the run ends with 65.

            Holds the log's writer lock while it has rewards to send, or hands its records to goalpost-ingest, over the socket
            in the log's directory: exit code 75 when another program is the writer.
            Without grant_url it says so and does nothing. After a restore or a rebuild of the tables it sends nothing (78)
            until --confirm-rebuilt was given once.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: RunOptions

    @Flag(
        name: .customLong("confirm-rebuilt"),
        help: "Send again after a restore or rebuild; what the log knows as delivered is not sent."
    )
    var confirmRebuilt = false

    func run() async throws {
        try await common.perform {
            try await Self.run(try await JobContext(common, options), confirmRebuilt: confirmRebuilt)
        }
    }

    static func run(_ context: JobContext, confirmRebuilt: Bool = false) async throws {
        try await context.run(.grant, lines: lines) { run in
            let job = GrantJob(settings: run.settings, access: run.access, log: run.log)
            return try await job.run(
                confirmRebuilt: confirmRebuilt,
                database: { try await run.database() },
                progress: { summary in
                    run.progress.show(done: 0, total: nil, count: summary.delivered, unit: "rewards")
                }
            )
        }
    }

    private static func lines(_ summary: GrantSummary) -> [String] {
        guard summary.isConfigured else {
            return ["no webhook is set (grant_url or GOALPOST_GRANT_URL): no reward is sent"]
        }
        var lines = [
            "delivered \(Terminal.grouped(summary.delivered)) rewards, "
                + "\(Terminal.grouped(summary.postponed)) deliveries failed and are tried again, "
                + "\(Terminal.grouped(summary.dead)) rewards given up; \(Terminal.grouped(summary.pending)) wait"
        ]
        if summary.recalled > 0 {
            lines.append("\(Terminal.grouped(summary.recalled)) were known to the log as delivered")
        }
        if summary.deadInAll > 0 {
            lines.append(
                "\(Terminal.grouped(summary.deadInAll)) are given up: see `goalpost grants ls --state dead`"
            )
        }
        if let error = summary.lastError { lines.append("the newest failure: \(error)") }
        return lines
    }
}
