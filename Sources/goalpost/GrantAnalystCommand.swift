import ArgumentParser
import Jobs

struct GrantAnalystCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant-analyst",
        abstract: "Let a role of PostgreSQL read Goalpost's tables and views, and nothing else.",
        discussion: """
            A role that is not there is made, without a login: give it one by ALTER ROLE, with whatever way of
            authentication the server has. Where it logs in, its transactions are read-only and its statements end
            after --statement-seconds; who gets the role by GRANT has its rights, but not these two settings. Tables
            made later are readable too. The views (goalpost.progress, goal_funnel, completions_daily, claims,
            claims_daily, requests_daily, players, freshness, runs) are documented in the database: \\d+ in psql.

            Works on the embedded PostgreSQL and on the one of GOALPOST_DATABASE_URL. Exit code 64 for a name that
            cannot be, 78 for a role that could write all the same.
            """
    )

    @OptionGroup var common: CommonOptions

    @Flag(help: "Take the rights and settings away again; the role stays.")
    var revoke = false

    @Option(
        name: .customLong("statement-seconds"),
        help: "How long a statement of the role may take, 1 to 86400 seconds."
    )
    var statementSeconds = AnalystJob.statementSecondsDefault

    @Argument(help: "The role's name, 1 to 63 bytes.")
    var name: String

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let report = try await AnalystJob(settings: settings, log: common.log(settings))
                .run(role: name, revoke: revoke, statementSeconds: statementSeconds)
            let line =
                report.isRevoked
                ? "\(name) reads nothing of Goalpost's any more"
                : "\(report.isNew ? "made role \(name) (no login yet): it" : name) may read "
                    + report.relations.joined(separator: ", ")
            try common.print(report, lines: [line])
        }
    }
}
