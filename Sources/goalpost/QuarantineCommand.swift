import ArgumentParser
import Jobs
import StatusReport

/// `goalpost quarantine`: lines that were refused.
struct QuarantineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine",
        abstract: "The lines that ingest refused, and another try for them.",
        discussion:
            "They lie in log/quarantine, one file a UTC day, one JSON object a line with reason and time.",
        subcommands: [QuarantineListCommand.self, QuarantineShowCommand.self, QuarantineRedriveCommand.self]
    )
}

struct QuarantineListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Count the refused lines of each day by reason; list them with --entries."
    )

    @OptionGroup var common: CommonOptions

    @Flag(help: "List every line: file, number, time, reason, source and place, what is wrong.")
    var entries = false

    @Argument(help: "Of this file only.")
    var file: String?

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let job = QuarantineJob(
                settings: settings,
                access: LogAccess(settings),
                log: common.log(settings)
            )
            if entries {
                let found = try job.entries(file: file)
                try common.print(found, lines: found.map(Self.line))
            } else {
                let days = try job.days().filter { file == nil || $0.file == file }
                try common.print(days, lines: days.isEmpty ? ["nothing was refused"] : days.map(Self.line))
            }
        }
    }

    private static func line(_ day: QuarantineJob.Day) -> String {
        let reasons = day.reasons.sorted { $0.key < $1.key }
            .map { "\($0.key) \(Terminal.grouped($0.value))" }.joined(separator: ", ")
        let unreadable =
            day.unreadable > 0 ? "; \(Terminal.grouped(day.unreadable)) lines are no entries" : ""
        return "\(day.file)  \(Terminal.grouped(day.entries)) refused from \(day.firstTime ?? "–") to "
            + "\(day.lastTime ?? "–"): \(reasons)\(unreadable)"
    }

    private static func line(_ entry: QuarantineJob.Entry) -> String {
        "\(entry.file)  \(entry.number)  \(entry.time)  \(entry.reason)  \(entry.source ?? "–") at byte "
            + "\(entry.byteOffset)  \(entry.detail)"
    }
}

struct QuarantineShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one refused line with all that is known of it, as JSON.",
        discussion: "Exit code 66 where there is no such file or number."
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "The file, such as 2026-02-03.ndjson.")
    var file: String

    @Argument(help: "The entry's number in it, as `quarantine ls --entries` says.")
    var number: Int

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let entry = try QuarantineJob(
                settings: settings,
                access: LogAccess(settings),
                log: common.log(settings)
            ).show(file: file, number: number)
            let text = String(decoding: try StatusJSON.encode(entry), as: UTF8.self)
            try common.print(entry, lines: [text])
        }
    }
}

struct QuarantineRedriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Feed refused lines to the log again; what is accepted leaves the quarantine.",
        discussion: """
            What is still refused stays. Numbers of a file's entries change with each redrive. Exit code 65 when anything
            stays, 75 when another program holds the log's lock; goalpost-ingest is handed the lines over its socket.
            """
    )

    @OptionGroup var common: CommonOptions

    @Flag(help: "All files.")
    var all = false

    @Argument(help: "The file, such as 2026-02-03.ndjson.")
    var file: String?

    @Argument(help: "The entry's number in it; all unless given.")
    var number: Int?

    func validate() throws {
        guard all == (file == nil) else { throw ValidationError("say which: FILE, FILE NUMBER, or --all") }
    }

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let redriven = try await QuarantineJob(
                settings: settings,
                access: LogAccess(settings),
                log: common.log(settings)
            ).redrive(file: file, number: number)
            let reasons = redriven.reasons.sorted { $0.key < $1.key }
                .map { "\($0.key) \(Terminal.grouped($0.value))" }.joined(separator: ", ")
            try common.print(
                redriven,
                lines: [
                    "accepted \(Terminal.grouped(redriven.accepted)), known already "
                        + "\(Terminal.grouped(redriven.duplicates)), still refused "
                        + "\(Terminal.grouped(redriven.refused))\(reasons.isEmpty ? "" : " (\(reasons))"); "
                        + "the log ends at \(Terminal.grouped(redriven.nextOffset))"
                ]
            )
            if redriven.refused > 0 { throw ExitCode(ExitStatus.badData.rawValue) }
        }
    }
}
