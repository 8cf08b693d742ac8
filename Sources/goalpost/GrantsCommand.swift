import ArgumentParser
import Jobs
import StatusReport

/// `goalpost grants`: what is owed, what arrived, and what was given up.
struct GrantsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grants",
        abstract: "The rewards that claims earned; another try for those given up.",
        subcommands: [GrantsListCommand.self, GrantsShowCommand.self, GrantsRedriveCommand.self]
    )

    static func line(_ grant: GrantsJob.Grant) -> String {
        var parts = [
            grant.claimedAt, grant.state, grant.userId, grant.claimEventId, grant.goalId,
            "\(grant.quantity) × \(grant.rewardId) (\(grant.rewardType))",
        ]
        if grant.attempts > 0 { parts.append("\(grant.attempts) tried") }
        if let error = grant.lastError { parts.append(error) }
        return parts.joined(separator: "  ")
    }
}

struct GrantsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List rewards by the time of their claims, and count them by state.",
        discussion:
            "Columns: claimed, state, player, claim, goal, reward, deliveries tried, why the last one failed."
    )

    @OptionGroup var common: CommonOptions

    @Option(help: "pending, delivered or dead; all unless given.")
    var state: String?

    @Option(help: "Of this player only.")
    var player: String?

    @Option(help: "At most so many; 1 to 100000.")
    var limit = 100

    func validate() throws {
        guard (1...100_000).contains(limit) else {
            throw ValidationError("--limit is 1 to 100000 rewards, not \(limit)")
        }
    }

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let list = try await GrantsJob(settings: settings, log: common.log(settings))
                .list(state: state, player: player, limit: limit)
            var lines = list.grants.map(GrantsCommand.line)
            lines.append(
                "in all: "
                    + GrantsJob.states.map { "\(Terminal.grouped(list.counts[$0] ?? 0)) \($0)" }.joined(
                        separator: ", "
                    )
            )
            if list.isHeld {
                lines.append("none is sent since a restore, until `goalpost run grant --confirm-rebuilt`")
            }
            try common.print(list, lines: lines)
        }
    }
}

struct GrantsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one reward as JSON.",
        discussion: "Exit code 66 where the player has no reward of that claim."
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "The player.")
    var player: String

    @Argument(help: "The id of the event that claimed it.")
    var claim: String

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let grant = try await GrantsJob(settings: settings, log: common.log(settings))
                .show(player: player, claim: claim)
            let text = String(decoding: try StatusJSON.encode(grant), as: UTF8.self)
            try common.print(grant, lines: [text])
        }
    }
}

struct GrantsRedriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Let rewards that were given up be delivered by the next run, their attempts begun anew."
    )

    @OptionGroup var common: CommonOptions

    @Flag(help: "All of them, of all players.")
    var all = false

    @Argument(help: "The player; all of his unless a claim is named.")
    var player: String?

    @Argument(help: "The id of the event that claimed it.")
    var claim: String?

    func validate() throws {
        guard all == (player == nil) else {
            throw ValidationError("say which: PLAYER, PLAYER CLAIM, or --all")
        }
    }

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let count = try await GrantsJob(settings: settings, log: common.log(settings))
                .redrive(player: player, claim: claim)
            try common.print(
                ["redriven": count],
                lines: [
                    "\(Terminal.grouped(count)) rewards are pending again; `goalpost run grant` sends them"
                ]
            )
        }
    }
}
