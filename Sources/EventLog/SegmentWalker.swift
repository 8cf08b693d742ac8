import Disk
import Zstd

/// Steps from commit to commit through a segment by headers alone.
struct SegmentWalker {
    /// A committed frame and where it lies.
    struct Commit {
        let footer: CommitFooter
        /// Byte of the frame's start.
        let frameOffset: UInt64
        /// Byte after the footer.
        var endOffset: UInt64 {
            frameOffset + UInt64(footer.compressedBytes) + UInt64(footer.byteCount)
        }
    }

    /// What lies at a place where a commit may start.
    enum Step {
        case commit(Commit)
        /// A seal or seek table starts, perhaps torn: no commit follows in this segment.
        case seal
        /// The file ends here, after a whole commit.
        case end
        /// No committed frame starts here, for this reason; bytes follow.
        case stopped(String)
    }

    let name: SegmentName
    /// For messages.
    let path: String
    let window: FileWindow

    /// Looks at `position`, where the commit with base offset `expected` belongs.
    func step(at position: UInt64, expecting expected: UInt64) throws(LogError) -> Step {
        let extent = try FrameBoundary.measure(at: position) { (position, count) throws(LogError) in
            try window.word(position, count)
        }
        let frameBytes: UInt64
        let contentSize: UInt64?
        switch extent {
        case .end: return .end
        case .torn: return try startsSeal(position) ? .seal : .stopped("the file ends inside a frame")
        case .corrupt(let reason): return .stopped(reason)
        case .skippable(SegmentSeal.magic, _), .skippable(SeekTable.frameMagic, _): return .seal
        case .skippable(let magic, _):
            return .stopped(
                "a skipped frame of magic 0x\(String(magic, radix: 16)) where a data frame belongs"
            )
        case .frame(let bytes, let size): (frameBytes, contentSize) = (bytes, size)
        }
        guard frameBytes <= UInt64(LogLimits.compressedBytesMax) else {
            return .stopped("a frame of \(frameBytes) bytes, more than \(LogLimits.compressedBytesMax)")
        }
        let footerAt = position + frameBytes
        guard let head = try window.word(footerAt, 8) else {
            return .stopped("the frame has no commit footer")
        }
        let footerBytes = 8 + Int(head >> 32)
        guard UInt32(truncatingIfNeeded: head) == CommitFooter.magic, footerBytes <= CommitFooter.byteCountMax
        else { return .stopped("no commit footer follows the frame") }
        guard let index = try window.load(footerAt, footerBytes) else {
            return .stopped("the file ends inside a commit footer")
        }
        let footer: CommitFooter
        do throws(FormatError) {
            footer = try CommitFooter.decode(window.buffer, index..<(index + footerBytes))
        } catch {
            if case .newerVersion(let version) = error {
                throw .newerFormat(file: path, byteOffset: footerAt, version: version)
            }
            return .stopped("no valid commit footer follows the frame")
        }
        guard footer.baseOffset == expected, UInt64(footer.compressedBytes) == frameBytes,
            contentSize == UInt64(footer.rawBytes)
        else { return .stopped("the commit footer is not that of record \(expected)") }
        return .commit(Commit(footer: footer, frameOffset: position))
    }

    /// Steps from the segment's start to where its commits end, and calls `visit` with each.
    ///
    /// Returns the byte after the last commit, the offset after its last record, and what lies there.
    func walk(
        _ visit: (Commit) throws(LogError) -> Void
    ) throws(LogError) -> (byteOffset: UInt64, nextOffset: UInt64, stop: Step) {
        var position: UInt64 = 0
        var offset = name.baseOffset
        while true {
            let step = try step(at: position, expecting: offset)
            guard case .commit(let commit) = step else { return (position, offset, step) }
            try visit(commit)
            position = commit.endOffset
            offset = commit.footer.nextOffset
        }
    }

    /// Whether a valid footer of a commit other than the one with base offset `expected` follows `position`.
    ///
    /// A crash can tear only the one commit that was being written, so such a footer proves that committed
    /// bytes before it were damaged later.
    func hasOtherCommit(after position: UInt64, expecting expected: UInt64) throws(LogError) -> Bool {
        var chunk = [UInt8](repeating: 0, count: FileWindow.contentReadAhead)
        var start = position
        while true {
            let count = try onDisk { () throws(DiskError) in
                try window.file.read(at: start, into: &chunk, range: 0..<chunk.count)
            }
            var from = 0
            while let index = Self.magicIndex(chunk, from..<count) {
                from = index + 1
                guard index + 8 <= count else { break }
                let end = index + 8 + Int(chunk.integer(at: index + 4, as: UInt32.self))
                guard end <= count, end - index <= CommitFooter.byteCountMax else { continue }
                do throws(FormatError) {
                    if try CommitFooter.decode(chunk, index..<end).baseOffset != expected { return true }
                } catch {
                    // Four bytes that only look like a footer: search on.
                }
            }
            guard count == chunk.count else { return false }
            // The next chunk overlaps, so that no footer is cut in two.
            start += UInt64(count - CommitFooter.byteCountMax)
        }
    }

    /// Whether the torn bytes at `position` are the beginning of a seal.
    private func startsSeal(_ position: UInt64) throws(LogError) -> Bool {
        guard let magic = try window.word(position, 4) else { return false }
        return magic == UInt64(SegmentSeal.magic) || magic == UInt64(SeekTable.frameMagic)
    }

    private static func magicIndex(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        bytes.withUnsafeBufferPointer { all in
            var index = range.lowerBound
            while index + 4 <= range.upperBound {
                if all[index] == 0x5B, all[index + 1] == 0x2A, all[index + 2] == 0x4D, all[index + 3] == 0x18
                {
                    return index
                }
                index += 1
            }
            return nil
        }
    }
}
