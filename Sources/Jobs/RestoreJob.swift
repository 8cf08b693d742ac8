import Backup
import Cluster
package import Disk
import EventLog
import Foundation
package import Goals
package import Logging
import Postgres
package import Settings
import Tables

/// `goalpost restore`: a data directory and its database from a backup.
///
/// The data directory must be empty or absent, and the database must have no schema goalpost. A marker stands in the
/// directory from before the first file until after the last step; until it goes no job works there, and running the
/// restore again goes on. The restored database has a new UUID, so that publish renders everybody, and holds rewards
/// back until somebody confirms which were delivered since the backup.
package struct RestoreJob {
    package struct Options: Sendable {
        /// Leaves the dump out: the next fold rebuilds the tables from the log's first record on.
        package var logOnly = false
        /// Leaves goalpost.yaml out: the settings come from elsewhere.
        package var leavesSettings = false
        package var isDryRun = false

        package init(logOnly: Bool = false, leavesSettings: Bool = false, isDryRun: Bool = false) {
            (self.logOnly, self.leavesSettings, self.isDryRun) = (logOnly, leavesSettings, isDryRun)
        }
    }

    package struct Report: Encodable, Sendable {
        package let backup: String
        package let data: String
        package let isDryRun: Bool
        package let createdAt: String
        /// Files and their bytes, the dump not counted.
        package let files: Int
        package let bytes: UInt64
        package let logEnd: UInt64
        /// `embedded`, or `external` where the settings name a server.
        package let database: String
        /// Whether the tables come from the dump; false when the next fold builds them.
        package let isFromDump: Bool
        /// First offset that the next fold reads, in the partition furthest behind.
        package let watermark: UInt64
        package var databaseID: String?
        /// Whether an unfinished restore was gone on with.
        package var isContinued = false
        /// Whether GOALPOST_DATABASE_URL overrides another database in the restored goalpost.yaml.
        package let isDatabaseOverridden: Bool
        package var seconds: Double = 0
    }

    private let settings: Settings
    private let backup: BackupDirectory
    private let options: Options
    private let log: Logger
    private let loadSettings: (String) async throws -> Settings
    private let now: @Sendable () -> Timestamp

    /// `settings` are those of the data directory to be made; `loadSettings` reads those that a directory holds.
    package init(
        settings: Settings,
        backup: String,
        options: Options,
        log: Logger,
        volume: any Volume = LocalVolume(),
        loadSettings: @escaping (String) async throws -> Settings,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.settings = settings
        self.backup = BackupDirectory(volume: volume, path: backup)
        self.options = options
        self.log = log
        self.loadSettings = loadSettings
        self.now = now
    }

    private var volume: any Volume { backup.volume }
    private var data: String { settings.data }

    package func run(progress: @escaping (BackupProgress) -> Void = { _ in }) async throws -> Report {
        let started = ContinuousClock.now
        var marker = try checkTarget(of: backup.manifest().sha256)
        let (found, manifest, sha256) = try await BackupVerifyJob(
            directory: backup.path,
            settings: settings,
            volume: volume
        ).check(progress: progress)
        if let finding = found.findings.first {
            let others = found.findings.count > 1 ? " (and \(found.findings.count - 1) more)" : ""
            throw JobError(
                .badData,
                "the backup in \(backup.path) is damaged: \(finding)\(others). Nothing was restored: use another backup"
            )
        }
        try checkLogOnly(manifest)
        let effective = options.leavesSettings ? settings : try await loadSettings(backup.path)
        let files = manifest.files.filter { file in
            file.path != BackupManifest.dumpName
                && !(options.leavesSettings && file.path == BackupManifest.settingsName)
        }
        let isFromDump = !options.logOnly && manifest.database != nil
        var report = Report(
            backup: backup.path,
            data: data,
            isDryRun: options.isDryRun,
            createdAt: manifest.createdAt,
            files: files.count,
            bytes: files.reduce(0) { $0 + $1.bytes },
            logEnd: manifest.log.endOffset,
            database: effective.databaseURL == nil ? "embedded" : "external",
            isFromDump: isFromDump,
            watermark: isFromDump ? manifest.database?.watermarks.map(\.nextOffset).min() ?? 0 : 0,
            isDatabaseOverridden: try await isOverridden(effective)
        )
        report.isContinued = marker != nil
        if marker == nil { try await checkDatabase(effective) }
        try checkSpace(report.bytes, manifest, effective)
        if options.isDryRun { return report }

        try volume.makeDirectory(data, mode: 0o755)
        let lockPath = data + "/" + RestoreMarker.lockName
        guard let lock = try volume.tryLock(lockPath) else { throw BackupError.restoreRunning(data) }
        defer { lock.release() }
        // Again, now that nobody else can be at it.
        marker = try checkTarget(of: sha256)
        let mark =
            marker
            ?? RestoreMarker(
                manifestSHA256: sha256,
                databaseID: UUID().uuidString.lowercased(),
                isLogOnly: options.logOnly
            )
        if marker == nil { try mark.write(in: data, volume: volume) }
        try copy(files, progress)
        try await restoreDatabase(manifest, effective, mark, isFromDump: isFromDump, progress)
        try RestoreMarker.remove(in: data, volume: volume)
        try volume.remove(lockPath)
        report.databaseID = mark.databaseID
        report.seconds = started.duration(to: .now).inSeconds
        return report
    }

    // MARK: Before

    /// The marker of an unfinished restore of this very backup, nil where the directory is empty or absent.
    private func checkTarget(of sha256: String) throws -> RestoreMarker? {
        if let marker = try RestoreMarker.read(in: data, volume: volume) {
            guard marker.manifestSHA256 == sha256, marker.isLogOnly == options.logOnly else {
                throw BackupError.otherRestore(data)
            }
            return marker
        }
        try BackupDirectory.requireEmpty(
            data,
            volume: volume,
            // What a restore that was killed before its marker leaves.
            ignoring: [RestoreMarker.lockName, RestoreMarker.fileName + ".tmp"]
        )
        return nil
    }

    private func checkLogOnly(_ manifest: BackupManifest) throws {
        guard options.logOnly, manifest.log.firstOffset > 0 else { return }
        throw JobError(
            .badData,
            "the log in \(backup.path) begins at record \(manifest.log.firstOffset), for retention removed what was "
                + "before: tables cannot be rebuilt from it alone. Restore with the database, without --log-only"
        )
    }

    /// Whether a variable names another database than the restored settings file will.
    private func isOverridden(_ effective: Settings) async throws -> Bool {
        guard !options.leavesSettings,
            let setting = effective.resolved.first(where: { $0.name == .databaseURL }),
            case .variable = setting.source
        else { return false }
        return try SettingsFile(dataDirectory: backup.path).text(of: .databaseURL) != nil
    }

    /// Throws where the named server has a schema goalpost: nothing is ever restored over it.
    private func checkDatabase(_ effective: Settings) async throws {
        guard let url = effective.databaseURL else { return }
        let session = Database(conninfo: url).session("restore")
        guard try await Schema.presence(session) == .absent else { throw Self.occupied() }
        await session.close()
    }

    private static func occupied() -> JobError {
        JobError(
            .cannotCreate,
            "the database that GOALPOST_DATABASE_URL or goalpost.yaml names has a schema goalpost already: "
                + "name another database, or look whose it is before you drop it"
        )
    }

    private func checkSpace(_ bytes: UInt64, _ manifest: BackupManifest, _ effective: Settings) throws {
        let isEmbedded = effective.databaseURL == nil && !options.logOnly
        let needed = bytes + (isEmbedded ? manifest.database?.totalBytes ?? 0 : 0)
        let near = try BackupJob.nearest(data, volume)
        // Files of an unfinished restore are written over, or kept.
        let there = try RestoreMarker.read(in: data, volume: volume) == nil ? 0 : needed
        let free = try volume.freeBytes(near)
        guard needed - min(needed, there) <= free else {
            throw BackupError.noSpace(near, needed: needed, free: free)
        }
    }

    // MARK: Work

    private func copy(
        _ files: [BackupManifest.File],
        _ progress: @escaping (BackupProgress) -> Void
    ) throws {
        let transfer = FileTransfer(volume: volume)
        let total = files.reduce(0) { $0 + $1.bytes }
        var done: UInt64 = 0
        var directories: Set<String> = [data]
        for file in files {
            let target = data + "/" + file.path
            let directory = parentDirectory(of: target)
            if directories.insert(directory).inserted { try volume.makeDirectory(directory, mode: 0o755) }
            try transfer.restore(file, from: backup.path(of: file.path), to: target) { count in
                done += count
                progress(BackupProgress(.files, done, of: total))
            }
        }
        for directory in directories.sorted() { try volume.syncDirectory(directory) }
    }

    private func restoreDatabase(
        _ manifest: BackupManifest,
        _ effective: Settings,
        _ marker: RestoreMarker,
        isFromDump: Bool,
        _ progress: @escaping (BackupProgress) -> Void
    ) async throws {
        let binaries = effective.postgresBin
        let database = try await Database.open(url: effective.databaseURL, data: data, binaries, log: log)
        let session = database.session("restore")
        switch try await Schema.presence(session) {
        case .absent: break
        case .tables(let facts) where facts.databaseID == marker.databaseID:
            // A restore that was killed after this step.
            return
        case .schemaOnly, .tables: throw Self.occupied()
        }
        guard
            let restored = RestoredDatabase(
                databaseID: marker.databaseID,
                origin: manifest.database?.uuid,
                restoredAt: now()
            )
        else { throw BackupError.otherRestore(data) }
        guard isFromDump, let dumped = manifest.database else {
            let partitions = manifest.database?.partitions ?? effective.partitions
            return try await Schema.install(session, partitions: partitions, as: restored)
        }
        let size = try await Schema.size(session)
        let programs = try await ClientPrograms.find(
            atLeast: max(size.serverMajor, dumped.dumpMajor),
            chosen: binaries
        )
        try await programs.restore(
            dump: backup.path(of: BackupManifest.dumpName),
            into: database.clientTarget(),
            opening: RestoredDatabase.opening,
            closing: restored.closing(dumpVersion: dumped.schemaVersion)
        ) { progress(BackupProgress(.database, $0)) }
        try await check(session, dumped)
    }

    /// Makes sure that the tables are those of the backup.
    private func check(_ session: Session, _ dumped: BackupManifest.Database) async throws {
        let facts = try await Schema.check(session, partitions: dumped.partitions)
        let marks = try await PublishTables(session: session).partitionStates(stream: Workspace.stream)
        let expected = dumped.watermarks.filter { $0.stream == Workspace.stream }.map(\.nextOffset)
        guard marks.map(\.nextOffset) == expected else {
            throw JobError(
                .software,
                "database \(facts.databaseID) has other watermarks than the backup it was restored from"
            )
        }
    }
}
