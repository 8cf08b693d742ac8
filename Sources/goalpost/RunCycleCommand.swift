import ArgumentParser
import Jobs

struct RunCycleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cycle",
        abstract: "Fold, then publish: from new events to new answers in one go.",
        discussion: """
            Two runs, each with its own lock, outcome and place in the history. A fold that fails ends the cycle; one
            that is skipped, since another is at work or it is paused, does not: publish shows what is there.
            --timeout is for both together.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: RunOptions

    func run() async throws {
        try await common.perform {
            let context = try await JobContext(common, options)
            try await RunFoldCommand.run(context)
            try await RunPublishCommand.run(context)
        }
    }
}
