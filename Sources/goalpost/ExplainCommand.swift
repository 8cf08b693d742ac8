import ArgumentParser
import Foundation
import Jobs
import Settings

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say which events led to a player's state, and what each did.",
        discussion: """
            Reads the log, folds this one player with the configurations that applied, and prints each event with
            offset, time and its effect on every goal that it concerns, or the reason for having none. Ends with the
            state, and says where the live tables differ from it. Exit code 66 when the log does not know the player.
            """
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "The player's id.")
    var player: String

    @Argument(help: "Only what concerns this goal.")
    var goal: String?

    @Option(help: "Only the newest events, this many; all unless given.")
    var limit: Int?

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit is at least 0") }
    }

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let job = try ExplainJob(
                settings: settings,
                access: LogAccess(settings),
                database: try Database.running(settings),
                log: common.log(settings)
            )
            let bar = ProgressBar("explain")
            let printer = ExplainPrinter(json: common.json)
            let explanation = try await job.run(
                player: player,
                goal: goal,
                limit: limit,
                progress: { bar.show(done: $0, total: $1, count: $0, unit: "records") }
            ) { event in
                bar.finish()
                try printer.print(event)
            }
            bar.finish()
            try printer.finish(explanation)
        }
    }
}

/// Prints an explanation as it comes, so that memory does not grow with the player's events.
private final class ExplainPrinter {
    /// Goals named of those that one reason kept an event from.
    private static let namedMax = 5

    private let json: Bool
    private let encoder = JSONEncoder()
    private var count = 0

    init(json: Bool) {
        self.json = json
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    func print(_ event: ExplainedEvent) throws {
        count += 1
        if json {
            try Terminal.write(Array((count == 1 ? "{\"events\":[\n" : ",\n").utf8))
            try Terminal.write(try encoder.encode(event))
            return
        }
        var head = "\(event.offset)  \(event.time)  \(event.name)"
        if !event.text.isEmpty { head += "  \(event.text)" }
        if let decision = event.decision { head += "  → \(decision)" }
        if let grant = event.grant { head += ", grants \(grant)" }
        if let ignored = event.ignored { head += "  → nothing: \(ignored)" }
        try write(head)
        let changes = event.effects.filter { !$0.changes.isEmpty || $0.ignored == nil }
        for effect in changes {
            try write("    \(effect.goal)  \(effect.text)\(effect.makesRow ? " (first change)" : "")")
        }
        var reasons: [(text: String, goals: [String])] = []
        for effect in event.effects where effect.changes.isEmpty && effect.ignored != nil {
            if let index = reasons.firstIndex(where: { $0.text == effect.text }) {
                reasons[index].goals.append(effect.goal)
            } else {
                reasons.append((effect.text, [effect.goal]))
            }
        }
        for (text, goals) in reasons {
            let named = goals.prefix(Self.namedMax).joined(separator: ", ")
            let more = goals.count > Self.namedMax ? " and \(goals.count - Self.namedMax) more" : ""
            try write("    \(named)\(more)  nothing: \(text)")
        }
    }

    func finish(_ explanation: Explanation) throws {
        if json {
            try Terminal.write(Array((count == 0 ? "{\"events\":[" : "\n").utf8))
            try Terminal.write(Array("],\"end\":".utf8))
            try Terminal.write(try encoder.encode(explanation))
            try Terminal.write(Array("}\n".utf8))
            return
        }
        let about = explanation.goal.map { " that concern \($0)" } ?? ""
        try write(
            "player \(explanation.player): \(Terminal.grouped(explanation.events)) events\(about) in the log's offsets "
                + "\(Terminal.grouped(explanation.fromOffset)) to \(Terminal.grouped(explanation.nextOffset))"
                + (explanation.eventsLeftOut > 0
                    ? ", the oldest \(Terminal.grouped(explanation.eventsLeftOut)) not shown" : "")
        )
        if let retained = explanation.retained { try write(retained) }
        for row in explanation.rows {
            try write(
                "    \(row.goal)  \(row.status), progress \(row.progress)\(row.isActive ? "" : ", inactive")"
                    + (row.completedAt.map { ", completed \($0)" } ?? "")
                    + (row.claimedAt.map { ", claimed \($0)" } ?? "")
            )
        }
        if explanation.rows.isEmpty { try write("    every goal as it is by default") }
        try write(tables(explanation))
        try write(explanation.published)
    }

    private func tables(_ explanation: Explanation) -> String {
        guard let tables = explanation.tables else {
            return "tables: not compared, the database does not run or holds no fold of this log"
        }
        let place = "partition \(tables.partition), up to offset \(Terminal.grouped(tables.watermark))"
        guard !tables.drift.isEmpty else { return "tables: as the log says (\(place))" }
        let lines = tables.drift.map { "    " + VerifyWords.line($0) }
        return (["tables: DIFFERENT from the log (\(place)); `goalpost verify --repair` mends them"] + lines)
            .joined(separator: "\n")
    }

    private func write(_ line: String) throws { try Terminal.write(Array((line + "\n").utf8)) }
}
