package import Disk
import Zstd

/// Rewrites sealed segments of small commits into larger, harder compressed frames, while readers, fold and
/// writer go on.
///
/// It holds the maintenance lock until its release. The last segment is never touched, sealed or not: its
/// writer may still cut it back. Killed anywhere, each segment is the old or the new file; a temporary file
/// that was left is removed by the next run or the next writer. All calls block; it belongs to one task at a
/// time.
package final class LogCompactor {
    /// Frames tried at the new level, to see whether a segment of large frames would gain.
    private static let sampleFrames = 4
    /// Least share of the sampled bytes that must be won for a rewrite: 1 / 20.
    private static let gainDivisor = 20

    /// What a step did.
    package enum Step: Hashable, Sendable {
        /// Part of a segment's work.
        case working
        /// The last step of a segment's work.
        case segment(SegmentCompaction)
        /// There is nothing left to do.
        case finished
    }

    private let directory: LogDirectory
    private let lock: any FileLock
    private let compressor: FrameCompressor
    private var names: ArraySlice<SegmentName>
    private var sizes: [SegmentName: UInt64]
    private var rewrite: SegmentRewrite?
    private var current: SegmentName?
    private var finishedBytes: UInt64 = 0
    /// Bytes of the files of all segments to be looked at.
    package let totalBytes: UInt64

    /// Takes the maintenance lock, removes what a killed run left, and lists the segments.
    ///
    /// Throws `.maintenanceLocked` while another process compacts or deletes, `.notALog`.
    package static func open(volume: any Volume, directory: String) throws(LogError) -> LogCompactor {
        let directory = LogDirectory(volume: volume, path: directory)
        _ = try directory.identity()
        let lock = try directory.maintenanceLock()
        try directory.removeRewriteLeftovers()
        let names = try directory.segmentNames().dropLast()
        var sizes: [SegmentName: UInt64] = [:]
        for name in names {
            sizes[name] = try onDisk { () throws(DiskError) in
                try volume.fileSize(directory.path(of: name))
            }
        }
        do throws(ZstdError) {
            let compressor = try FrameCompressor(level: SegmentRewrite.compressionLevel)
            return LogCompactor(directory, lock, compressor, names, sizes)
        } catch {
            throw .compression(error.description)
        }
    }

    private init(
        _ directory: LogDirectory,
        _ lock: any FileLock,
        _ compressor: FrameCompressor,
        _ names: ArraySlice<SegmentName>,
        _ sizes: [SegmentName: UInt64]
    ) {
        self.directory = directory
        self.lock = lock
        self.compressor = compressor
        self.names = names
        self.sizes = sizes
        totalBytes = sizes.values.reduce(0, +)
    }

    /// Bytes of `totalBytes` that are done.
    package var doneBytes: UInt64 {
        guard let rewrite, let current else { return finishedBytes }
        // Each byte is read twice: once to be written anew, once to be compared.
        return finishedBytes + min(rewrite.bytesDone / 2, sizes[current] ?? 0)
    }

    /// Goes on by about one frame.
    ///
    /// Throws `.damaged` for a segment that cannot be read whole, `.disk` where the disk is full or fails,
    /// `.rewriteMismatch` where the new file does not read back: then that segment is as it was, the
    /// temporary file is gone, and the next call goes on with the next segment.
    package func step() throws(LogError) -> Step {
        do throws(LogError) {
            if let rewrite {
                guard try rewrite.step(), let outcome = rewrite.outcome else { return .working }
                endSegment()
                return .segment(outcome)
            }
            guard let name = names.popFirst() else { return .finished }
            current = name
            return try begin(name)
        } catch {
            rewrite?.abandon()
            endSegment()
            throw error
        }
    }

    /// Ends before its end: the segment being written anew stays as it was.
    package func abandon() {
        rewrite?.abandon()
        rewrite = nil
        names = []
        lock.release()
    }

    private func endSegment() {
        if let current { finishedBytes += sizes[current] ?? 0 }
        (rewrite, current) = (nil, nil)
    }

    private func begin(_ name: SegmentName) throws(LogError) -> Step {
        let path = directory.path(of: name)
        let file = try onDisk { () throws(DiskError) in try directory.volume.open(path, .read) }
        guard let tail = try SealedTail.read(file, name: name) else {
            throw .damaged(
                file: path,
                byteOffset: sizes[name] ?? 0,
                recordOffset: name.baseOffset,
                reason: "the seal or the seek table at its end is not whole"
            )
        }
        guard try isWorthwhile(tail, file, path) else {
            endSegment()
            return .segment(SegmentCompaction(name, tail, .compact))
        }
        rewrite = try SegmentRewrite(directory, name, file, tail, compressor)
        return .working
    }

    /// Whether a rewrite would win: many frames are small, or a few large ones shrink at the new level.
    ///
    /// Joining leaves at most about two frames a MiB, and one more a source, so that what was joined once is
    /// never taken for worth joining again.
    private func isWorthwhile(_ tail: SealedTail, _ file: any OpenFile, _ path: String) throws(LogError)
        -> Bool
    {
        let seal = tail.seal
        let sources = seal.sources.count { $0.recordOffset > seal.baseOffset }
        let joined = 2 * (seal.rawBytes / UInt64(SegmentRewrite.frameBytesTarget) + UInt64(sources) + 1)
        if seal.commitCount > joined { return true }
        let entries = try tail.table(file).entries
        let wanted = Set((0..<Self.sampleFrames).map { 2 * ($0 * Int(seal.commitCount) / Self.sampleFrames) })
        let decompressor: FrameDecompressor
        do throws(ZstdError) { decompressor = try FrameDecompressor() } catch {
            throw .compression(error.description)
        }
        var (position, before, after) = (UInt64(0), 0, 0)
        var content: [UInt8] = []
        for (index, entry) in entries.enumerated() {
            defer { position += UInt64(entry.compressedBytes) }
            guard wanted.contains(index), entry.compressedBytes <= UInt32(LogLimits.compressedBytesMax) else {
                continue
            }
            var frame = [UInt8](repeating: 0, count: Int(entry.compressedBytes))
            let place = position
            _ = try onDisk { () throws(DiskError) in
                try file.read(at: place, into: &frame, range: 0..<frame.count)
            }
            do throws(ZstdError) {
                let count = try decompressor.decompress(
                    frame.span.bytes,
                    into: &content,
                    contentBytesMax: LogLimits.frameBytesMax
                )
                before += frame.count
                after += try compressor.compress(content.span.bytes.extracting(0..<count)).count
            } catch {
                guard case .corruptFrame(let reason) = error else { throw .compression(error.description) }
                throw .damaged(file: path, byteOffset: place, recordOffset: seal.baseOffset, reason: reason)
            }
        }
        return after < before - before / Self.gainDivisor
    }
}
