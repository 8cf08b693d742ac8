import ArgumentParser
import Jobs

struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "The embedded PostgreSQL in the data directory, and who may read the tables.",
        discussion: """
            The embedded one is used when GOALPOST_DATABASE_URL is not set: on a unix socket only, as an unprivileged user when run by
            root. Jobs start it; it keeps running until `db stop`.
            """,
        subcommands: [
            DatabaseStartCommand.self, DatabaseStopCommand.self, DatabaseStatusCommand.self,
            DatabaseURLCommand.self, GrantAnalystCommand.self,
        ]
    )
}

struct DatabaseStartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Start it; made at first."
    )
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.perform {
            let state = try await DatabaseJob(settings: try await common.settings()).start()
            try common.print(state, lines: [state.line])
        }
    }
}

struct DatabaseStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop it; transactions under way are rolled back."
    )
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.perform {
            let state = try await DatabaseJob(
                settings: try await common.settings(allowsUnfinishedRestore: true)
            ).stop()
            try common.print(state, lines: [state.line])
        }
    }
}

struct DatabaseStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Say whether it runs.")
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings(allowsUnfinishedRestore: true)
            let state = try DatabaseJob(settings: settings).status()
            try common.print(state, lines: [state.line])
        }
    }
}

struct DatabaseURLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "url",
        abstract: "Print the URL that psql and other clients connect with."
    )
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.perform {
            let url = try DatabaseJob(settings: try await common.settings()).url
            try common.print(["url": url], lines: [url])
        }
    }
}
