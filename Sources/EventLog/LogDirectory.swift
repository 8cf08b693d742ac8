package import Disk

/// A log's directory, read without a lock while a writer may be at work.
package struct LogDirectory: Sendable {
    /// The file whose lock makes its holder the log's one writer.
    static let lockName = "writer.lock"
    /// The file whose lock makes its holder the only one that replaces or deletes sealed segments.
    static let maintenanceLockName = "maintenance.lock"

    package let volume: any Volume
    package let path: String

    package init(volume: any Volume, path: String) {
        self.volume = volume
        self.path = path
    }

    /// Makes the directory and its identity where they are missing, and returns the identity; durable.
    ///
    /// `makeUUID` is asked only for a new log. Segments without an identity are an error: a second identity
    /// would let another log pass for this one.
    @discardableResult
    package static func create(
        volume: any Volume,
        path: String,
        makeUUID: () -> String
    ) throws(LogError) -> StreamIdentity {
        let directory = LogDirectory(volume: volume, path: path)
        // Without the lock, so that it may be called while a writer is at work.
        if let identity = try directory.existingIdentity() {
            // Whoever made it may have died, or failed, before it was durable.
            try onDisk { () throws(DiskError) in try volume.syncDirectory(path) }
            return identity
        }
        try onDisk { () throws(DiskError) in try volume.makeDirectory(path, mode: 0o755) }
        let lock = try directory.lock()
        defer { lock.release() }
        if let identity = try directory.existingIdentity() { return identity }
        guard try directory.segmentNames().isEmpty else {
            throw .identityDamaged(
                file: path + "/" + StreamIdentity.fileName,
                reason: "it is missing beside segments"
            )
        }
        try onDisk { () throws(DiskError) in
            try volume.makeDirectory(directory.configurations.directory, mode: 0o755)
        }
        return try StreamIdentity.write(uuid: makeUUID(), volume, path)
    }

    /// Which log this is.
    package func identity() throws(LogError) -> StreamIdentity { try StreamIdentity.read(volume, path) }

    /// Which log this is, nil where none was made.
    private func existingIdentity() throws(LogError) -> StreamIdentity? {
        do throws(LogError) {
            return try identity()
        } catch {
            guard case .notALog = error else { throw error }
            return nil
        }
    }

    /// The configurations along the log.
    package var configurations: ConfigurationHistory {
        ConfigurationHistory(volume: volume, logDirectory: path)
    }

    /// The segments there are, in log order.
    package func segmentNames() throws(LogError) -> [SegmentName] {
        let names = try onDisk { () throws(DiskError) in try volume.list(path) }
        return names.compactMap(SegmentName.init(fileName:)).sorted()
    }

    /// What each segment holds; costs a few reads for a sealed one and a walk over headers for the last.
    package func segments() throws(LogError) -> [SegmentSummary] {
        _ = try identity()
        var summaries: [SegmentSummary] = []
        for name in try segmentNames() {
            // A segment that retention removes meanwhile is none of the log's any more.
            guard let file = try openIfPresent(name) else { continue }
            summaries.append(try summary(name, file))
        }
        return summaries
    }

    /// Log offset of the oldest record there is; the end of an empty log, 0.
    package func firstOffset() throws(LogError) -> UInt64 { try segmentNames().first?.baseOffset ?? 0 }

    /// Log offset after the last committed record.
    package func end() throws(LogError) -> UInt64 {
        _ = try identity()
        guard let last = try segmentNames().last else { return 0 }
        guard let file = try openIfPresent(last) else { return last.baseOffset }
        let summary = try summary(last, file)
        return summary.baseOffset + summary.recordCount
    }

    /// First offset from which on no record with an event time of `time` or later is missed; the end where
    /// none is.
    ///
    /// `time` in milliseconds since 1970. Decided by footers: earlier records may follow the offset, too.
    package func offset(atTime time: Int64) throws(LogError) -> UInt64 {
        for name in try segmentNames() {
            guard let file = try openIfPresent(name) else { continue }
            if let tail = try SealedTail.read(file, name: name), tail.seal.greatestTime < time { continue }
            let walker = walker(name, file)
            var (position, offset) = (UInt64(0), name.baseOffset)
            while case .commit(let commit) = try walker.step(at: position, expecting: offset) {
                if commit.footer.greatestTime >= time { return offset }
                (position, offset) = (commit.endOffset, commit.footer.nextOffset)
            }
        }
        return try end()
    }

    /// Opens a segment for reading, nil when it is not there (any more).
    func openIfPresent(_ name: SegmentName) throws(LogError) -> (any OpenFile)? {
        do throws(DiskError) {
            return try volume.open(path(of: name), .read)
        } catch {
            if error.code == DiskErrorCode.notFound { return nil }
            throw .disk(error)
        }
    }

    func path(of name: SegmentName) -> String { path + "/" + name.fileName }

    func walker(_ name: SegmentName, _ file: any OpenFile) -> SegmentWalker {
        SegmentWalker(name: name, path: path(of: name), window: FileWindow(file: file))
    }

    /// Takes the writer's lock.
    func lock() throws(LogError) -> any FileLock {
        let file = path + "/" + Self.lockName
        if let lock = try onDisk({ () throws(DiskError) in try volume.tryLock(file) }) { return lock }
        throw .writerLocked(directory: path, processID: try lockHolder(file))
    }

    /// Takes the lock of those who replace or delete sealed segments, beside a writer that goes on.
    func maintenanceLock() throws(LogError) -> any FileLock {
        let file = path + "/" + Self.maintenanceLockName
        if let lock = try onDisk({ () throws(DiskError) in try volume.tryLock(file) }) { return lock }
        throw .maintenanceLocked(directory: path, processID: try lockHolder(file))
    }

    /// Removes what a killed rewrite of a segment left; the caller holds the maintenance lock.
    ///
    /// Returns the paths of the files.
    @discardableResult
    func removeRewriteLeftovers() throws(LogError) -> [String] {
        try onDisk { () throws(DiskError) in
            let names = try volume.list(path).filter { $0.hasSuffix(SegmentRewrite.suffix) }
            for name in names { try volume.remove(path + "/" + name) }
            return names.map { path + "/" + $0 }
        }
    }

    /// The process id in the lock file, nil when it tells none.
    private func lockHolder(_ file: String) throws(LogError) -> Int32? {
        let bytes = try onDisk { () throws(DiskError) in try volume.readFile(file, bytesMax: 64) }
        return Int32(String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self))
    }

    private func summary(_ name: SegmentName, _ file: any OpenFile) throws(LogError) -> SegmentSummary {
        if let tail = try SealedTail.read(file, name: name) {
            return SegmentSummary(name: name, seal: tail.seal, fileBytes: tail.fileBytes, isSealed: true)
        }
        var sums = SegmentSeal(baseOffset: name.baseOffset)
        _ = try walker(name, file).walk { commit in sums.add(commit.footer) }
        let size = try onDisk { () throws(DiskError) in try file.size() }
        return SegmentSummary(name: name, seal: sums, fileBytes: size, isSealed: false)
    }
}

/// What one segment holds.
package struct SegmentSummary: Hashable, Sendable {
    package let name: SegmentName
    package let baseOffset: UInt64
    package let recordCount: UInt64
    /// Commits: data frames with their footers.
    package let frameCount: UInt64
    /// NDJSON bytes.
    package let rawBytes: UInt64
    package let fileBytes: UInt64
    /// Event times in milliseconds since 1970; nil without a record.
    package let leastTime: Int64?
    package let greatestTime: Int64?
    package let isSealed: Bool

    init(name: SegmentName, seal: SegmentSeal, fileBytes: UInt64, isSealed: Bool) {
        self.name = name
        baseOffset = seal.baseOffset
        recordCount = seal.recordCount
        frameCount = seal.commitCount
        rawBytes = seal.rawBytes
        self.fileBytes = fileBytes
        leastTime = seal.recordCount == 0 ? nil : seal.leastTime
        greatestTime = seal.recordCount == 0 ? nil : seal.greatestTime
        self.isSealed = isSealed
    }
}
