import Disk
import Zstd

/// What opening a log had to mend; all empty after a clean stop.
package struct RecoveryReport: Hashable, Sendable {
    /// The file whose end was cut.
    package internal(set) var cutFile: String?
    /// Bytes cut: an append that no one was told had succeeded.
    package internal(set) var cutBytes: UInt64 = 0
    /// Segments whose torn seal was written anew.
    package internal(set) var resealedFiles: [String] = []
    /// Temporary files removed.
    package internal(set) var removedFiles: [String] = []

    package var isClean: Bool { self == RecoveryReport() }
}

/// Brings a log's directory from whatever a crash left to a state that can be appended to; the caller holds
/// the lock.
struct LogRecovery {
    let directory: LogDirectory
    private(set) var report = RecoveryReport()
    private(set) var sources = SourceTable()
    private(set) var nextOffset: UInt64 = 0
    /// The segment to go on with, nil when the next append starts a new one.
    private(set) var current: ActiveSegment?

    init(directory: LogDirectory) { self.directory = directory }

    /// Checks and mends everything; throws `.damaged` or `.gap` where committed records are at stake.
    mutating func run() throws(LogError) {
        _ = try directory.identity()
        try removeTemporaries(directory.path)
        try removeTemporaries(directory.configurations.directory)
        try removeRewriteLeftovers()
        let names = try directory.segmentNames()
        if let first = names.first { nextOffset = first.baseOffset }
        for (index, name) in names.enumerated() {
            guard name.baseOffset == nextOffset else {
                throw .gap(
                    file: directory.path(of: name),
                    expectedOffset: nextOffset,
                    foundOffset: name.baseOffset
                )
            }
            let successor = index + 1 < names.count ? names[index + 1] : nil
            guard let file = try open(name) else {
                // Retention deletes the oldest segments beside a writer; never the last one.
                if let successor { nextOffset = successor.baseOffset }
                continue
            }
            try visit(name, file, successor: successor)
        }
        // Makes a rename durable that a killed writer did not live to sync.
        try onDisk { () throws(DiskError) in try directory.volume.syncDirectory(directory.path) }
        try checkConfigurations()
    }

    /// Opens a segment; nil when it was deleted since the listing, with all that were before it.
    private func open(_ name: SegmentName) throws(LogError) -> (any OpenFile)? {
        do throws(DiskError) {
            return try directory.volume.open(directory.path(of: name), .readWrite)
        } catch {
            guard error.code == DiskErrorCode.notFound, let first = try directory.segmentNames().first,
                first > name
            else { throw .disk(error) }
            return nil
        }
    }

    private mutating func visit(
        _ name: SegmentName,
        _ file: any OpenFile,
        successor: SegmentName?
    ) throws(LogError) {
        let path = directory.path(of: name)
        if let tail = try SealedTail.read(file, name: name) {
            nextOffset = tail.seal.nextOffset
            sources = tail.seal.sourceTable
            // Its writer may have been killed before it synced the seek table.
            if successor == nil { try onDisk { () throws(DiskError) in try file.syncData() } }
        } else {
            try recover(name, file, successor: successor)
        }
        if let successor, successor.baseOffset < nextOffset {
            throw .damaged(
                file: path,
                byteOffset: 0,
                recordOffset: successor.baseOffset,
                reason: "it overlaps with the next segment, \(successor.fileName)"
            )
        }
    }

    /// Mends a segment without a whole seal: the last one, or one whose seal is torn.
    private mutating func recover(
        _ name: SegmentName,
        _ file: any OpenFile,
        successor: SegmentName?
    ) throws(LogError) {
        let walker = directory.walker(name, file)
        let segment = ActiveSegment(name: name, file: file)
        var last: SegmentWalker.Commit?
        // The last commit is added only once its frame is known to be whole.
        let (end, offset, stop) = try walker.walk { commit in
            if let last { segment.add(last.footer) }
            last = commit
        }
        let path = walker.path
        func damaged(_ reason: String) -> LogError {
            .damaged(file: path, byteOffset: end, recordOffset: offset, reason: reason)
        }
        if case .stopped(let reason) = stop {
            guard successor == nil, try !walker.hasOtherCommit(after: end, expecting: offset) else {
                throw damaged(reason)
            }
        }
        if let successor, successor.baseOffset != offset {
            throw damaged("it ends there, but the next segment is \(successor.fileName)")
        }
        // The first frame is synced before the segment gets its name.
        guard let last else { throw damaged("it holds no committed frame") }
        let size = try onDisk { () throws(DiskError) in try file.size() }
        let isSealing = if case .seal = stop { true } else { false }
        if try isTorn(last, walker) {
            // Only the last commit before a crash can have been torn behind an intact footer.
            guard successor == nil, !isSealing, segment.sums.commitCount > 0 else {
                throw .damaged(
                    file: path,
                    byteOffset: last.frameOffset,
                    recordOffset: last.footer.baseOffset,
                    reason: "the frame does not match its checksum"
                )
            }
            try cut(file, to: last.frameOffset, from: size, isSeal: false)
        } else {
            segment.add(last.footer)
            // Also where nothing follows: an earlier cut may have failed in its sync, and a system that forgot it then has
            // the old end on the disk still, to come after all that is appended from now on.
            if end < size || (successor == nil && !isSealing) {
                try cut(file, to: end, from: size, isSeal: isSealing)
            }
            try rewrite(last, walker)
        }
        for footer in segment.footersWithSource { sources.note(footer) }
        nextOffset = segment.sums.nextOffset
        if isSealing || successor != nil {
            try onDisk { () throws(DiskError) in try segment.seal(sources) }
            report.resealedFiles.append(path)
        } else {
            current = segment
        }
    }

    /// Whether the frame's bytes are not those its footer was written for.
    private func isTorn(_ commit: SegmentWalker.Commit, _ walker: SegmentWalker) throws(LogError) -> Bool {
        let count = Int(commit.footer.compressedBytes)
        guard let index = try walker.window.load(commit.frameOffset, count) else { return true }
        return CRC32C.checksum(walker.window.buffer, index..<(index + count)) != commit.footer.frameChecksum
    }

    private mutating func cut(
        _ file: any OpenFile,
        to end: UInt64,
        from size: UInt64,
        isSeal: Bool
    ) throws(LogError) {
        try onDisk { () throws(DiskError) in
            try file.truncate(to: end)
            try file.sync()
        }
        if isSeal || size == end { return }
        report.cutFile = file.path
        report.cutBytes += size - end
    }

    /// Writes the last commit's bytes once more and syncs them.
    ///
    /// Its writer may have died after a failed fdatasync, which leaves bytes that read well, are not on disk,
    /// and that no later sync would write. The same bytes in the same place: a crash meanwhile changes
    /// nothing.
    private func rewrite(_ commit: SegmentWalker.Commit, _ walker: SegmentWalker) throws(LogError) {
        let count = Int(commit.endOffset - commit.frameOffset)
        guard let index = try walker.window.load(commit.frameOffset, count) else { return }
        let bytes = Array(walker.window.buffer[index..<(index + count)])
        try onDisk { () throws(DiskError) in
            try walker.window.file.write(bytes, at: commit.frameOffset)
            try walker.window.file.syncData()
        }
    }

    private mutating func removeTemporaries(_ path: String) throws(LogError) {
        let names: [String]
        do throws(DiskError) {
            names = try directory.volume.list(path)
        } catch {
            if error.code == DiskErrorCode.notFound { return }
            throw .disk(error)
        }
        for name in names where name.hasSuffix(".tmp") && !name.hasSuffix(SegmentRewrite.suffix) {
            try onDisk { () throws(DiskError) in try directory.volume.remove(path + "/" + name) }
            report.removedFiles.append(path + "/" + name)
        }
    }

    /// Removes what a killed compaction left, unless one is running.
    private mutating func removeRewriteLeftovers() throws(LogError) {
        let names = try onDisk { () throws(DiskError) in try directory.volume.list(directory.path) }
        guard names.contains(where: { $0.hasSuffix(SegmentRewrite.suffix) }) else { return }
        do throws(LogError) {
            let lock = try directory.maintenanceLock()
            defer { lock.release() }
            report.removedFiles += try directory.removeRewriteLeftovers()
        } catch {
            guard case .maintenanceLocked = error else { throw error }
        }
    }

    /// A configuration is written at the end of the log, so one after the end proves that records are gone.
    private func checkConfigurations() throws(LogError) {
        let history = directory.configurations
        guard let last = try history.offsets().last else { return }
        guard last <= nextOffset else {
            throw .configurationBeyondEnd(file: history.path(at: last), end: nextOffset)
        }
        try onDisk { () throws(DiskError) in try directory.volume.syncDirectory(history.directory) }
    }
}
