package import Disk
import Zstd

/// The one writer of a log: makes records durable, in order.
///
/// It holds the log's lock from `open` to `close` or its release. All calls block; it belongs to one task at
/// a time.
package final class LogWriter {
    /// What a failed write left undecided.
    private struct Poison {
        let reason: String
        /// The segment that was being written and its bytes before that; nil when there was none.
        let segment: (name: SegmentName, byteCount: UInt64)?
    }

    private let directory: LogDirectory
    private let limits: LogLimits
    private let now: @Sendable () -> Int64
    private let compressor: FrameCompressor
    private var lock: (any FileLock)?
    private var current: ActiveSegment?
    private var sources: SourceTable
    private var poison: Poison?
    /// Log offset that the next record gets.
    package private(set) var nextOffset: UInt64
    /// What opening had to mend, for the operator's eyes.
    package private(set) var recovery: RecoveryReport

    /// Opens a log that `LogDirectory.create` made, and mends what a crash left.
    ///
    /// `now` gives milliseconds since 1970; it decides the age of segments only. Throws `.writerLocked` while
    /// another writer is at work, `.notALog`, and `.damaged`, `.gap` or `.configurationBeyondEnd` where
    /// committed records are lost.
    package static func open(
        volume: any Volume,
        directory: String,
        limits: LogLimits = LogLimits(),
        now: @escaping @Sendable () -> Int64
    ) throws(LogError) -> LogWriter {
        let directory = LogDirectory(volume: volume, path: directory)
        _ = try directory.identity()
        let lock = try directory.lock()
        var recovery = LogRecovery(directory: directory)
        try recovery.run()
        do throws(ZstdError) {
            let compressor = try FrameCompressor(level: limits.compressionLevel)
            return LogWriter(directory, lock, recovery, compressor, limits, now)
        } catch {
            throw .compression(error.description)
        }
    }

    private init(
        _ directory: LogDirectory,
        _ lock: any FileLock,
        _ recovery: LogRecovery,
        _ compressor: FrameCompressor,
        _ limits: LogLimits,
        _ now: @escaping @Sendable () -> Int64
    ) {
        self.directory = directory
        self.lock = lock
        self.compressor = compressor
        self.limits = limits
        self.now = now
        current = recovery.current
        sources = recovery.sources
        nextOffset = recovery.nextOffset
        self.recovery = recovery.report
    }

    /// Whether a write failed, so that only `reopen` and `close` work.
    package var isPoisoned: Bool { poison != nil }

    /// The newest position of each source, from least to most recently committed from; at most
    /// `LogLimits.sourcesMax`.
    package var sourcePositions: [SourcePosition] {
        sources.sorted.map { name, entry in
            SourcePosition(name: String(decoding: name, as: UTF8.self), byteOffset: entry.byteOffset)
        }
    }

    /// A reader of the same log, from `offset` on.
    package func reader(from offset: UInt64) throws(LogError) -> LogReader {
        try LogReader(volume: directory.volume, directory: directory.path, from: offset)
    }

    /// Offset of the last record that was committed from the source, nil for one that was never committed from.
    package func lastRecord(of name: String) -> UInt64? {
        sources.entries[Array(name.utf8)].map { $0.recordOffset - 1 }
    }

    /// How many bytes of the source are in the log, nil for one that was never committed from.
    package func sourcePosition(of name: String) -> UInt64? { sources.entries[Array(name.utf8)]?.byteOffset }

    /// Commits records as one frame and returns the offset of the first; they are durable when it returns.
    ///
    /// Throws `.invalidFrame` for content that is no run of records, with nothing written. Any disk error
    /// poisons the writer: the records are cut off again, at once or where that fails by `reopen`, before which
    /// nothing more is appended.
    package func append(_ content: FrameContent) throws(LogError) -> UInt64 {
        try content.check()
        return try append(checked: content)
    }

    /// As `append`, for content that `FrameContent.check` has accepted.
    func append(checked content: FrameContent) throws(LogError) -> UInt64 {
        try rollIfDue()
        var bytes: [UInt8] = []
        let footer = try encode(content, into: &bytes)
        try writing { () throws(DiskError) in
            if let current {
                try current.file.write(bytes, at: current.byteCount)
                try current.file.syncData()
            } else {
                current = try start(SegmentName(baseOffset: nextOffset), with: bytes)
            }
        }
        current?.add(footer)
        sources.note(footer)
        nextOffset = footer.nextOffset
        return footer.baseOffset
    }

    /// Seals the current segment when it has reached its size or age; says whether it did.
    ///
    /// Worth calling now and then on a quiet log, so that its last segment does not stay unsealed for ever.
    @discardableResult
    package func rollIfDue() throws(LogError) -> Bool {
        try checkUsable()
        guard let current, let createdAt = current.createdAt else { return false }
        let age = Duration.milliseconds(now() &- createdAt)
        guard current.byteCount >= limits.segmentBytesMax || age >= limits.segmentAgeMax else { return false }
        try seal()
        return true
    }

    /// Ends the current segment with its seal and seek table; the next append starts a new one.
    package func seal() throws(LogError) {
        try checkUsable()
        guard let current else { return }
        try writing { () throws(DiskError) in try current.seal(sources) }
        self.current = nil
    }

    /// Puts a configuration in force from the next record on and returns that record's offset; durable.
    ///
    /// A second one at the same offset replaces the first. After an error it may be in force all the same:
    /// apply it again.
    package func applyConfiguration(_ bytes: [UInt8]) throws(LogError) -> UInt64 {
        try checkUsable()
        do throws(LogError) {
            try directory.configurations.write(bytes, at: nextOffset)
        } catch {
            // No record may follow a configuration that could vanish.
            if case .disk(let cause) = error { poison(cause) }
            throw error
        }
        return nextOffset
    }

    /// Makes a poisoned writer usable again: drops what was not acknowledged and recovers from disk.
    ///
    /// A later failure leaves the writer poisoned. On one that is not poisoned it does nothing.
    package func reopen() throws(LogError) {
        guard lock != nil else { throw .closed }
        guard let poison else { return }
        try dropUnacknowledged(poison)
        var recovered = LogRecovery(directory: directory)
        try recovered.run()
        guard recovered.nextOffset == nextOffset else {
            throw .damaged(
                file: directory.path,
                byteOffset: 0,
                recordOffset: min(nextOffset, recovered.nextOffset),
                reason: "the log ends at record \(recovered.nextOffset), acknowledged were \(nextOffset)"
            )
        }
        current = recovered.current
        recovery = recovered.report
        self.poison = nil
    }

    /// Releases the lock; the current segment stays unsealed.
    ///
    /// Every later call throws `.closed`.
    package func close() {
        current = nil
        lock?.release()
        lock = nil
    }

    private func checkUsable() throws(LogError) {
        guard lock != nil else { throw .closed }
        if let poison { throw .poisoned(reason: poison.reason) }
    }

    /// Compresses `content` into `bytes`, its footer after it, and returns the footer.
    private func encode(_ content: FrameContent, into bytes: inout [UInt8]) throws(LogError) -> CommitFooter {
        let count: Int
        do throws(ZstdError) {
            count = try compressor.compress(content.bytes.span.bytes, appendingTo: &bytes)
        } catch {
            throw .compression(error.description)
        }
        let footer = CommitFooter(
            baseOffset: nextOffset,
            recordCount: content.recordCount,
            rawBytes: UInt32(content.bytes.count),
            compressedBytes: UInt32(count),
            frameChecksum: CRC32C.checksum(bytes),
            leastTime: content.leastTime,
            greatestTime: content.greatestTime,
            committedAt: now(),
            source: content.source
        )
        bytes += footer.encoded()
        return footer
    }

    /// Makes a segment whose first commit is `bytes`: no name of a segment ever names an empty or torn file.
    private func start(_ name: SegmentName, with bytes: [UInt8]) throws(DiskError) -> ActiveSegment {
        let path = directory.path(of: name)
        let file = try directory.volume.open(path + ".tmp", .replace)
        try file.write(bytes, at: 0)
        try file.sync()
        guard try !directory.volume.exists(path) else {
            throw DiskError(.create, path, code: DiskErrorCode.exists)
        }
        try directory.volume.rename(path + ".tmp", to: path)
        try directory.volume.syncDirectory(directory.path)
        return ActiveSegment(name: name, file: file)
    }

    /// Runs a write; after an error the writer is poisoned.
    private func writing(_ body: () throws(DiskError) -> Void) throws(LogError) {
        do throws(DiskError) {
            try body()
        } catch {
            poison(error)
            cutAtOnce()
            throw .disk(error)
        }
    }

    /// Takes a failed write out of readers' sight as soon as can be: what they read and build on must not vanish.
    ///
    /// It may fail as the write did; `reopen` does it again, and a reader's `syncRead` refuses what was cut.
    private func cutAtOnce() {
        guard let poison else { return }
        do throws(LogError) {
            try dropUnacknowledged(poison)
        } catch {
            // The writer is poisoned already, and says why.
        }
    }

    private func poison(_ cause: DiskError) {
        poison = Poison(
            reason: cause.description,
            segment: current.map { ($0.name, $0.byteCount) }
        )
        // The descriptor's state is unknown after a failed sync: it is never used again.
        current = nil
    }

    /// Cuts the log to what was acknowledged: bytes after it read well but may not be on the disk.
    private func dropUnacknowledged(_ poison: Poison) throws(LogError) {
        try onDisk { () throws(DiskError) in
            if let (name, byteCount) = poison.segment {
                let file = try directory.volume.open(directory.path(of: name), .readWrite)
                // Also where it has its size: an earlier cut may have failed in its sync, and a system that forgot it then
                // has the old end on the disk still, to come after all that is appended from now on.
                if try file.size() >= byteCount {
                    try file.truncate(to: byteCount)
                    try file.sync()
                }
            }
            for name in try directory.volume.list(directory.path).compactMap(SegmentName.init(fileName:))
            where name.baseOffset >= nextOffset {
                try directory.volume.remove(directory.path(of: name))
            }
            try directory.volume.syncDirectory(directory.path)
        }
    }
}
