import Backup
import Cluster
import Disk
import EventLog
package import Goals
package import Logging
import Postgres
package import Settings
import Tables

/// `goalpost backup`: log, configuration, snapshots and database in one directory, consistent, while all goes on.
///
/// The database first, then the log: so the log's copy reaches at least as far as every watermark in the dump, and a
/// fold after a restore goes on where the dump stands. The manifest comes last; without it the backup is unfinished.
package struct BackupJob {
    /// A dump takes about this part of what the tables' rows take on the server; for the space check only.
    private static let dumpShare: UInt64 = 4

    package struct Report: Encodable, Sendable {
        package let directory: String
        package let isDryRun: Bool
        package var files = 0
        /// Bytes of all files, the dump included; with a dry run what is expected.
        package var bytes: UInt64 = 0
        /// Bytes that are the very files of the data directory under a second name, and take no room.
        package var linkedBytes: UInt64 = 0
        package var dumpBytes: UInt64 = 0
        package var logID = ""
        package var logFirst: UInt64 = 0
        package var logEnd: UInt64 = 0
        /// False where there were no tables yet.
        package var hasDatabase = false
        /// First offset that is not folded in the dump, in the partition furthest behind; nil without a database.
        package var watermark: UInt64?
        package var freeBytes: UInt64 = 0
        package var seconds: Double = 0
    }

    private let settings: Settings
    private let access: LogAccess
    private let version: String
    private let log: Logger
    private let now: @Sendable () -> Timestamp

    /// `version` is the program's.
    package init(
        settings: Settings,
        access: LogAccess,
        version: String,
        log: Logger,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.settings = settings
        self.access = access
        self.version = version
        self.log = log
        self.now = now
    }

    /// Makes the backup in `directory`, which must be empty or absent.
    ///
    /// `copies` copies every file even where a second name would do. With `isDryRun` nothing is made.
    package func run(
        to directory: String,
        copies: Bool = false,
        isDryRun: Bool = false,
        progress: @escaping (BackupProgress) -> Void = { _ in }
    ) async throws -> Report {
        let started = ContinuousClock.now
        let createdAt = now()
        let target = BackupDirectory(volume: access.volume, path: directory)
        let logID = try access.directory.identity().uuid
        try BackupDirectory.requireEmpty(target.path, volume: access.volume)
        try checkPlace(target)
        let source = try await source(logID)
        var report = Report(directory: target.path, isDryRun: isDryRun)
        report.logID = logID
        let expected = try expected(target, source, copies: copies, &report)
        if isDryRun { return report }

        try target.make()
        let hold = try access.hold("backup", log: log)
        defer { hold?.release() }
        var dump: Dump?
        if let source { dump = try await self.dump(source, to: target, progress: progress) }
        var done: UInt64 = 0
        var files = FileBackup(access: access, target: target, usesLinks: !copies) { count in
            done += count
            progress(BackupProgress(.files, done, of: max(done, expected)))
        }
        // Snapshots before the log, so that none is ahead of it; refused lines after it, so that none is missing.
        try files.copyTree(BackupManifest.snapshotsName)
        let copied = try files.copyLog()
        try files.copyLines(BackupManifest.logName + "/quarantine")
        if try access.volume.exists(access.workspace.settingsFile) {
            try files.copy(from: access.workspace.settingsFile, to: BackupManifest.settingsName)
        }
        try check(dump, against: copied)
        try files.sync()
        let manifest = BackupManifest(
            goalpostVersion: version,
            createdAt: RFC3339.text(createdAt),
            log: copied,
            database: dump?.database,
            files: Array(files.files.values) + (dump.map { [$0.file] } ?? [])
        )
        try target.finish(manifest)
        report.files = manifest.files.count
        report.bytes = manifest.bytes
        report.linkedBytes = files.sums.linkedBytes
        report.dumpBytes = dump?.file.bytes ?? 0
        (report.logFirst, report.logEnd) = (copied.firstOffset, copied.endOffset)
        report.watermark = dump?.database.watermarks.map(\.nextOffset).min()
        report.seconds = started.duration(to: .now).inSeconds
        return report
    }

    // MARK: Before

    /// A backup inside of what it is a backup of would be lost with it.
    private func checkPlace(_ target: BackupDirectory) throws {
        let data = try access.volume.realPath(access.workspace.root)
        let parent = try Self.nearest(target.path, access.volume)
        if parent == data || parent.hasPrefix(data == "/" ? data : data + "/") {
            throw JobError(
                .usage,
                "\(target.path) lies in the data directory \(data): back up to another place, best another disk"
            )
        }
    }

    /// The real path of the deepest directory on the way to `path` that is there.
    static func nearest(_ path: String, _ volume: any Volume) throws -> String {
        var path = path
        while try !volume.exists(path) {
            let parent = parentDirectory(of: path)
            if parent == path { break }
            path = parent
        }
        return try volume.realPath(path)
    }

    private struct Source {
        let database: Database
        let size: Schema.Size
        let programs: ClientPrograms
    }

    /// The database to dump; nil where there are no tables.
    private func source(_ logID: String) async throws -> Source? {
        guard let database = try await Database.existing(settings, log: log) else { return nil }
        let session = database.session("backup")
        guard case .tables(let facts) = try await Schema.presence(session) else { return nil }
        guard facts.version <= Schema.version else {
            throw TablesError.newerSchema(found: facts.version, known: Schema.version)
        }
        if let bound = facts.logID, bound != logID {
            throw TablesError.logMismatch(database: bound, log: logID)
        }
        let size = try await Schema.size(session)
        let programs = try await ClientPrograms.find(
            atLeast: size.serverMajor,
            chosen: settings.postgresBin
        )
        await session.close()
        return Source(database: database, size: size, programs: programs)
    }

    /// Bytes of files to be read; throws where the copies would not fit.
    private func expected(
        _ target: BackupDirectory,
        _ source: Source?,
        copies: Bool,
        _ report: inout Report
    ) throws -> UInt64 {
        let volume = access.volume
        let root = access.workspace.root
        let near = try Self.nearest(target.path, volume)
        let isOneDisk = try volume.identity(near).device == volume.identity(root).device
        var (read, written): (UInt64, UInt64) = (0, 0)
        for segment in try access.directory.segments() {
            read += segment.fileBytes
            if copies || !isOneDisk || !segment.isSealed { written += segment.fileBytes }
        }
        for name in [BackupManifest.snapshotsName, BackupManifest.logName + "/quarantine"] {
            for path in try BackupDirectory.files(volume, root: root, below: name) {
                let bytes: UInt64
                do throws(DiskError) { bytes = try volume.fileSize(root + "/" + path) } catch {
                    // Removed since it was listed: then it takes nothing.
                    guard error.code == DiskErrorCode.notFound else { throw error }
                    continue
                }
                read += bytes
                if copies || !isOneDisk || name != BackupManifest.snapshotsName { written += bytes }
            }
        }
        let dump = (source?.size.tableBytes ?? 0) / Self.dumpShare
        report.hasDatabase = source != nil
        report.dumpBytes = dump
        report.bytes = read + dump
        report.linkedBytes = read - written
        report.freeBytes = try volume.freeBytes(near)
        report.logFirst = try access.directory.firstOffset()
        report.logEnd = try access.directory.end()
        guard written + dump <= report.freeBytes else {
            throw BackupError.noSpace(near, needed: written + dump, free: report.freeBytes)
        }
        return read
    }

    // MARK: Database

    private struct Dump {
        let file: BackupManifest.File
        let database: BackupManifest.Database
        let logID: String?
    }

    private func dump(
        _ source: Source,
        to target: BackupDirectory,
        progress: @escaping (BackupProgress) -> Void
    ) async throws -> Dump {
        let path = target.path(of: BackupManifest.dumpName)
        let file = try StreamedFile(volume: access.volume, path: path)
        try await source.programs.dump(schema: "goalpost", from: source.database.clientTarget()) { chunk in
            try file.append(chunk)
            progress(BackupProgress(.database, file.bytes))
        }
        let digest = try file.finish()
        let content = try await DumpContent.read(source.programs, dump: path)
        return Dump(
            file: BackupManifest.File(
                path: BackupManifest.dumpName,
                bytes: digest.bytes,
                sha256: digest.sha256,
                mode: try access.volume.permissions(path) & 0o777
            ),
            database: BackupManifest.Database(
                uuid: content.databaseID,
                schemaVersion: content.schemaVersion,
                partitions: content.partitions,
                dumpMajor: source.programs.major,
                totalBytes: source.size.totalBytes,
                watermarks: content.watermarks
            ),
            logID: content.logID
        )
    }

    /// Throws when dump and log do not go together.
    private func check(_ dump: Dump?, against log: BackupManifest.Log) throws {
        guard let dump else { return }
        if let bound = dump.logID, bound != log.uuid {
            throw TablesError.logMismatch(database: bound, log: log.uuid)
        }
        let marks = dump.database.watermarks.filter { $0.stream == Workspace.stream }
        if let ahead = marks.first(where: { $0.nextOffset > log.endOffset }) {
            throw JobError(
                .badData,
                "partition \(ahead.partition) is folded up to offset \(ahead.nextOffset), but the log in "
                    + "\(access.directory.path) ends at \(log.endOffset): the log lost its end. Restore it from a copy"
            )
        }
        if let behind = marks.first(where: { $0.nextOffset < log.firstOffset }) {
            throw JobError(
                .tryAgain,
                "retention removed records while the backup ran: partition \(behind.partition) stands at "
                    + "\(behind.nextOffset) in the dump, the log begins at \(log.firstOffset). Back up again"
            )
        }
    }
}
