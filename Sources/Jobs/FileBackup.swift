import Backup
import Disk
import EventLog

/// Brings the files of a data directory into a backup, while others go on writing them.
///
/// A sealed segment or snapshot never changes, so it gets a second name where both are on one file system; all else
/// is copied. What retention or compaction takes away meanwhile is looked for anew.
struct FileBackup {
    /// How often the log is listed anew before the backup gives up.
    private static let passesMax = 20
    /// A line of the quarantine is shorter than this, in bytes.
    private static let lineBytesMax: UInt64 = 4 << 20

    /// Bytes by how they came here.
    struct Sums {
        var linkedBytes: UInt64 = 0
        var copiedBytes: UInt64 = 0
    }

    private let access: LogAccess
    private let target: BackupDirectory
    private let usesLinks: Bool
    private let progress: (UInt64) -> Void
    private let transfer: FileTransfer
    private var directories: Set<String> = []
    private(set) var files: [String: BackupManifest.File] = [:]
    private(set) var sums = Sums()

    /// `progress` gets the bytes of each step.
    init(access: LogAccess, target: BackupDirectory, usesLinks: Bool, progress: @escaping (UInt64) -> Void) {
        self.access = access
        self.target = target
        self.usesLinks = usesLinks
        self.progress = progress
        transfer = FileTransfer(volume: access.volume)
    }

    private var volume: any Volume { access.volume }
    private static var logPath: String { "\(BackupManifest.logName)/\(Workspace.stream)" }

    // MARK: Log

    /// Copies segments, identity and configurations; returns what the copy holds.
    mutating func copyLog() throws -> BackupManifest.Log {
        let identity = try access.directory.identity()
        try copy(
            from: access.directory.path + "/" + StreamIdentity.fileName,
            to: Self.logPath + "/" + StreamIdentity.fileName
        )
        let segments = try copySegments()
        let end = segments.last?.nextOffset ?? 0
        // After the segments, so that none is missing; a later one governs records that are not here.
        let history = access.directory.configurations
        for offset in try history.offsets() where offset <= end {
            try copyConfiguration(history.path(at: offset))
            // After what it vouches for: it fits that, and what replaces it.
            let checksum = history.checksumPath(at: offset)
            if try volume.exists(checksum) { try copyConfiguration(checksum) }
        }
        return BackupManifest.Log(
            uuid: identity.uuid,
            firstOffset: segments.first?.name.baseOffset ?? 0,
            endOffset: end
        )
    }

    private mutating func copyConfiguration(_ path: String) throws {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        try copy(from: path, to: "\(Self.logPath)/\(ConfigurationHistory.directoryName)/\(name)")
    }

    private mutating func copySegments() throws -> [CommittedSegment] {
        var done: [SegmentName: CommittedSegment] = [:]
        for _ in 0..<Self.passesMax {
            guard let segments = try currentSegments() else { continue }
            let stale = done.keys.filter { name in !segments.contains { $0.name == name } }
            for name in stale { try drop(name, &done) }
            var isWhole = true
            for segment in segments where done[segment.name] != segment {
                if done[segment.name] != nil { try drop(segment.name, &done) }
                guard try copy(segment) else {
                    isWhole = false
                    break
                }
                done[segment.name] = segment
            }
            if isWhole {
                try checkEnd(segments)
                return segments
            }
        }
        throw JobError(
            .tryAgain,
            "the segments of \(access.directory.path) changed \(Self.passesMax) times while they were copied: "
                + "let compact and retain end, then back up into a new directory"
        )
    }

    /// The log as it is now; nil when it changed while it was looked at.
    private func currentSegments() throws -> [CommittedSegment]? {
        let before = try access.directory.segmentNames()
        do throws(LogError) {
            return try access.directory.committed()
        } catch {
            // A gap between the same names is damage; between others it was a moment of retention or compaction.
            guard case .gap = error, try access.directory.segmentNames() != before else { throw error }
            return nil
        }
    }

    private mutating func drop(
        _ name: SegmentName,
        _ done: inout [SegmentName: CommittedSegment]
    ) throws {
        let path = "\(Self.logPath)/\(name.fileName)"
        try volume.remove(target.path(of: path))
        files[path] = nil
        done[name] = nil
    }

    /// False when the segment is not the one any more that was looked at.
    private mutating func copy(_ segment: CommittedSegment) throws -> Bool {
        let path = "\(Self.logPath)/\(segment.name.fileName)"
        let place = try place(path)
        do {
            if segment.isSealed, try link(segment.path, to: place) {
                guard try volume.identity(place) == segment.identity else {
                    try volume.remove(place)
                    return false
                }
                try note(path, try transfer.digest(place, progress: progress), segment.path, isLinked: true)
                return true
            }
            let file = try volume.open(segment.path, .read)
            guard try file.identity() == segment.identity else { return false }
            let mode = try volume.permissions(segment.path)
            let digest = try transfer.copy(
                file,
                byteCount: segment.byteCount,
                to: place,
                mode: mode,
                progress: progress
            )
            try note(path, digest, segment.path, isLinked: false, mode: mode)
            return true
        } catch let error as DiskError where error.code == DiskErrorCode.notFound {
            return false
        }
    }

    /// Reads the segment that is not sealed: a frame that was caught half-written must not be in a backup.
    private func checkEnd(_ segments: [CommittedSegment]) throws {
        guard let last = segments.last, !last.isSealed else { return }
        let reader = try LogReader(
            volume: volume,
            directory: target.path(of: Self.logPath),
            from: last.name.baseOffset
        )
        while try reader.nextFrame() {}
        guard reader.nextOffset == last.nextOffset else {
            throw JobError(
                .tryAgain,
                "\(last.path) ends at \(reader.nextOffset) in the copy, not at \(last.nextOffset): back up again"
            )
        }
    }

    // MARK: Other files

    /// Copies a file that is there for good, as it is now.
    mutating func copy(from source: String, to path: String) throws {
        let file = try volume.open(source, .read)
        try copy(file, byteCount: .max, to: path)
    }

    /// Copies a directory of files that are written once, by link where that is possible; none where it is absent.
    mutating func copyTree(_ name: String) throws {
        for path in try BackupDirectory.files(volume, root: access.workspace.root, below: name)
        where !path.hasSuffix(".tmp") {
            let source = access.workspace.root + "/" + path
            do {
                let place = try place(path)
                if try link(source, to: place) {
                    try note(path, try transfer.digest(place, progress: progress), source, isLinked: true)
                } else {
                    try copy(from: source, to: path)
                }
            } catch let error as DiskError where error.code == DiskErrorCode.notFound {
                // Removed since it was listed.
            }
        }
    }

    /// Copies a directory of files that grow by whole lines, each up to its last line end.
    mutating func copyLines(_ name: String) throws {
        for path in try BackupDirectory.files(volume, root: access.workspace.root, below: name)
        where !path.hasSuffix(".tmp") {
            let source = access.workspace.root + "/" + path
            let file = try volume.open(source, .read)
            let size = try file.size()
            let isText = path.hasSuffix(".ndjson")
            try copy(file, byteCount: isText ? try Self.lineEnd(file, size) : size, to: path)
        }
    }

    /// Bytes up to and with the last line end among the first `size`.
    private static func lineEnd(_ file: any OpenFile, _ size: UInt64) throws -> UInt64 {
        let start = size - min(size, lineBytesMax)
        var bytes = [UInt8](repeating: 0, count: Int(size - start))
        let count = try file.read(at: start, into: &bytes, range: 0..<bytes.count)
        return bytes[..<count].lastIndex(of: 0x0A).map { start + UInt64($0) + 1 } ?? start
    }

    private mutating func copy(_ file: any OpenFile, byteCount: UInt64, to path: String) throws {
        let place = try place(path)
        let mode = try volume.permissions(file.path)
        let digest = try transfer.copy(
            file,
            byteCount: byteCount,
            to: place,
            mode: mode,
            progress: progress
        )
        try note(path, digest, file.path, isLinked: false, mode: mode)
    }

    /// Makes the names of all files durable.
    func sync() throws {
        for directory in directories.union([target.path]).sorted() { try volume.syncDirectory(directory) }
    }

    private mutating func place(_ path: String) throws -> String {
        let place = target.path(of: path)
        let directory = parentDirectory(of: place)
        if directories.insert(directory).inserted { try volume.makeDirectory(directory, mode: 0o700) }
        return place
    }

    /// False where a second name is not possible.
    private func link(_ source: String, to place: String) throws -> Bool {
        guard usesLinks else { return false }
        do throws(DiskError) {
            try volume.hardLink(source, to: place)
            return true
        } catch {
            guard DiskErrorCode.cannotLink.contains(error.code) else { throw error }
            return false
        }
    }

    private mutating func note(
        _ path: String,
        _ digest: FileTransfer.Digest,
        _ source: String,
        isLinked: Bool,
        mode: UInt32? = nil
    ) throws {
        files[path] = BackupManifest.File(
            path: path,
            bytes: digest.bytes,
            sha256: digest.sha256,
            mode: try (mode ?? volume.permissions(target.path(of: path))) & 0o777
        )
        if isLinked { sums.linkedBytes += digest.bytes } else { sums.copiedBytes += digest.bytes }
    }
}
