import ArgumentParser
import Goals
import Ingest
import Jobs

struct IngestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Append events from NDJSON lines to the log, durably.",
        discussion: """
            Reads files, also zstd-compressed ones, or standard input. A killed run is simply run again: it goes
            on behind the last committed line. Lines that are no events go to log/quarantine with the reason.

            Limits: an event 64 KiB, an id 200 bytes, player, goal and stat names 100 characters.
            While goalpost-ingest runs it is handed the lines, over its socket in the log's directory: run this as the same
            user or root.

            Exit code 65 when something was quarantined; 75 when another program holds the log's lock, or the server ended
            meanwhile.
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(
        help:
            "A name for the input, by which a rerun finds how far it was read; 1 to 255 bytes, one input only."
    )
    var source: String?

    @Argument(help: "Files, or - for standard input.", completion: .file())
    var files: [String] = ["-"]

    func validate() throws {
        if let source {
            guard files.count == 1 else {
                throw ValidationError("--source names one input; \(files.count) are given")
            }
            guard (1...255).contains(source.utf8.count) else {
                throw ValidationError("--source is 1 to 255 bytes long, not \(source.utf8.count)")
            }
        }
    }

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let started = ContinuousClock.now
            let job = IngestJob(settings: settings, access: LogAccess(settings), log: common.log(settings))
            let total = IngestJob.byteCount(of: files)
            let bar = ProgressBar("ingest")
            let summary = try await job.run(inputs: files, source: source) { summary in
                let lines = summary.accepted + summary.duplicates + summary.quarantinedTotal
                bar.show(done: summary.inputBytes, total: total, count: lines, unit: "events")
            }
            bar.finish()
            let report = IngestReport(summary, seconds: started.duration(to: .now).inSeconds)
            if common.json {
                try common.print(report, lines: [])
            } else {
                for line in report.lines { Terminal.note(line) }
            }
            if summary.quarantinedTotal > 0 { throw ExitCode(ExitStatus.badData.rawValue) }
        }
    }
}

/// The summary as people and scripts read it.
private struct IngestReport: Encodable {
    let accepted: UInt64
    let duplicate: UInt64
    let otherNamespace: UInt64
    let quarantined: [String: UInt64]
    let blankLines: UInt64
    let inputBytes: UInt64
    let resumedAtByte: UInt64
    let nextOffset: UInt64
    let seconds: Double

    init(_ summary: IngestSummary, seconds: Double) {
        accepted = summary.accepted
        duplicate = summary.duplicates
        otherNamespace = summary.otherNamespace
        quarantined = Dictionary(
            uniqueKeysWithValues: summary.quarantined.map { ($0.key.rawValue, $0.value) }
        )
        blankLines = summary.blankLines
        inputBytes = summary.inputBytes
        resumedAtByte = summary.resumedAtByte
        nextOffset = summary.nextOffset
        self.seconds = seconds
    }

    var lines: [String] {
        let rate = Terminal.rate(accepted + duplicate, seconds)
        var lines = [
            "accepted \(Terminal.grouped(accepted)), duplicate \(Terminal.grouped(duplicate)), other namespace "
                + "\(Terminal.grouped(otherNamespace)), quarantined "
                + "\(Terminal.grouped(quarantined.values.reduce(0, +))) (\(rate)); "
                + "the log ends at \(Terminal.grouped(nextOffset))"
        ]
        if resumedAtByte > 0 { lines.append("went on behind byte \(Terminal.grouped(resumedAtByte))") }
        for (reason, count) in quarantined.sorted(by: { $0.key < $1.key }) {
            lines.append("quarantined as \(reason): \(Terminal.grouped(count))")
        }
        return lines
    }
}
