import ArgumentParser
import Foundation
import Jobs
import StatusReport

/// `goalpost jobs`: what the jobs do and did, and whether they may.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "Show what runs, what ran and what is paused; pause and resume jobs.",
        discussion: """
            Read from the data directory: it works while PostgreSQL is away. --history asks PostgreSQL for runs beyond
            the 1,000 that the data directory holds.
            """,
        subcommands: [JobsListCommand.self, JobsPauseCommand.self, JobsResumeCommand.self],
        defaultSubcommand: JobsListCommand.self
    )
}

struct JobsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show all jobs and, with --history, the newest runs."
    )

    @OptionGroup var common: CommonOptions

    @Option(help: "Show so many of the newest runs too; at most 10000.")
    var history = 0

    func validate() throws {
        guard (0...10_000).contains(history) else {
            throw ValidationError("--history is 0 to 10000 runs, not \(history)")
        }
    }

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let report = try await JobsJob(
                settings: settings,
                access: LogAccess(settings),
                version: Goalpost.version
            ).run(history: history)
            try common.print(report, lines: Self.lines(report, hasHistory: history > 0))
        }
    }

    private static func lines(_ report: JobsJob.Report, hasHistory: Bool) -> [String] {
        var table = [["JOB", "STATE", "LAST RUN", "OUTCOME", "TOOK", "DONE", "FAILED", "SKIPPED", "GAPS"]]
        table += report.jobs.map { line in
            let (status, last) = (line.status, line.status.lastRun)
            return [
                status.job, state(line), last.map { StatusJSON.text($0.startedAt) } ?? "–",
                last.map(outcome) ?? "–", last.map { String(format: "%.1f s", $0.seconds) } ?? "–",
                "\(status.totals.done)", "\(status.totals.failed)", "\(status.totals.skipped)",
                line.gaps == 0 ? "–" : "\(line.gaps), longest \(Int(line.gapSecondsMax)) s",
            ]
        }
        var lines = columns(table)
        for last in report.jobs.compactMap(\.status.lastRun) {
            if let error = last.error { lines.append("\(last.job) failed: \(error)") }
        }
        guard hasHistory else { return lines }
        lines.append("")
        let runs = report.history.map { run in
            [
                StatusJSON.text(run.startedAt), run.job, outcome(run),
                String(format: "%.1f s", run.seconds), offsets(run),
                run.gapSeconds.map { "gap \(Int($0)) s" } ?? "", run.isStored ? "" : "not in job_run yet",
                run.error ?? counts(run),
            ]
        }
        lines += columns(runs)
        if let limit = report.historyLimit { lines.append("older runs are in PostgreSQL: \(limit)") }
        return lines
    }

    private static func state(_ line: JobsJob.Line) -> String {
        let status = line.status
        if let running = status.running {
            var parts = ["running"]
            if let percent = running.percent { parts.append(String(format: "%.0f %%", percent)) }
            if !running.unit.isEmpty {
                parts.append("\(Terminal.grouped(Int64(running.ratePerSecond))) \(running.unit)/s")
            }
            if let eta = running.etaSeconds { parts.append("ETA \(Int(eta.rounded(.up))) s") }
            return parts.joined(separator: " ")
        }
        if let pause = status.paused { return "paused: \(pause.reason) (\(pause.by))" }
        if let seconds = line.overdueSeconds { return "overdue: no good run for \(Int(seconds)) s" }
        return "idle"
    }

    private static func outcome(_ run: RunRecord) -> String {
        run.isGood ? "done" : "failed (\(run.exitCode))"
    }

    private static func offsets(_ run: RunRecord) -> String {
        guard let next = run.nextOffset else { return "" }
        return "\(run.fromOffset.map { Terminal.grouped($0) } ?? "–") → \(Terminal.grouped(next))"
    }

    /// The counts that are numbers, in the order of their names.
    private static func counts(_ run: RunRecord) -> String {
        guard case .object(let members) = run.counts else { return "" }
        return members.sorted { $0.key < $1.key }.compactMap { name, value in
            guard case .integer(let number) = value, number > 0, !name.hasSuffix("ffset") else { return nil }
            return "\(name) \(Terminal.grouped(number))"
        }.joined(separator: ", ")
    }

    /// Cells as columns as wide as their widest.
    private static func columns(_ rows: [[String]]) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).filter { $0.1 > 0 }
                .map { $0.0 + String(repeating: " ", count: $0.1 - $0.0.count) }
            let line = cells.joined(separator: "  ")
            return String(line[..<(line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex)])
        }
    }
}

struct JobsPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Let a job not run until it is resumed; a run at work goes on to its end.",
        discussion: "The schedule passes a paused job over in silence; who starts it by hand is told why."
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "The job, or all.")
    var job: String

    @Option(help: "Why, for whoever finds it paused.")
    var reason: String

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let by = "\(NSUserName())@\(ProcessInfo.processInfo.hostName)"
            let paused = try await JobsJob(
                settings: settings,
                access: LogAccess(settings),
                version: Goalpost.version
            ).pause(job, reason: reason, by: by).map(\.rawValue)
            try common.print(paused, lines: ["paused \(paused.joined(separator: ", ")): \(reason)"])
        }
    }
}

struct JobsResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a paused job run again.",
        discussion: "Its next run does the work of all that were passed over."
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "The job, or all.")
    var job: String

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let resumed = try await JobsJob(
                settings: settings,
                access: LogAccess(settings),
                version: Goalpost.version
            ).resume(job).map(\.rawValue)
            let line = resumed.isEmpty ? "nothing was paused" : "resumed \(resumed.joined(separator: ", "))"
            try common.print(resumed, lines: [line])
        }
    }
}
