import ArgumentParser
import Jobs

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say how far log, fold and publish are, and how fresh the answers."
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let database = try Database.running(settings)
            let report = try await StatusJob(
                settings: settings,
                access: LogAccess(settings),
                database: database
            ).run()
            try common.print(report, lines: Self.lines(report))
        }
    }

    private static func lines(_ report: StatusJob.Report) -> [String] {
        func age(_ seconds: Double?) -> String {
            guard let seconds else { return "never" }
            return "\(Terminal.grouped(Int64(seconds))) s ago"
        }
        let foldAge = report.partitions.compactMap(\.foldAgeSeconds).max()
        let fold =
            if let records = report.lagRecords, let seconds = report.lagSeconds {
                "fold       \(Terminal.grouped(records)) records behind "
                    + "(\(Terminal.grouped(Int64(seconds))) s), last \(age(foldAge))"
            } else {
                "fold       unknown: the embedded PostgreSQL is stopped (goalpost db start)"
            }
        return [
            "log        ends at \(Terminal.grouped(report.logEnd)), \(report.segments) segments, "
                + "\(Terminal.bytes(report.logBytes))",
            fold,
            "publish    day \(report.publishedDay ?? "–"), up to offset "
                + "\(report.publishedOffset.map { Terminal.grouped($0) } ?? "–"), "
                + "\(report.publishedPlayers.map { Terminal.grouped($0) } ?? "no") players, "
                + "last \(age(report.publishedAgeSeconds))"
                + (report.isFullPublishPending ? "; a publish of everybody is not finished" : ""),
        ]
            + report.partitions.map { partition in
                "partition  \(partition.partition): watermark \(Terminal.grouped(partition.watermark)), sequence "
                    + "\(partition.sequence), published \(partition.publishedSequence.map { "\($0)" } ?? "–")"
            }
    }
}
