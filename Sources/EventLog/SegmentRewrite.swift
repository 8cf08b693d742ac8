import Disk
import Glibc
import Zstd

/// A sealed segment being written anew in larger frames, a frame a step.
///
/// The new file has the same records at the same offsets, the same NDJSON bytes, and its own footers, seal and
/// seek table. It is written under a temporary name, synced, compared with the old one byte for byte of
/// content, and only then renamed over it: at any moment the name stands for one whole file. Commits are
/// joined, never split, up to `frameBytesTarget`; a joined footer has the least and greatest event time of its
/// commits and the newest commit time. A frame also ends where a source's newest position lies, so that the
/// footers alone still tell every position, should the seal be lost. A damaged commit or seal stops it; the
/// old seek table is not looked at.
///
/// Memory: the frame being joined and that of each file read, some 8 MiB; commits of up to 64 MiB, which stay
/// as they are, need up to four times their size.
final class SegmentRewrite {
    /// How the temporary name ends; `LogRecovery` leaves such files to the holder of the maintenance lock.
    static let suffix = ".compact.tmp"
    /// Content that commits are joined up to, in bytes.
    static let frameBytesTarget = 1 << 20
    /// zstd level of the new frames.
    static let compressionLevel: Int32 = 9

    private enum Phase { case writing, comparing(SegmentContents), finished }

    private let directory: LogDirectory
    private let old: any OpenFile
    private let oldIdentity: FileIdentity
    private let tail: SealedTail
    private let compressor: FrameCompressor
    private let segment: ActiveSegment
    private let temporaryPath: String
    /// Offsets after the newest commit of each source in the segment.
    private let cuts: Set<UInt64>
    private var contents: SegmentContents
    private var oldSums: SegmentSeal
    private var joined: FrameContent?
    private var joinedCommittedAt: Int64 = 0
    private var seal: SegmentSeal
    private var phase = Phase.writing
    /// Bytes of the old file done, its second reading for the comparison included: at the end twice its commits.
    private(set) var bytesDone: UInt64 = 0
    /// What became of it, once finished.
    private(set) var outcome: SegmentCompaction?

    /// Starts with `old`, the segment `name` whose seal is in `tail`; makes the temporary file.
    init(
        _ directory: LogDirectory,
        _ name: SegmentName,
        _ old: any OpenFile,
        _ tail: SealedTail,
        _ compressor: FrameCompressor
    ) throws(LogError) {
        self.directory = directory
        self.old = old
        self.tail = tail
        self.compressor = compressor
        temporaryPath = directory.path(of: name) + Self.suffix
        let recent = tail.seal.sources.lazy.map(\.recordOffset).filter { $0 > name.baseOffset }
        cuts = Set(recent)
        contents = try SegmentContents(directory.walker(name, old))
        oldSums = SegmentSeal(baseOffset: name.baseOffset)
        seal = oldSums
        let path = temporaryPath
        let (identity, file) = try onDisk { () throws(DiskError) in
            (try old.identity(), try directory.volume.open(path, .replace))
        }
        oldIdentity = identity
        segment = ActiveSegment(name: name, file: file)
    }

    /// Does the next frame's work; true when all is done and `outcome` is set.
    func step() throws(LogError) -> Bool {
        switch phase {
        case .writing: try write()
        case .comparing(let new):
            if try compare(new) {
                outcome = try finish()
                phase = .finished
            }
        case .finished: break
        }
        return outcome != nil
    }

    /// Removes the temporary file, as far as that is possible; the old file was not touched.
    func abandon() {
        do throws(DiskError) {
            try directory.volume.remove(temporaryPath)
        } catch {
            // It is gone already, or the next maintenance removes it: nothing reads it.
        }
    }

    // MARK: Writing

    /// Joins commits until one new frame is in the file, or the end.
    private func write() throws(LogError) {
        while let footer = try contents.next() {
            bytesDone = contents.byteOffset
            oldSums.add(footer)
            let isRoomLeft = (joined?.bytes.count ?? 0) + contents.byteCount <= Self.frameBytesTarget
            let isFlushed = joined != nil && !isRoomLeft
            if isFlushed { try flush() }
            join(footer)
            if cuts.contains(footer.nextOffset) || (joined?.bytes.count ?? 0) >= Self.frameBytesTarget {
                try flush()
                return
            }
            if isFlushed { return }
        }
        try flush()
        guard contents.byteOffset == tail.sealOffset, oldSums.with(tail.seal.sourceTable) == tail.seal else {
            throw contents.damaged("the seal does not say what the commits before it say")
        }
        try onDisk { () throws(DiskError) in try segment.seal(tail.seal.sourceTable) }
        seal = segment.sums.with(tail.seal.sourceTable)
        contents = try SegmentContents(directory.walker(segment.name, old))
        let file = try onDisk { () throws(DiskError) in try directory.volume.open(temporaryPath, .read) }
        let window = FileWindow(file: file)
        phase = .comparing(
            try SegmentContents(SegmentWalker(name: segment.name, path: temporaryPath, window: window))
        )
    }

    private func join(_ footer: CommitFooter) {
        let bytes = contents.buffer[..<contents.byteCount]
        guard var frame = joined else {
            joined = FrameContent(
                bytes: Array(bytes),
                recordCount: footer.recordCount,
                leastTime: footer.leastTime,
                greatestTime: footer.greatestTime,
                source: footer.source
            )
            joinedCommittedAt = footer.committedAt
            return
        }
        // Out of the property while it grows, so that its bytes are not copied.
        joined = nil
        frame.bytes += bytes
        frame.recordCount += footer.recordCount
        frame.leastTime = min(frame.leastTime, footer.leastTime)
        frame.greatestTime = max(frame.greatestTime, footer.greatestTime)
        // A position is that after the frame's last record; older ones of other sources are in frames before.
        frame.source = footer.source
        joined = frame
        joinedCommittedAt = max(joinedCommittedAt, footer.committedAt)
    }

    private func flush() throws(LogError) {
        guard let frame = joined else { return }
        joined = nil
        var bytes: [UInt8] = []
        let count: Int
        do throws(ZstdError) {
            count = try compressor.compress(frame.bytes.span.bytes, appendingTo: &bytes)
        } catch {
            throw .compression(error.description)
        }
        let footer = CommitFooter(
            baseOffset: segment.sums.nextOffset,
            recordCount: frame.recordCount,
            rawBytes: UInt32(frame.bytes.count),
            compressedBytes: UInt32(count),
            frameChecksum: CRC32C.checksum(bytes),
            leastTime: frame.leastTime,
            greatestTime: frame.greatestTime,
            committedAt: joinedCommittedAt,
            source: frame.source
        )
        bytes += footer.encoded()
        try onDisk { () throws(DiskError) in try segment.file.write(bytes, at: segment.byteCount) }
        segment.add(footer)
    }

    // MARK: Comparing

    /// Reads the next new frame back and compares it with the old commits it was joined from; true at the end.
    private func compare(_ new: SegmentContents) throws(LogError) -> Bool {
        let position = new.byteOffset
        func mismatch(_ reason: String) -> LogError {
            .rewriteMismatch(file: directory.path(of: segment.name), byteOffset: position, reason: reason)
        }
        let frame: CommitFooter?
        do throws(LogError) {
            frame = try new.next()
        } catch {
            guard case .damaged(_, _, _, let reason) = error else { throw error }
            throw mismatch(reason)
        }
        guard let frame else {
            guard try contents.next() == nil else { throw mismatch("records are missing at its end") }
            try compareTail(new.byteOffset, mismatch)
            return true
        }
        var at = 0
        while contents.nextOffset < frame.nextOffset {
            guard let footer = try contents.next(), footer.nextOffset <= frame.nextOffset else {
                throw mismatch("the frame does not end where a commit ended")
            }
            let end = at + contents.byteCount
            guard end <= new.byteCount, Self.isEqual(contents, new, at: at) else {
                throw mismatch("the records from \(footer.baseOffset) on are other ones")
            }
            at = end
        }
        bytesDone = tail.sealOffset + contents.byteOffset
        guard at == new.byteCount else { throw mismatch("the frame holds more than its commits did") }
        return false
    }

    private static func isEqual(_ old: SegmentContents, _ new: SegmentContents, at start: Int) -> Bool {
        old.buffer.withUnsafeBytes { left in
            new.buffer.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return false }
                return memcmp(left, right + start, old.byteCount) == 0
            }
        }
    }

    private func compareTail(_ end: UInt64, _ mismatch: (String) -> LogError) throws(LogError) {
        let file = try onDisk { () throws(DiskError) in try directory.volume.open(temporaryPath, .read) }
        guard let written = try SealedTail.read(file, name: segment.name), written.sealOffset == end,
            written.seal == seal, seal.recordCount == tail.seal.recordCount,
            seal.rawBytes == tail.seal.rawBytes, seal.sources == tail.seal.sources
        else { throw mismatch("the seal is not the one that was written") }
        guard try written.table(file) == segment.seekTable(sealBytes: Int(written.tableOffset - end)) else {
            throw mismatch("the seek table is not the one that was written")
        }
    }

    // MARK: Replacing

    private func finish() throws(LogError) -> SegmentCompaction {
        let path = directory.path(of: segment.name)
        let newBytes = try onDisk { () throws(DiskError) in try segment.file.size() }
        guard newBytes < tail.fileBytes else {
            abandon()
            return SegmentCompaction(segment.name, tail, .noGain)
        }
        guard try onDisk({ () throws(DiskError) in try directory.volume.identity(path) }) == oldIdentity
        else {
            throw .rewriteMismatch(
                file: path,
                byteOffset: 0,
                reason: "the file was replaced by another one meanwhile"
            )
        }
        try onDisk { () throws(DiskError) in
            try directory.volume.rename(temporaryPath, to: path)
            try directory.volume.syncDirectory(directory.path)
        }
        return SegmentCompaction(
            segment.name,
            tail,
            .rewritten,
            framesAfter: segment.sums.commitCount,
            bytesAfter: newBytes
        )
    }
}
