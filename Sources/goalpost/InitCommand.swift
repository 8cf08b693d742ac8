import ArgumentParser
import Jobs
import Settings

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a data directory with a log and its first challenges.",
        discussion:
            "Safe to run again: what is there is kept. Challenges in force change with `challenges apply`."
    )

    @OptionGroup var common: CommonOptions

    @Option(help: "The challenges.json to start with; over GOALPOST_CHALLENGES.", completion: .file())
    var challenges: String?

    @Option(help: "The game's namespace, kept in goalpost.yaml; over GOALPOST_NAMESPACE.")
    var namespace: String?

    func run() async throws {
        try await common.perform {
            var extra: [SettingName: (option: String, text: String)] = [:]
            if let challenges { extra[.challenges] = ("--challenges", challenges) }
            if let namespace { extra[.namespace] = ("--namespace", namespace) }
            let settings = try await common.settings(extra)
            let summary = try InitJob(settings: settings, access: LogAccess(settings)).run()
            try common.print(
                summary,
                lines: [
                    "\(summary.isNew ? "made" : "kept") log \(summary.logID) in \(summary.data): "
                        + "\(summary.goals) goals in \(summary.challenges) challenges in force"
                ]
            )
        }
    }
}
