package import Backup
import Cluster
package import Disk
import EventLog
package import Settings

/// `goalpost backup verify`: whether a backup is whole and can be restored.
package struct BackupVerifyJob {
    package struct Report: Encodable, Sendable {
        package let directory: String
        package let createdAt: String
        package let goalpostVersion: String
        package let files: Int
        package let bytes: UInt64
        package let records: UInt64
        package let logEnd: UInt64
        package let hasDatabase: Bool
        /// What is not as it was backed up; empty where all is well.
        package let findings: [BackupDirectory.Finding]

        package var isIntact: Bool { findings.isEmpty }
        /// The findings for people.
        package var findingLines: [String] { findings.map(\.description) }
    }

    private let directory: BackupDirectory
    private let postgresBin: String?

    /// Of the settings only the folder of pg_restore counts.
    package init(directory: String, settings: Settings, volume: any Volume = LocalVolume()) {
        self.directory = BackupDirectory(volume: volume, path: directory)
        postgresBin = settings.postgresBin
    }

    /// Reads every byte: checksums first, then the log's own checks, then the dump's list and what it says.
    package func run(progress: @escaping (BackupProgress) -> Void = { _ in }) async throws -> Report {
        try await check(progress: progress).report
    }

    func check(
        progress: @escaping (BackupProgress) -> Void
    ) async throws -> (report: Report, manifest: BackupManifest, sha256: String) {
        let (manifest, sha256) = try directory.manifest()
        let total = manifest.bytes
        var findings = try directory.check(manifest) { progress(BackupProgress(.checksums, $0, of: total)) }
        let (records, damage) = checkLog(manifest)
        findings += damage
        // A dump that is not the one that was made tells nothing.
        if let database = manifest.database, !findings.contains(where: { $0.file == BackupManifest.dumpName })
        {
            findings += try await checkDump(database, log: manifest.log)
        }
        let report = Report(
            directory: directory.path,
            createdAt: manifest.createdAt,
            goalpostVersion: manifest.goalpostVersion,
            files: manifest.files.count,
            bytes: total,
            records: records,
            logEnd: manifest.log.endOffset,
            hasDatabase: manifest.database != nil,
            findings: findings
        )
        return (report, manifest, sha256)
    }

    private func checkLog(_ manifest: BackupManifest) -> (UInt64, [BackupDirectory.Finding]) {
        let path = directory.path(of: "\(BackupManifest.logName)/\(Workspace.stream)")
        let log = LogDirectory(volume: directory.volume, path: path)
        do throws(LogError) {
            let found = try LogVerifier.verify(volume: directory.volume, directory: path)
            // Nobody writes here: even an unfinished end is not what was backed up.
            var findings = found.findings.map { finding in
                BackupDirectory.Finding(
                    file: finding.file,
                    what: "byte \(finding.byteOffset), record \(finding.recordOffset): \(finding.what)"
                )
            }
            let (uuid, first, end) = (try log.identity().uuid, try log.firstOffset(), try log.end())
            if uuid != manifest.log.uuid {
                findings.append(.init(file: path, what: "is log \(uuid), not \(manifest.log.uuid)"))
            }
            if first != manifest.log.firstOffset || end != manifest.log.endOffset {
                findings.append(
                    .init(
                        file: path,
                        what: "holds records \(first)..<\(end), not "
                            + "\(manifest.log.firstOffset)..<\(manifest.log.endOffset)"
                    )
                )
            }
            return (found.recordCount, findings)
        } catch {
            return (0, [.init(file: path, what: error.description)])
        }
    }

    private func checkDump(
        _ database: BackupManifest.Database,
        log: BackupManifest.Log
    ) async throws -> [BackupDirectory.Finding] {
        let path = directory.path(of: BackupManifest.dumpName)
        let programs = try await ClientPrograms.find(atLeast: database.dumpMajor, chosen: postgresBin)
        func finding(_ what: String) -> BackupDirectory.Finding {
            .init(file: BackupManifest.dumpName, what: what)
        }
        do {
            let list = try await programs.list(dump: path)
            guard !list.isEmpty else { return [finding("holds nothing")] }
            let content = try await DumpContent.read(programs, dump: path)
            var findings: [BackupDirectory.Finding] = []
            if content.databaseID != database.uuid || content.schemaVersion != database.schemaVersion
                || content.partitions != database.partitions
            {
                findings.append(finding("is not of the database that \(BackupManifest.fileName) names"))
            }
            if content.watermarks != database.watermarks {
                findings.append(finding("has other watermarks than \(BackupManifest.fileName) says"))
            }
            if let bound = content.logID, bound != log.uuid {
                findings.append(finding("is the fold of log \(bound), not of \(log.uuid)"))
            }
            return findings
        } catch ClusterError.unreadableDump(_, let reason) {
            return [finding("pg_restore cannot read it: \(reason)")]
        }
    }
}
