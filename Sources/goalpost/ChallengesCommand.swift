import ArgumentParser
import Goals
import Jobs

struct ChallengesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "challenges",
        abstract: "The challenges in force along the log.",
        subcommands: [ChallengesApplyCommand.self, ChallengesListCommand.self, ChallengesDiffCommand.self]
    )
}

struct ChallengesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the configurations and the offsets they govern from."
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let entries = try ChallengesJob(settings: settings, access: LogAccess(settings)).list()
            try common.print(
                entries,
                lines: entries.map { entry in
                    "from offset \(Terminal.grouped(entry.offset)): \(entry.goals) goals in \(entry.challenges) "
                        + "challenges  \(entry.path)"
                }
            )
        }
    }
}

struct ChallengesDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what a challenges.json would change."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The challenges.json.", completion: .file())
    var file: String

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let difference = try ChallengesJob(settings: settings, access: LogAccess(settings)).difference(
                file
            )
            try common.print(
                difference.lines,
                lines: difference.isEmpty ? ["nothing changes"] : difference.lines
            )
        }
    }
}

struct ChallengesApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Put a challenges.json in force for all records from now on.",
        discussion: """
            Prints what changes. While goalpost-ingest runs, it is asked to do it, over its socket in the log's directory.
            Exit code 75 while another program holds the log's lock.
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The challenges.json.", completion: .file())
    var file: String

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let (changes, offset) = try await ChallengesJob(settings: settings, access: LogAccess(settings))
                .apply(file)
            let end = offset.map { ["in force from offset \(Terminal.grouped($0))"] } ?? ["nothing changes"]
            try common.print(changes, lines: changes + end)
        }
    }
}
