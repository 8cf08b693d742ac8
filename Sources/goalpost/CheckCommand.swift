import ArgumentParser
import Jobs
import Settings

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check settings, challenges, log and database without changing anything.",
        discussion:
            "Faults of challenges.json come with file, line, challenge and goal. Exit code 78 when something is wrong."
    )

    @OptionGroup var common: CommonOptions

    @Option(help: "A challenges.json to check; over GOALPOST_CHALLENGES.", completion: .file())
    var challenges: String?

    func run() async throws {
        try await common.perform {
            var extra: [SettingName: (option: String, text: String)] = [:]
            if let challenges { extra[.challenges] = ("--challenges", challenges) }
            let settings = try await common.settings(extra)
            let findings = await CheckJob(settings: settings, access: LogAccess(settings)).run()
            try common.print(
                findings,
                lines: findings.map { "\($0.isGood ? "ok   " : "WRONG")  \($0.part): \($0.text)" }
            )
            if findings.contains(where: { !$0.isGood }) { throw ExitCode(ExitStatus.configuration.rawValue) }
        }
    }
}
