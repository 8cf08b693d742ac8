import ArgumentParser

/// The command line: ingest, jobs and operations.
@main
struct Goalpost: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "goalpost",
        abstract: "Folds players' events into challenge progress, in batches, exactly once.",
        discussion: """
            Events are appended to a log of zstd-compressed NDJSON segments, `run fold` folds them into
            PostgreSQL, `run publish` renders every player's answers, and goalpost-front serves them.

            Settings come from GOALPOST_* variables over goalpost.yaml in the data directory. Without
            GOALPOST_DATABASE_URL Goalpost runs a PostgreSQL of its own in the data directory.

            Exit codes: 0 done, 1 verify found drift, 64 usage, 65 bad data, 66 input missing, 69 service
            unavailable, 70 a bug, 71 system error, 73 cannot create, 75 try again later, 77 no permission,
            78 configuration, 130 stopped by Ctrl-C.
            """,
        version: version,
        subcommands: [
            InitCommand.self, IngestCommand.self, RunCommand.self, StatusCommand.self, CheckCommand.self,
            JobsCommand.self, ConfigCommand.self, VerifyCommand.self, ExplainCommand.self, ReplayCommand.self,
            PayloadCommand.self, LogCommand.self, ChallengesCommand.self, GrantsCommand.self,
            QuarantineCommand.self, DatabaseCommand.self,
            BackupCommand.self, RestoreCommand.self, GenerateCommand.self, LoadTestCommand.self,
        ]
    )
}
