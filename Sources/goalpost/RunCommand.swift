import ArgumentParser
import Goals
import Jobs

/// `goalpost run NAME`: the jobs that cron starts.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a job once.",
        discussion: """
            Each run leaves its outcome in the history (`goalpost jobs --history N`), in DATA/status.json and, where
            they are set, in metrics_dir and at ping_url. SIGTERM (exit code 75) and Ctrl-C (130) stop a run between
            two batches; a second one kills it, and the next run goes on all the same.
            """,
        subcommands: [
            RunFoldCommand.self, RunPublishCommand.self, RunGrantCommand.self, RunCycleCommand.self,
            RunCompactCommand.self,
            RunSnapshotCommand.self, RunRetainCommand.self, RunVerifyCommand.self,
        ]
    )
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
