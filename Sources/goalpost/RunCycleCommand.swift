import ArgumentParser
import Jobs
import Settings

struct RunCycleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cycle",
        abstract: "Fold, publish, grant: from new events to new answers and rewards in one go.",
        discussion: """
            Three runs, each with its own lock, outcome and place in the history. A run that fails ends the cycle; one
            that is skipped, since another is at work or it is paused, does not. Without a webhook (grant_url) there is no
            grant. --timeout is for all together.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: RunOptions

    func run() async throws {
        try await common.perform {
            let context = try await JobContext(common, options)
            try await RunFoldCommand.run(context)
            try await RunPublishCommand.run(context)
            if context.settings.grantURL != nil { try await RunGrantCommand.run(context) }
        }
    }
}
