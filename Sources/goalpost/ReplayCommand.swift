import ArgumentParser
import EventLog
import Foundation
import Goals
import Jobs
import Logging
import Settings

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Fold history into an own state, as it was or under another challenges.json.",
        discussion: """
            Reads the log at low priority and writes to --out: rows.csv, goals_daily.csv (both as .ndjson.zst too),
            goals.csv, summary.json and report.html, a page for people. The live tables are never written, and
            PostgreSQL is needed for --diff only, which compares the replayed rows with them. With --challenges it is a what-if: the same events folded as configured and under that file, in
            one pass; this needs the log from offset 0.

            --from starts from the state at that time (the newest snapshot before it, then the log) and counts
            effects from there; it and --to go by the first frame that holds an event of the time or later.

            Ctrl-C ends it between two batches: what is there is written, labelled partial, and --resume with the
            same options goes on. Exit code 75 then, 71 when the memory limit is reached.
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(help: "Count effects from this event time on, RFC 3339.")
    var from: String?

    @Option(help: "End at this event time, RFC 3339.")
    var to: String?

    @Option(name: .customLong("until-offset"), help: "End before this record; counts from 0.")
    var untilOffset: UInt64?

    @Option(help: "Only the players in this file, one id a line.", completion: .file())
    var players: String?

    @Option(help: "Only this share of the players, such as 0.05 or 5%; always the same ones.")
    var sample: String?

    @Option(help: "A what-if: fold with this challenges.json, too.", completion: .file())
    var challenges: String?

    @Option(help: "Only the players of these partitions of the tables, such as 0,3,8-11.")
    var partitions: String?

    @Option(name: .customLong("memory-bytes"), help: "Most bytes that players and events may take.")
    var memoryBytes = LogReplay.Options.memoryBytesDefault

    @Option(help: "Most records read in a second.")
    var rate: Int?

    @Option(help: "Threads, 1 to 64.")
    var threads = 2

    @Flag(help: "Go on where a partial replay in --out stopped.")
    var resume = false

    @Flag(name: .customLong("dry-run"), help: "Only say what would be read, and how long it would take.")
    var dryRun = false

    @Flag(
        name: .customLong("no-rows"),
        help: "Write no rows.csv and rows.ndjson.zst, which take most space and time."
    )
    var noRows = false

    @Flag(
        help:
            "Compare the rows with the live tables, which are only read, into diff.csv; ends where the tables are."
    )
    var diff = false

    @Option(help: "The directory for the results; it is made.", completion: .directory)
    var out: String?

    func validate() throws {
        if out == nil, !dryRun { throw ValidationError("give --out, the directory for the results") }
        if diff, resume || dryRun || to != nil {
            throw ValidationError(
                "--diff goes with none of --resume, --dry-run and --to: it needs a whole replay that ends where the "
                    + "tables are"
            )
        }
        if resume, dryRun { throw ValidationError("--resume and --dry-run exclude each other") }
        guard LogReplay.Options.threadsAllowed.contains(threads) else {
            throw ValidationError("--threads is 1 to 64, not \(threads)")
        }
        guard memoryBytes >= 1 << 20 else {
            throw ValidationError("--memory-bytes is at least 1048576 (1 MiB), not \(memoryBytes)")
        }
        if let rate, rate < 1 { throw ValidationError("--rate is at least 1 record a second, not \(rate)") }
        if let sample, Self.share(sample) == nil {
            throw ValidationError("--sample is above 0 and at most 1 (or 100%), not \(sample)")
        }
        if let partitions, ReplayOptions.partitions(partitions) == nil {
            throw ValidationError("--partitions is a list such as 0,3,8-11, not \(partitions)")
        }
        if to != nil, untilOffset != nil { throw ValidationError("give --to or --until-offset, not both") }
    }

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let job = ReplayJob(
                settings: settings,
                access: LogAccess(settings),
                version: Goalpost.version,
                log: common.log(settings)
            )
            let request = try request()
            if dryRun {
                let plan = try await job.plan(request)
                try common.print(plan, lines: Self.lines(plan))
                return
            }
            var (open, files) = (request, [ReplayOutput.File]())
            let difference = try await difference(settings, common.log(settings), request)
            let start = try await difference?.begin()
            if let start {
                open.untilOffset = open.untilOffset ?? start.offset
                try start.check(end: open.untilOffset ?? 0)
            }
            let bar = ProgressBar("replay")
            let result = try await job.run(open, resume: resume) { done, end in
                bar.show(done: done.nextOffset, total: end, count: done.records, unit: "records")
                return true
            } results: { result in
                bar.finish()
                files = try await write(result, settings, difference, since: start)
            }
            try common.print(Report(result, files), lines: Self.lines(result, files, out: request.directory))
            if result.isPartial {
                throw JobError(
                    .tryAgain,
                    "stopped at offset \(result.nextOffset) of \(result.toOffset): \(request.directory) holds a "
                        + "partial result; go on with --resume"
                )
            }
        }
    }

    /// What compares with the tables; nil without --diff.
    private func difference(
        _ settings: Settings,
        _ log: Logger,
        _ request: ReplayOptions
    ) async throws -> ReplayDifference? {
        guard diff else { return nil }
        let access = LogAccess(settings)
        _ = try access.directory.identity()
        return ReplayDifference(
            access: access,
            database: try await Database.open(settings, log: log),
            directory: request.directory,
            volume: access.volume
        )
    }

    private func write(
        _ result: ReplayResult,
        _ settings: Settings,
        _ difference: ReplayDifference?,
        since start: ReplayDifference.Start?
    ) async throws -> [ReplayOutput.File] {
        var found: ReplayDifference.Written?
        // A part of the log is not where the tables are.
        if let difference, let start, !result.isPartial {
            found = try await difference.write(result, since: start)
        }
        let options = ReplayOutput.Options(
            writesRows: !noRows,
            namespace: settings.namespace ?? "events",
            programVersion: Goalpost.version
        )
        let output = ReplayOutput(options, directory: out ?? "", volume: LogAccess(settings).volume)
        let bar = ProgressBar("write")
        defer { bar.finish() }
        return try output.write(result, difference: found) { count in
            bar.show(
                done: UInt64(count),
                total: UInt64(result.players),
                count: UInt64(count),
                unit: "players"
            )
        }
    }

    private func request() throws -> ReplayOptions {
        var request = ReplayOptions(directory: out ?? "")
        request.from = try from.map(TimeArgument.parse)
        request.to = try to.map(TimeArgument.parse)
        request.untilOffset = untilOffset
        request.players = players
        request.sample = sample.flatMap(Self.share)
        request.challenges = challenges
        request.partitions = partitions.flatMap(ReplayOptions.partitions)
        request.memoryBytesMax = memoryBytes
        request.recordsPerSecondMax = rate
        request.threads = threads
        return request
    }

    static func share(_ text: String) -> Double? {
        let isPercent = text.hasSuffix("%")
        guard let number = Double(isPercent ? String(text.dropLast()) : text) else { return nil }
        let share = isPercent ? number / 100 : number
        return share > 0 && share <= 1 ? share : nil
    }

    /// The result as scripts read it; `summary.json` says more.
    private struct Report: Encodable {
        let isPartial: Bool
        let fromOffset: UInt64
        let nextOffset: UInt64
        let records: UInt64
        let players: Int
        let rows: Int
        let seconds: Double
        let files: [ReplayOutput.File]

        init(_ result: ReplayResult, _ files: [ReplayOutput.File]) {
            self.files = files
            isPartial = result.isPartial
            fromOffset = result.fromOffset
            nextOffset = result.nextOffset
            records = result.records
            players = result.players
            rows = result.rows
            seconds = result.seconds
        }
    }

    private static func lines(_ result: ReplayResult, _ files: [ReplayOutput.File], out: String) -> [String] {
        let rate = Terminal.rate(result.records, result.seconds)
        return [
            "replayed \(Terminal.grouped(result.records)) records (\(rate)), offsets "
                + "\(Terminal.grouped(result.fromOffset)) to \(Terminal.grouped(result.nextOffset)): "
                + "\(Terminal.grouped(result.players)) players, \(Terminal.grouped(result.rows)) rows; see \(out)"
                + (result.isPartial ? " (partial)" : "")
        ] + files.map { "  \($0.name), \(Terminal.bytes($0.bytes))" }
    }

    private static func lines(_ plan: ReplayPlan) -> [String] {
        let start =
            plan.snapshotOffset.map { "the snapshot at offset \(Terminal.grouped($0))" }
            ?? "the log's start"
        let players =
            plan.players.map { Terminal.grouped($0) + " at the newest snapshot" }
            ?? "unknown (no snapshot)"
        return [
            "offsets    \(Terminal.grouped(plan.fromOffset)) to \(Terminal.grouped(plan.toOffset)), from \(start)",
            "read       \(plan.segments) segments, \(Terminal.bytes(plan.fileBytes)) "
                + "(\(Terminal.bytes(plan.rawBytes)) of NDJSON)",
            "records    \(Terminal.grouped(plan.records))",
            "players    \(players)",
            "time       about \(Int(plan.seconds.rounded(.up))) s "
                + "at \(Terminal.grouped(Int(plan.recordsPerSecond))) records/s",
            "memory     at most \(Terminal.bytes(plan.memoryBytesMax))",
        ]
    }
}
