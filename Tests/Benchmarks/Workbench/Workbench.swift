import ArgumentParser

/// Runs single pieces of Goalpost for the benchmarks of `jobs/bench`, and for the instruction gates.
///
/// Nothing here is `async` but what has to be: valgrind cannot run the threads that an `async` main starts.
@main
struct Workbench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workbench",
        abstract: "Run single pieces of Goalpost on fixed inputs, for benchmarks; see jobs/bench.",
        subcommands: [PieceCommand.self, PublishCommand.self, ScanCommand.self]
    )
}
