import ArgumentParser
import Foundation
import Goals
import Jobs

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Fold history into an own state, as it was or under another challenges.json.",
        discussion: """
            Reads the log at low priority and writes to --out; the live tables are never touched, nor is PostgreSQL
            needed. With --challenges it is a what-if: the same events folded as configured and under that file, in
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

    @Option(help: "The directory for the results; it is made.", completion: .directory)
    var out: String?

    func validate() throws {
        if out == nil, !dryRun { throw ValidationError("give --out, the directory for the results") }
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
            let bar = ProgressBar("replay")
            let result = try await job.run(request, resume: resume) { done, end in
                bar.show(done: done.nextOffset, total: end, count: done.records, unit: "records")
                return true
            }
            bar.finish()
            try common.print(Report(result), lines: Self.lines(result, out: request.directory))
            if result.isPartial {
                throw JobError(
                    .tryAgain,
                    "stopped at offset \(result.nextOffset) of \(result.toOffset): \(request.directory) holds a "
                        + "partial result; go on with --resume"
                )
            }
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

        init(_ result: ReplayResult) {
            isPartial = result.isPartial
            fromOffset = result.fromOffset
            nextOffset = result.nextOffset
            records = result.records
            players = result.players
            rows = result.rows
            seconds = result.seconds
        }
    }

    private static func lines(_ result: ReplayResult, out: String) -> [String] {
        let rate = Terminal.rate(result.records, result.seconds)
        return [
            "replayed \(Terminal.grouped(result.records)) records (\(rate)), offsets "
                + "\(Terminal.grouped(result.fromOffset)) to \(Terminal.grouped(result.nextOffset)): "
                + "\(Terminal.grouped(result.players)) players, \(Terminal.grouped(result.rows)) rows; see \(out)"
                + (result.isPartial ? " (partial)" : "")
        ]
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
