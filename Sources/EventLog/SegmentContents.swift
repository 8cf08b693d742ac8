import Zstd

/// The commits of a sealed segment one after another with their content, every byte of them checked.
///
/// Holds one compressed frame and one content at a time: at most 64 MiB each, and about 1 MiB as a rule.
final class SegmentContents {
    private let walker: SegmentWalker
    private let decompressor: FrameDecompressor
    /// Byte after the last commit read.
    private(set) var byteOffset: UInt64 = 0
    /// Log offset after the last record read.
    private(set) var nextOffset: UInt64
    /// Holds the last commit's content at its start.
    private(set) var buffer: [UInt8] = []
    /// Bytes of the last commit's content.
    private(set) var byteCount = 0

    init(_ walker: SegmentWalker) throws(LogError) {
        self.walker = walker
        walker.window.readAhead = FileWindow.contentReadAhead
        nextOffset = walker.name.baseOffset
        do throws(ZstdError) { decompressor = try FrameDecompressor() } catch {
            throw .compression(error.description)
        }
    }

    /// Reads the next commit into `buffer`; nil where the seal starts.
    ///
    /// Throws `.damaged` for anything else than a whole commit, its checksums and its lines.
    func next() throws(LogError) -> CommitFooter? {
        let commit: SegmentWalker.Commit
        switch try walker.step(at: byteOffset, expecting: nextOffset) {
        case .commit(let found): commit = found
        case .seal: return nil
        case .end: throw damaged("it ends without a seal")
        case .stopped(let reason): throw damaged(reason)
        }
        let footer = commit.footer
        let frameBytes = Int(footer.compressedBytes)
        guard let index = try walker.window.load(commit.frameOffset, frameBytes) else {
            throw damaged("the file ends inside the frame")
        }
        let range = index..<(index + frameBytes)
        guard CRC32C.checksum(walker.window.buffer, range) == footer.frameChecksum else {
            throw damaged("the frame does not match the checksum in its footer")
        }
        do throws(ZstdError) {
            let loaded = walker.window.buffer
            byteCount = try decompressor.decompress(
                loaded.span.bytes.extracting(range),
                into: &buffer,
                contentBytesMax: Int(footer.rawBytes)
            )
        } catch {
            if error == .outOfMemory { throw .compression(error.description) }
            throw damaged(error.description)
        }
        let lines: Int
        do throws(LogError) { lines = try RecordLines.count(buffer, 0..<byteCount) } catch {
            throw damaged(error.description)
        }
        guard byteCount == Int(footer.rawBytes), lines == Int(footer.recordCount) else {
            throw damaged("it holds \(lines) records in \(byteCount) bytes, its footer says otherwise")
        }
        byteOffset = commit.endOffset
        nextOffset = footer.nextOffset
        return footer
    }

    /// The error of damage where the next commit belongs.
    func damaged(_ reason: String) -> LogError {
        .damaged(file: walker.path, byteOffset: byteOffset, recordOffset: nextOffset, reason: reason)
    }
}
