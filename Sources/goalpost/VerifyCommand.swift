import ArgumentParser
import EventLog
import Goals
import Jobs
import Synchronization

/// What verify takes, under either of its names.
struct VerifyArguments: ParsableArguments {
    @Option(name: .customLong("partition"), help: "Only this partition; may be given several times.")
    var partitions: [Int] = []

    @Option(help: "Only this player.")
    var player: String?

    @Option(help: "Only this share of the players, such as 0.05 or 5%, chosen by a hash of their ids.")
    var sample: String?

    @Option(help: "Which players --sample chooses: the same ones for the same number.")
    var seed: UInt64 = 0

    @Flag(name: .customLong("from-log"), help: "Fold from offset 0, whatever snapshots there are.")
    var fromLog = false

    @Flag(help: "Write what the log says, and mark those players for publish.")
    var repair = false

    @Flag(help: "Also compare the published answers with the tables.")
    var payloads = false

    @Option(name: .customLong("memory-bytes"), help: "Memory that folded players may take, in bytes.")
    var memoryBytes = VerifyOptions.memoryBytesDefault

    func validate() throws {
        if let sample, ReplayCommand.share(sample) == nil {
            throw ValidationError("--sample is above 0 and at most 1 (or 100%), not \(sample)")
        }
        if player != nil, sample != nil || !partitions.isEmpty {
            throw ValidationError("--player goes without --partition and --sample")
        }
        if player?.isEmpty ?? false { throw ValidationError("--player needs an id") }
        if memoryBytes < 1 << 20 { throw ValidationError("--memory-bytes is at least 1048576") }
    }

    var options: VerifyOptions {
        var options = VerifyOptions()
        options.partitions = partitions.isEmpty ? nil : Set(partitions)
        options.player = player.map { Identifier($0) }
        options.share = sample.flatMap(ReplayCommand.share)
        options.seed = seed
        options.fromLog = fromLog
        options.repairs = repair
        options.payloads = payloads
        options.memoryBytes = memoryBytes
        return options
    }

    static let discussion = """
        Folds the log again, in memory, with the configurations that applied, from the newest good snapshot where there
        is one, and compares tables with it at each partition's own watermark, so that folds may go on. Lists what
        differs. Exit code 1 when anything does, also after a repair; run it again to see that nothing is left.

        --repair writes what the log says in one transaction a partition. A reward that was delivered, or that somebody
        tried to deliver, is never taken back or changed, only reported.
        """

    /// Verifies as a run of the job, with all that comes with one.
    func run(_ common: CommonOptions, _ options: RunOptions) async throws {
        try await common.perform {
            let verify = self.options
            let context = try await JobContext(common, options)
            // The history keeps the numbers; the list of what differs goes to who reads the output.
            let found = Mutex(VerifySummary())
            try await context.run(
                .verify,
                report: { _ in found.withLock { $0 } },
                lines: { _ in VerifyWords.lines(found.withLock { $0 }) }
            ) { run in
                let job = try VerifyJob(
                    settings: run.settings,
                    access: run.access,
                    database: try await run.database(),
                    log: run.log,
                    options: verify
                )
                let summary = try await job.run { stage in
                    run.progress.show(
                        done: stage.done,
                        total: stage.total,
                        count: stage.done,
                        unit: VerifyBar.unit(stage.phase)
                    )
                }
                found.withLock { $0 = summary }
                return summary.withoutDifferences
            }
        }
    }

    /// Looks only, beside whatever jobs run, prints, and ends with 1 on drift; leaves no trail.
    func look(_ common: CommonOptions) async throws {
        try await common.perform {
            let settings = try await common.settings()
            let access = LogAccess(settings)
            _ = try access.directory.identity()
            let log = common.log(settings)
            let job = try VerifyJob(
                settings: settings,
                access: access,
                database: try await Database.open(settings, log: log),
                log: log,
                options: options
            )
            let bar = VerifyBar()
            let summary = try await job.run { bar.show($0) }
            bar.finish()
            try common.print(summary, lines: VerifyWords.lines(summary))
            if let failure = summary.failure { throw failure }
        }
    }
}

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare the tables with the log, and repair them.",
        discussion: VerifyArguments.discussion
            + """


            Only a --repair is a run of the job, with an entry in the history; `goalpost run verify` always is.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var arguments: VerifyArguments

    func run() async throws {
        guard arguments.repair else { return try await arguments.look(common) }
        try await arguments.run(common, options)
    }
}

struct RunVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare the tables with the log: `goalpost verify` as a job.",
        discussion: VerifyArguments.discussion
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var arguments: VerifyArguments

    func run() async throws { try await arguments.run(common, options) }
}
