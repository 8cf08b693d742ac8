package import Disk
import Zstd

/// Reads committed records in order, from any offset, and follows the log as it grows; needs no lock.
///
/// Its place is a record offset, so segments may be sealed, rolled and replaced by rename while it reads. It
/// belongs to one task at a time; any number of readers may work at once. Calls block.
package final class LogReader {
    /// Readable zero bytes after the records in `paddedBytes`, for parsers that load whole vectors.
    package static let padding = 64

    /// An open segment and where the next commit in it starts.
    private struct Place {
        let walker: SegmentWalker
        let identity: FileIdentity
        var byteOffset: UInt64
        /// Base offset of the commit at `byteOffset`; not after the reader's next offset.
        var commitOffset: UInt64
        /// Whether records were read that may not be durable yet.
        var needsSync = false
    }

    /// The last commit that was read, and the load of the window that it came from.
    private struct LastRead {
        let walker: SegmentWalker
        let identity: FileIdentity
        let commit: SegmentWalker.Commit
        let loadCount: Int
    }

    private let directory: LogDirectory
    private let decompressor: FrameDecompressor
    private var place: Place?
    private var lastRead: LastRead?
    /// Offset of the record that the next call starts with.
    package private(set) var nextOffset: UInt64
    /// Offset of the first record in `bytes`.
    package private(set) var baseOffset: UInt64
    /// Records in `bytes`.
    package private(set) var recordCount = 0
    /// Least event time of the whole frame, milliseconds since 1970.
    package private(set) var leastTime: Int64 = 0
    /// Greatest event time of the whole frame, milliseconds since 1970.
    package private(set) var greatestTime: Int64 = 0
    /// When the frame was committed, milliseconds since 1970.
    package private(set) var committedAt: Int64 = 0
    /// Holds the records in `byteRange` and at least `padding` bytes after them; reused by the next
    /// `nextFrame`.
    package private(set) var paddedBytes: [UInt8] = []
    /// Where in `paddedBytes` the records are: whole lines.
    package private(set) var byteRange: Range<Int> = 0..<0

    /// Opens the log at `offset`, anywhere from its first record to its end.
    ///
    /// Throws `.offsetBeyondEnd` or `.offsetRetained` outside of that, `.notALog` where no log was made.
    package init(volume: any Volume, directory: String, from offset: UInt64) throws(LogError) {
        self.directory = LogDirectory(volume: volume, path: directory)
        nextOffset = offset
        baseOffset = offset
        do throws(ZstdError) { decompressor = try FrameDecompressor() } catch {
            throw .compression(error.description)
        }
        _ = try self.directory.identity()
        place = try locate(offset)
    }

    /// The records of the last frame, without a copy.
    package var bytes: ArraySlice<UInt8> { paddedBytes[byteRange] }

    /// Reads the next frame's records, or those of it from the wanted offset on; false at the committed end.
    ///
    /// Frames that `isWanted` refuses by their footers are passed over without decompressing; a footer is
    /// that of the whole frame. After false, call again later. Throws `.damaged` where committed records
    /// cannot be read.
    package func nextFrame(where isWanted: (CommitFooter) -> Bool = { _ in true }) throws(LogError) -> Bool {
        place?.walker.window.readAhead = FileWindow.contentReadAhead
        var found = try nextCommit()
        while let passed = found, !isWanted(passed.footer) {
            (byteRange, recordCount) = (0..<0, 0)
            advance(passed)
            found = try nextCommit()
        }
        guard let commit = found, let place else { return false }
        let count = try content(of: commit, place)
        let skipped = nextOffset - commit.footer.baseOffset
        guard let start = RecordLines.index(after: skipped, in: paddedBytes, 0..<count) else {
            throw damaged(commit, "it holds fewer records than its footer says")
        }
        byteRange = start..<count
        recordCount = Int(commit.footer.nextOffset - nextOffset)
        advance(commit)
        return true
    }

    /// Steps over the next frame and returns its footer, without decompressing; nil at the committed end.
    ///
    /// The footer is that of the whole frame, also where the reader started inside it.
    package func nextFooter() throws(LogError) -> CommitFooter? {
        place?.walker.window.readAhead = FileWindow.headerReadAhead
        guard let commit = try nextCommit() else { return nil }
        (byteRange, recordCount) = (0..<0, 0)
        advance(commit)
        return commit.footer
    }

    /// Makes all records read so far durable: call it before anything is stored that depends on them.
    ///
    /// A frame can be read before its writer has synced it. Only the last segment can hold such, for a
    /// segment is synced before the next one exists. Throws `.takenBack` where a writer whose append failed has
    /// cut records that were read: nothing may be stored then, and the reader is of no more use.
    package func syncRead() throws(LogError) {
        guard let place, place.needsSync else { return }
        try onDisk { () throws(DiskError) in
            try place.walker.window.file.syncData()
            try directory.volume.syncDirectory(directory.path)
        }
        try checkLastRead()
        self.place?.needsSync = false
    }

    /// Throws `.takenBack` when the last commit that was read is not in the log any more.
    ///
    /// Its bytes may come from a window that was loaded before a failed append was cut. Only the last commit of a load
    /// needs the look: a commit that was loaded together with the next one had been acknowledged by then.
    private func checkLastRead() throws(LogError) {
        guard let lastRead else { return }
        let (commit, file) = (lastRead.commit, lastRead.walker.window.file)
        var bytes = [UInt8](repeating: 0, count: commit.footer.byteCount)
        let count = try onDisk { () throws(DiskError) in
            try file.read(
                at: commit.endOffset - UInt64(bytes.count),
                into: &bytes,
                range: 0..<bytes.count
            )
        }
        var isThere = count == bytes.count && bytes == commit.footer.encoded()
        // A segment that failed to begin is removed; only sealed ones are removed or replaced otherwise.
        if isThere, try SealedTail.read(file, name: lastRead.walker.name) == nil {
            isThere = try isCurrent(lastRead.walker.path, lastRead.identity)
        }
        guard isThere else { throw .takenBack(offset: commit.footer.baseOffset) }
    }

    private func advance(_ commit: SegmentWalker.Commit) {
        baseOffset = nextOffset
        (leastTime, greatestTime) = (commit.footer.leastTime, commit.footer.greatestTime)
        committedAt = commit.footer.committedAt
        nextOffset = commit.footer.nextOffset
        place?.byteOffset = commit.endOffset
        place?.commitOffset = nextOffset
        place?.needsSync = true
        guard let place else { return }
        lastRead = LastRead(
            walker: place.walker,
            identity: place.identity,
            commit: commit,
            loadCount: place.walker.window.loadCount
        )
    }

    /// The commit that holds the next record, nil at the committed end.
    private func nextCommit() throws(LogError) -> SegmentWalker.Commit? {
        var isRelocated = false
        // Each turn returns, throws, goes on to a later segment, or looks or finds its place anew, at most once.
        while true {
            guard let place else {
                self.place = try locate(nextOffset)
                if self.place == nil { return nil }
                isRelocated = true
                continue
            }
            let wasEmpty = place.walker.window.isEmpty
            let step = try place.walker.step(at: place.byteOffset, expecting: place.commitOffset)
            if case .commit(let commit) = step {
                let window = place.walker.window
                if let lastRead, lastRead.walker.window !== window || lastRead.loadCount != window.loadCount {
                    try checkLastRead()
                }
                return commit
            }
            // What was loaded may be out of date by the next call.
            place.walker.window.drop()
            // And by this one: an append that was under way when it was loaded may have been acknowledged since.
            if !wasEmpty { continue }
            let isEnd = if case .stopped = step { false } else { true }
            if isEnd, try enterSuccessor(of: place) { continue }
            // First of all: what looks like a log that lost its end may be one whose writer took a failed append back.
            try checkLastRead()
            guard let suspicion = try suspicion(step, place) else { return nil }
            guard isRelocated else {
                self.place = try locate(nextOffset)
                if self.place == nil { return nil }
                self.place?.needsSync = place.needsSync
                isRelocated = true
                continue
            }
            throw suspicion
        }
    }

    /// Why the place is not simply the committed end, nil when it is.
    private func suspicion(_ step: SegmentWalker.Step, _ place: Place) throws(LogError) -> LogError? {
        let path = place.walker.path
        let later = try directory.segmentNames().first { $0.baseOffset > place.walker.name.baseOffset }
        switch step {
        case .commit: return nil
        case .seal, .end:
            if let later {
                // It may have appeared just now.
                if later.baseOffset == place.commitOffset { return nil }
                return .gap(
                    file: directory.path(of: later),
                    expectedOffset: place.commitOffset,
                    foundOffset: later.baseOffset
                )
            }
            // A byte that turns a frame's magic number into the seal's must not look like the end.
            if case .seal = step,
                let tail = try SealedTail.read(place.walker.window.file, name: place.walker.name),
                tail.sealOffset != place.byteOffset, try isCurrent(path, place.identity)
            {
                return .damaged(
                    file: path,
                    byteOffset: place.byteOffset,
                    recordOffset: place.commitOffset,
                    reason: "a seal begins here, and the segment's own at byte \(tail.sealOffset)"
                )
            }
            // A writer that failed cuts or removes what was never acknowledged.
            let size = try onDisk { () throws(DiskError) in try place.walker.window.file.size() }
            if size >= place.byteOffset, try isCurrent(path, place.identity) { return nil }
            return .offsetBeyondEnd(offset: nextOffset, end: try directory.end())
        case .stopped(let reason):
            let file = place.walker.window.file
            if later == nil, try SealedTail.read(file, name: place.walker.name) == nil,
                try isCurrent(path, place.identity),
                try !place.walker.hasOtherCommit(after: place.byteOffset, expecting: place.commitOffset)
            {
                return nil
            }
            return .damaged(
                file: path,
                byteOffset: place.byteOffset,
                recordOffset: place.commitOffset,
                reason: reason
            )
        }
    }

    /// Whether the path still names the file that is open.
    private func isCurrent(_ path: String, _ identity: FileIdentity) throws(LogError) -> Bool {
        do throws(DiskError) {
            return try directory.volume.identity(path) == identity
        } catch {
            if error.code == DiskErrorCode.notFound { return false }
            throw .disk(error)
        }
    }

    /// Goes to the start of the segment that follows `place`, if there is one.
    private func enterSuccessor(of place: Place) throws(LogError) -> Bool {
        let name = SegmentName(baseOffset: place.commitOffset)
        guard name != place.walker.name, let file = try directory.openIfPresent(name) else { return false }
        self.place = try makePlace(name, file, byteOffset: 0, commitOffset: name.baseOffset)
        self.place?.walker.window.readAhead = place.walker.window.readAhead
        return true
    }

    private func makePlace(
        _ name: SegmentName,
        _ file: any OpenFile,
        byteOffset: UInt64,
        commitOffset: UInt64
    ) throws(LogError) -> Place {
        let identity = try onDisk { () throws(DiskError) in try file.identity() }
        return Place(
            walker: directory.walker(name, file),
            identity: identity,
            byteOffset: byteOffset,
            commitOffset: commitOffset
        )
    }

    /// The commit that holds the record `offset`, or the end of the log; nil for offset 0 of an empty log.
    private func locate(_ offset: UInt64) throws(LogError) -> Place? {
        // Segments may be rolled or deleted between the listing and the reading: look again, twice.
        for _ in 0..<3 {
            let names = try directory.segmentNames()
            guard let first = names.first else {
                if offset == 0 { return nil }
                throw .offsetBeyondEnd(offset: offset, end: 0)
            }
            guard let index = names.lastIndex(where: { $0.baseOffset <= offset }) else {
                throw .offsetRetained(offset: offset, first: first.baseOffset)
            }
            guard let file = try directory.openIfPresent(names[index]) else { continue }
            if let place = try locate(offset, in: names[index], file) { return place }
            if index + 1 < names.count {
                let next = names[index + 1]
                throw .gap(
                    file: directory.path(of: next),
                    expectedOffset: offset,
                    foundOffset: next.baseOffset
                )
            }
        }
        throw .offsetBeyondEnd(offset: offset, end: try directory.end())
    }

    /// The place of `offset` in a segment, nil when the segment ends before it.
    private func locate(
        _ offset: UInt64,
        in name: SegmentName,
        _ file: any OpenFile
    ) throws(LogError) -> Place? {
        if offset == name.baseOffset { return try makePlace(name, file, byteOffset: 0, commitOffset: offset) }
        if let tail = try SealedTail.read(file, name: name) {
            if offset > tail.seal.nextOffset { return nil }
            if offset == tail.seal.nextOffset {
                return try makePlace(name, file, byteOffset: tail.sealOffset, commitOffset: offset)
            }
            if let (byte, base) = try tail.position(of: offset, in: file) {
                return try makePlace(name, file, byteOffset: byte, commitOffset: base)
            }
        }
        let walker = directory.walker(name, file)
        var (position, base) = (UInt64(0), name.baseOffset)
        while base < offset, case .commit(let commit) = try walker.step(at: position, expecting: base) {
            if commit.footer.nextOffset > offset { break }
            (position, base) = (commit.endOffset, commit.footer.nextOffset)
        }
        let step = try walker.step(at: position, expecting: base)
        if case .stopped(let reason) = step, base < offset {
            let isLast = try directory.segmentNames().last == name
            let isFollowed = try walker.hasOtherCommit(after: position, expecting: base)
            if !isLast || isFollowed {
                throw .damaged(
                    file: walker.path,
                    byteOffset: position,
                    recordOffset: base,
                    reason: reason
                )
            }
        }
        if case .commit = step {} else if base < offset { return nil }
        return try makePlace(name, file, byteOffset: position, commitOffset: base)
    }

    /// Decompresses a commit into `paddedBytes` and returns its size in bytes.
    private func content(of commit: SegmentWalker.Commit, _ place: Place) throws(LogError) -> Int {
        do throws(LogError) {
            return try decompress(commit, place)
        } catch {
            guard case .damaged = error else { throw error }
        }
        // The window may hold bytes that were cut and written anew since they were loaded.
        place.walker.window.drop()
        return try decompress(commit, place)
    }

    private func decompress(_ commit: SegmentWalker.Commit, _ place: Place) throws(LogError) -> Int {
        let window = place.walker.window
        let frameBytes = Int(commit.footer.compressedBytes)
        guard let index = try window.load(commit.frameOffset, frameBytes) else {
            throw damaged(commit, "the file ends inside the frame")
        }
        let range = index..<(index + frameBytes)
        // The frame's own checksum vouches for its content, not for its being this footer's.
        guard CRC32C.checksum(window.buffer, range) == commit.footer.frameChecksum else {
            throw damaged(commit, "the frame does not match the checksum in its footer")
        }
        let rawBytes = Int(commit.footer.rawBytes)
        let count: Int
        do throws(ZstdError) {
            let loaded = window.buffer
            count = try decompressor.decompress(
                loaded.span.bytes.extracting(range),
                into: &paddedBytes,
                contentBytesMax: rawBytes,
                padding: Self.padding
            )
        } catch {
            if error == .outOfMemory { throw .compression(error.description) }
            throw damaged(commit, error.description)
        }
        guard count == rawBytes, paddedBytes[count - 1] == 0x0A else {
            throw damaged(commit, "the content is not the whole lines that its footer announces")
        }
        return count
    }

    private func damaged(_ commit: SegmentWalker.Commit, _ reason: String) -> LogError {
        .damaged(
            file: place?.walker.path ?? directory.path,
            byteOffset: commit.frameOffset,
            recordOffset: commit.footer.baseOffset,
            reason: reason
        )
    }
}
