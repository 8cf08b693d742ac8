import ArgumentParser
import Jobs
import Settings

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a data directory and its database from a backup.",
        discussion: """
            The data directory (--data) must be empty or absent, and the database must have no schema goalpost; without
            a database URL, in the variable or in the restored goalpost.yaml, the embedded PostgreSQL is made anew. The
            backup is checked first. While a restore is unfinished no other command works in the directory; a killed
            one is simply run again.

            Afterwards run fold, which goes on where the backup stands, and publish, which renders everybody. Rewards are
            held back until somebody confirms which were delivered since. Analysts' roles are granted anew.

            Needs psql and pg_restore of the server's major or newer.
            Exit code 73 when something is there already, 65 when the backup is damaged, 71 when there is no room.
            """
    )

    @OptionGroup var common: CommonOptions

    @Flag(
        name: .customLong("log-only"),
        help: "Leave the database's dump out; the next fold rebuilds the tables from the whole log."
    )
    var logOnly = false

    @Flag(
        name: .customLong("without-settings"),
        help: "Leave goalpost.yaml out, such as for a trial on another machine."
    )
    var leavesSettings = false

    @Flag(name: .customLong("dry-run"), help: "Check the backup and say what would be restored.")
    var isDryRun = false

    @Argument(help: "The backup's directory.", completion: .directory)
    var directory: String

    func run() async throws {
        try await common.perform {
            let settings = try await common.settings(allowsUnfinishedRestore: true)
            let job = RestoreJob(
                settings: settings,
                backup: directory,
                options: .init(logOnly: logOnly, leavesSettings: leavesSettings, isDryRun: isDryRun),
                log: common.log(settings),
                loadSettings: { try await Settings.load(data: $0) }
            )
            let bar = BackupBar("restore")
            let report = try await job.run(progress: bar.show)
            bar.finish()
            if report.isDatabaseOverridden, !common.json {
                Terminal.note(
                    "note: the restored goalpost.yaml names another database than GOALPOST_DATABASE_URL: "
                        + "correct it, or set the variable for every job"
                )
            }
            try common.print(report, lines: Self.lines(report))
        }
    }

    private static func lines(_ report: RestoreJob.Report) -> [String] {
        let tables =
            report.isFromDump
            ? "tables from the dump, folded up to \(Terminal.grouped(report.watermark))"
            : "empty tables, which the next fold fills from the log"
        let what =
            "\(report.files) files, \(Terminal.bytes(report.bytes)), of the backup of \(report.createdAt) to "
            + "\(report.data); log up to \(Terminal.grouped(report.logEnd)); \(tables); \(report.database) database"
        if report.isDryRun { return ["would restore \(what)"] }
        return [
            "restored \(what)",
            "next: goalpost run fold, then goalpost run publish; rewards are held back until confirmed",
        ]
    }
}
