import ArgumentParser
import Jobs
import Synchronization

struct RunCompactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Rewrite sealed segments of small commits into smaller files with the same records.",
        discussion: """
            Joins commits to frames of 1 MiB at zstd level 9; offsets and NDJSON bytes stay. Writer, readers and fold go
            on meanwhile. Each new file is compared with the old one before it takes its name; needs room for one
            more segment. The last segment and those that would not gain stay. Exit code 75 when maintenance runs
            elsewhere; 65 when a segment is damaged: it stays, the others are done.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: RunOptions

    /// The result as scripts read it.
    private struct Report: Encodable {
        let summary: CompactSummary
        let segments: [CompactedSegment]
    }

    func run() async throws {
        try await common.perform {
            let segments = Mutex<[CompactedSegment]>([])
            let context = try await JobContext(common, options)
            try await context.run(
                .compact,
                report: { Report(summary: $0, segments: segments.withLock { $0 }) },
                lines: { segments.withLock { $0 }.map(Self.line) + [Self.line($0)] }
            ) { run in
                try await CompactJob(access: run.access, log: run.log).run { done, total in
                    run.progress.show(done: done, total: total, count: done, unit: "bytes")
                } each: { segment in
                    segments.withLock { $0.append(segment) }
                }
            }
        }
    }

    private static func line(_ segment: CompactedSegment) -> String {
        switch segment.outcome {
        case .rewritten:
            "\(segment.file)  \(Terminal.bytes(segment.bytesBefore)) → \(Terminal.bytes(segment.bytesAfter)), "
                + "\(Terminal.ratio(segment.ratio)), \(Terminal.grouped(segment.framesBefore)) → "
                + "\(Terminal.grouped(segment.framesAfter)) frames"
        case .compact: "\(segment.file)  \(Terminal.bytes(segment.bytesBefore)), compact already"
        case .noGain: "\(segment.file)  \(Terminal.bytes(segment.bytesBefore)), would not shrink"
        }
    }

    private static func line(_ summary: CompactSummary) -> String {
        "compacted \(summary.rewritten) of \(summary.segments) sealed segments: "
            + "\(Terminal.bytes(summary.bytesBefore)) → \(Terminal.bytes(summary.bytesAfter)) "
            + "(\(Terminal.ratio(summary.ratio)))"
    }
}
