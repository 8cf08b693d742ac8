import ArgumentParser
import Jobs
import Payloads

struct PayloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payload",
        abstract: "Print the answer a client would get: initialize, unless another is asked for."
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "The player's id.")
    var player: String

    @Flag(help: "The answer of GET challenges.")
    var challenges = false

    @Flag(name: .customLong("active-only"), help: "The answer of GET challenges?active_only=true.")
    var activeOnly = false

    func validate() throws {
        if challenges, activeOnly { throw ValidationError("give --challenges or --active-only, not both") }
    }

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let kind: AnswerKind = activeOnly ? .activeOnly : challenges ? .challenges : .initialize
            let answer = try PayloadJob(access: LogAccess(settings)).run(player: player, kind: kind)
            try Terminal.write(answer.bytes + [UInt8(ascii: "\n")])
            if !answer.isKnown {
                Terminal.note("player \(player) has no answers of his own: this is the template")
            }
        }
    }
}
