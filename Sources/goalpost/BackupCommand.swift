import ArgumentParser
import Jobs

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Back up log, configuration, snapshots and database, or check a backup.",
        subcommands: [BackupCreateCommand.self, BackupVerifyCommand.self],
        defaultSubcommand: BackupCreateCommand.self
    )
}

struct BackupCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a backup in an empty or new directory; `goalpost backup DIR` for short.",
        discussion: """
            Safe while ingest, fold and publish run: every event acknowledged before it began is in it, and the tables
            in it never are ahead of its log. backup.json is written last; a directory without it is no backup. On the
            data directory's own disk sealed segments take no room, for they are hard links: copy the directory
            elsewhere, since links die with the disk. The directory holds settings and tables: only its owner may enter.

            Needs pg_dump and pg_restore of the server's major or newer. Not in it: published answers, which the next
            publish renders anew, and roles with their rights.
            Exit code 73 when the directory is not empty, 71 when there is no room, 75 when the log changed too much.
            """
    )

    @OptionGroup var common: CommonOptions

    @Flag(help: "Copy every file, also where a hard link would do.")
    var copy = false

    @Flag(name: .customLong("dry-run"), help: "Say what would be backed up and what room that takes.")
    var isDryRun = false

    @Argument(help: "The directory to make; a name like verify needs ./ before it.", completion: .directory)
    var directory: String

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings()
            let job = BackupJob(
                settings: settings,
                access: LogAccess(settings),
                version: Goalpost.version,
                log: common.log(settings)
            )
            let bar = BackupBar("backup")
            let report = try await job.run(
                to: directory,
                copies: copy,
                isDryRun: isDryRun,
                progress: bar.show
            )
            bar.finish()
            try common.print(report, lines: Self.lines(report))
        }
    }

    private static func lines(_ report: BackupJob.Report) -> [String] {
        let log =
            "log \(report.logID), records \(Terminal.grouped(report.logFirst)) to "
            + "\(Terminal.grouped(report.logEnd))"
        guard report.isDryRun else {
            let database =
                report.watermark.map {
                    "database folded up to \(Terminal.grouped($0)), \(Terminal.bytes(report.dumpBytes))"
                } ?? "no database, for there are no tables yet"
            return [
                "backed up \(report.files) files, \(Terminal.bytes(report.bytes)) "
                    + "(\(Terminal.bytes(report.linkedBytes)) as hard links), into \(report.directory)",
                "\(log); \(database)",
            ]
        }
        return [
            "would back up about \(Terminal.bytes(report.bytes)) into \(report.directory), of which "
                + "\(Terminal.bytes(report.linkedBytes)) as hard links and the database as about "
                + "\(Terminal.bytes(report.dumpBytes)); \(Terminal.bytes(report.freeBytes)) are free there",
            log,
        ]
    }
}

struct BackupVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that a backup is whole and can be restored.",
        discussion: """
            Reads every byte: checksums of all files, everything that `log verify` checks, and the database's dump.
            Names each file that is not as it was backed up. Exit code 65 when there is one, or the backup is
            unfinished.
            """
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "The backup's directory.", completion: .directory)
    var directory: String

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings(allowsUnfinishedRestore: true)
            let bar = BackupBar("verify")
            let report = try await BackupVerifyJob(directory: directory, settings: settings)
                .run(progress: bar.show)
            bar.finish()
            try common.print(
                report,
                lines: report.findingLines + [
                    "backup of \(report.createdAt): \(report.files) files, \(Terminal.bytes(report.bytes)), "
                        + "\(Terminal.grouped(report.records)) records"
                        + (report.hasDatabase ? " and the database" : ", no database")
                        + (report.isIntact ? ": intact" : ": DAMAGED")
                ]
            )
            if !report.isIntact { throw ExitCode(ExitStatus.badData.rawValue) }
        }
    }
}

/// The progress of backup and restore, a bar for each phase.
final class BackupBar {
    private let label: String
    private var current: (phase: BackupProgress.Phase, bar: ProgressBar)?

    init(_ label: String) { self.label = label }

    func show(_ progress: BackupProgress) {
        if current?.phase != progress.phase {
            current?.bar.finish()
            current = (progress.phase, ProgressBar("\(label): \(progress.phase.rawValue)"))
        }
        current?.bar.show(
            done: progress.doneBytes,
            total: progress.totalBytes,
            count: progress.doneBytes,
            unit: "bytes"
        )
    }

    func finish() { current?.bar.finish() }
}
