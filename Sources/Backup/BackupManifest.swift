/// What a backup holds: `backup.json` in its directory, written last, so that a backup without it is unfinished.
package struct BackupManifest: Codable, Hashable, Sendable {
    package static let fileName = "backup.json"
    package static let currentVersion = 1
    /// Most files a backup may have.
    package static let filesMax = 1_000_000
    /// A larger manifest is refused before it is read: 512 MiB.
    package static let bytesMax = 512 << 20
    /// The dump of the database.
    package static let dumpName = "database.dump"
    /// The settings file.
    package static let settingsName = "goalpost.yaml"
    /// Directories of the data directory that a backup holds.
    package static let logName = "log"
    package static let snapshotsName = "snapshots"
    private static let pathBytesMax = 4096

    /// One file, byte for byte.
    package struct File: Codable, Hashable, Sendable {
        /// From the backup's directory on, and from the data directory on when restored.
        package let path: String
        package let bytes: UInt64
        /// 64 lower-case hex digits.
        package let sha256: String
        /// Permission bits.
        package let mode: UInt32

        package init(path: String, bytes: UInt64, sha256: String, mode: UInt32) {
            (self.path, self.bytes, self.sha256, self.mode) = (path, bytes, sha256, mode)
        }
    }

    /// Which log, and how much of it.
    package struct Log: Codable, Hashable, Sendable {
        package let uuid: String
        /// Log offset of the first record.
        package let firstOffset: UInt64
        /// Log offset after the last one; no watermark is beyond it.
        package let endOffset: UInt64

        package init(uuid: String, firstOffset: UInt64, endOffset: UInt64) {
            (self.uuid, self.firstOffset, self.endOffset) = (uuid, firstOffset, endOffset)
        }
    }

    /// How far one partition was folded in the dump.
    package struct Watermark: Codable, Hashable, Sendable {
        package let stream: String
        package let partition: Int
        package let nextOffset: UInt64

        package init(stream: String, partition: Int, nextOffset: UInt64) {
            (self.stream, self.partition, self.nextOffset) = (stream, partition, nextOffset)
        }
    }

    /// Which database, as the dump has it.
    package struct Database: Codable, Hashable, Sendable {
        package let uuid: String
        package let schemaVersion: Int
        package let partitions: Int
        /// Major version of pg_dump: an older pg_restore may not read the dump.
        package let dumpMajor: Int
        /// What its tables and indexes took on the server, in bytes.
        package let totalBytes: UInt64
        /// Ascending by stream and partition.
        package let watermarks: [Watermark]

        package init(
            uuid: String,
            schemaVersion: Int,
            partitions: Int,
            dumpMajor: Int,
            totalBytes: UInt64,
            watermarks: [Watermark]
        ) {
            self.uuid = uuid
            self.schemaVersion = schemaVersion
            self.partitions = partitions
            self.dumpMajor = dumpMajor
            self.totalBytes = totalBytes
            self.watermarks = watermarks
        }
    }

    package let formatVersion: Int
    /// Of the program that made it.
    package let goalpostVersion: String
    /// When it was begun, RFC 3339.
    package let createdAt: String
    package let log: Log
    /// Nil when there were no tables yet.
    package let database: Database?
    /// Ascending by path.
    package let files: [File]

    package init(goalpostVersion: String, createdAt: String, log: Log, database: Database?, files: [File]) {
        formatVersion = Self.currentVersion
        self.goalpostVersion = goalpostVersion
        self.createdAt = createdAt
        self.log = log
        self.database = database
        self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// Bytes in all files.
    package var bytes: UInt64 { files.reduce(0) { $0 &+ $1.bytes } }

    /// Why this cannot be the manifest of a backup, nil when it can.
    ///
    /// A path is written to on restore, so none may lead out of the directory.
    var fault: String? {
        guard files.count <= Self.filesMax else { return "it lists more than \(Self.filesMax) files" }
        guard Set(files.map(\.path)).count == files.count else { return "it lists a file twice" }
        for file in files {
            guard Self.isAllowed(file.path) else {
                return "it lists a file outside of a backup, \(file.path)"
            }
            guard file.sha256.utf8.count == 64, file.sha256.utf8.allSatisfy(Self.isHexDigit) else {
                return "the SHA-256 of \(file.path) is malformed"
            }
            guard file.mode <= 0o777 else { return "the mode of \(file.path) is none" }
        }
        guard
            files.reduce(
                into: (sum: UInt64(0), overflow: false),
                { sum, file in
                    let (next, overflow) = sum.sum.addingReportingOverflow(file.bytes)
                    sum = (next, sum.overflow || overflow)
                }
            ).overflow == false
        else { return "its sizes cannot be" }
        guard log.firstOffset <= log.endOffset else { return "the log's end is before its beginning" }
        guard (database != nil) == files.contains(where: { $0.path == Self.dumpName }) else {
            return "\(Self.dumpName) and what it says of the database do not go together"
        }
        if let ahead = database?.watermarks.first(where: { $0.nextOffset > log.endOffset }) {
            return
                "partition \(ahead.partition) is folded up to \(ahead.nextOffset), the log ends at \(log.endOffset)"
        }
        if let behind = database?.watermarks.first(where: { $0.nextOffset < log.firstOffset }) {
            return
                "partition \(behind.partition) needs record \(behind.nextOffset), the log begins at \(log.firstOffset)"
        }
        return nil
    }

    private static func isAllowed(_ path: String) -> Bool {
        if path == dumpName || path == settingsName { return true }
        guard path.utf8.count <= pathBytesMax, !path.utf8.contains(0) else { return false }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count >= 2 && (parts[0] == logName || parts[0] == snapshotsName)
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...102).contains(byte)
    }
}
