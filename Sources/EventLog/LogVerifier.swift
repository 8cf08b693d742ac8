package import Disk
import Zstd

/// What a full check of a log found.
package struct LogVerification: Hashable, Sendable {
    /// Something that is not as it was written.
    package struct Finding: Hashable, Sendable, CustomStringConvertible {
        package let file: String
        /// Where in the file.
        package let byteOffset: UInt64
        /// Log offset of the first record that may be affected.
        package let recordOffset: UInt64
        /// What is wrong, in one clause.
        package let what: String
        /// False for the unfinished end of the last segment, which the next writer cuts: no committed record
        /// is in it.
        package let isDamage: Bool

        package var description: String { "\(file): byte \(byteOffset), record \(recordOffset): \(what)" }
    }

    /// At most `LogVerifier.findingsMax`, in log order.
    package internal(set) var findings: [Finding] = []
    package internal(set) var segmentCount = 0
    package internal(set) var commitCount: UInt64 = 0
    package internal(set) var recordCount: UInt64 = 0
    package internal(set) var rawBytes: UInt64 = 0

    /// Whether no committed byte is damaged.
    package var isIntact: Bool { !findings.contains(where: \.isDamage) }
}

/// Reads a whole log and checks every byte of it against every other that vouches for it.
package struct LogVerifier {
    /// Findings after which it stops looking.
    package static let findingsMax = 1000

    private let directory: LogDirectory
    private let decompressor: FrameDecompressor
    private var content: [UInt8] = []
    private var result = LogVerification()
    private var sources: SourceTable?

    /// Checks frames (checksums, lines), footers, seals, seek tables, the order of segments and the
    /// configurations.
    ///
    /// Takes no lock and changes nothing; beside a writer it sees the log as it was at some moment. Throws
    /// only when a file cannot be read at all. Every byte of a sealed segment is covered by some check.
    package static func verify(volume: any Volume, directory: String) throws(LogError) -> LogVerification {
        let directory = LogDirectory(volume: volume, path: directory)
        _ = try directory.identity()
        let decompressor: FrameDecompressor
        do throws(ZstdError) { decompressor = try FrameDecompressor() } catch {
            throw .compression(error.description)
        }
        var verifier = LogVerifier(directory: directory, decompressor: decompressor)
        try verifier.run()
        return verifier.result
    }

    private init(directory: LogDirectory, decompressor: FrameDecompressor) {
        self.directory = directory
        self.decompressor = decompressor
    }

    private mutating func run() throws(LogError) {
        let names = try directory.segmentNames()
        var expected = names.first?.baseOffset ?? 0
        for (index, name) in names.enumerated() {
            // Retention may remove the oldest segments while this runs, never the last one.
            guard let file = try directory.openIfPresent(name) else {
                if let first = try directory.segmentNames().first, first > name, index + 1 < names.count {
                    expected = names[index + 1].baseOffset
                    sources = nil
                }
                continue
            }
            let path = directory.path(of: name)
            if name.baseOffset != expected {
                note(
                    path,
                    0,
                    expected,
                    "starts at record \(name.baseOffset), the one before ends at \(expected)"
                )
            }
            result.segmentCount += 1
            expected = try check(name, file, isLast: index + 1 == names.count)
            if result.findings.count >= Self.findingsMax { return }
        }
        try checkConfigurations(end: expected)
    }

    private mutating func checkConfigurations(end: UInt64) throws(LogError) {
        let history = directory.configurations
        for offset in try history.offsets() {
            if offset > end {
                note(history.path(at: offset), 0, offset, "governs records after the log's end at \(end)")
            }
            do throws(LogError) {
                _ = try history.read(at: offset)
            } catch {
                guard case .damaged(let file, let byte, let record, let reason) = error else { throw error }
                note(file, byte, record, reason)
            }
        }
    }

    /// Checks one segment and returns the offset after its last readable commit.
    private mutating func check(
        _ name: SegmentName,
        _ file: any OpenFile,
        isLast: Bool
    ) throws(LogError) -> UInt64 {
        let walker = directory.walker(name, file)
        walker.window.readAhead = FileWindow.contentReadAhead
        let segment = ActiveSegment(name: name, file: file)
        let (end, offset, stop) = try walker.walk { commit throws(LogError) in
            segment.add(commit.footer)
            try check(commit, walker)
        }
        switch stop {
        case .commit: break
        case .end where !isLast:
            note(walker.path, end, offset, "has no seal although another segment follows")
        case .end where segment.sums.commitCount == 0: note(walker.path, 0, offset, "is empty")
        case .end: break
        case .seal: try checkSeal(segment, file, walker.path, isLast: isLast)
        case .stopped(let reason):
            var isDamage = true
            if isLast, segment.sums.commitCount > 0, try SealedTail.read(file, name: name) == nil {
                isDamage = try walker.hasOtherCommit(after: end, expecting: offset)
            }
            note(walker.path, end, offset, reason, isDamage: isDamage)
        }
        return offset
    }

    private mutating func check(_ commit: SegmentWalker.Commit, _ walker: SegmentWalker) throws(LogError) {
        let footer = commit.footer
        result.commitCount += 1
        result.recordCount += UInt64(footer.recordCount)
        result.rawBytes += UInt64(footer.rawBytes)
        func fault(_ what: String) { note(walker.path, commit.frameOffset, footer.baseOffset, what) }
        let frameBytes = Int(footer.compressedBytes)
        guard let index = try walker.window.load(commit.frameOffset, frameBytes) else {
            return fault("the file ends inside the frame")
        }
        let range = index..<(index + frameBytes)
        guard CRC32C.checksum(walker.window.buffer, range) == footer.frameChecksum else {
            return fault("the frame does not match the checksum in its footer")
        }
        let count: Int
        do throws(ZstdError) {
            let loaded = walker.window.buffer
            count = try decompressor.decompress(
                loaded.span.bytes.extracting(range),
                into: &content,
                contentBytesMax: LogLimits.frameBytesMax
            )
        } catch {
            return fault(error.description)
        }
        do throws(LogError) {
            let lines = try RecordLines.count(content, 0..<count)
            if lines != Int(footer.recordCount) {
                fault("holds \(lines) records, its footer says \(footer.recordCount)")
            }
        } catch {
            fault(error.description)
        }
    }

    /// Compares the seal and the seek table, byte for byte, with those that the commits call for.
    private mutating func checkSeal(
        _ segment: ActiveSegment,
        _ file: any OpenFile,
        _ path: String,
        isLast: Bool
    ) throws(LogError) {
        let end = segment.byteCount
        let offset = segment.sums.nextOffset
        let found = try SealedTail.read(file, name: segment.name)
        guard let tail = found, tail.sealOffset == end else {
            // A broken one of the last segment is written anew by the next writer: no record depends on it. A whole one
            // elsewhere tells that a frame's first bytes turned into those of a seal.
            let isDamage = !isLast || found != nil
            return note(path, end, offset, "the seal or the seek table is not whole", isDamage: isDamage)
        }
        // Of sources that only deleted segments knew, the oldest seal is the only witness.
        var expected = sources ?? tail.seal.sourceTable.before(segment.name.baseOffset)
        for footer in segment.footersWithSource { expected.note(footer) }
        sources = expected
        let seal = segment.sums.with(expected)
        if tail.seal != seal {
            note(path, end, offset, "the seal does not say what the commits before it say")
        }
        let table = try onDisk { () throws(DiskError) in
            var bytes = [UInt8](repeating: 0, count: Int(tail.fileBytes - tail.tableOffset))
            let count = try file.read(at: tail.tableOffset, into: &bytes, range: 0..<bytes.count)
            return Array(bytes[..<count])
        }
        if table != segment.seekTable(sealBytes: Int(tail.tableOffset - end)).encoded() {
            note(path, tail.tableOffset, offset, "the seek table does not list the frames before it")
        }
    }

    private mutating func note(
        _ file: String,
        _ byteOffset: UInt64,
        _ recordOffset: UInt64,
        _ what: String,
        isDamage: Bool = true
    ) {
        guard result.findings.count < Self.findingsMax else { return }
        result.findings.append(
            LogVerification.Finding(
                file: file,
                byteOffset: byteOffset,
                recordOffset: recordOffset,
                what: what,
                isDamage: isDamage
            )
        )
    }
}
