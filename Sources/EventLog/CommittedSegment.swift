package import Disk

/// As much of a segment as is committed, for who copies a log beside its writer.
package struct CommittedSegment: Hashable, Sendable {
    package let name: SegmentName
    package let path: String
    /// Bytes from the file's start that hold nothing but committed frames and, of a sealed one, its seal.
    package let byteCount: UInt64
    /// Log offset after the last of them.
    package let nextOffset: UInt64
    /// Whether no byte of the file changes any more; compaction puts another file in its place.
    package let isSealed: Bool
    /// Which file was looked at.
    package let identity: FileIdentity
}

extension LogDirectory {
    /// All segments as they are now, in log order; they follow each other without a gap.
    ///
    /// Throws `.gap` where they do not, which may also mean that retention or compaction was at work: look again.
    package func committed() throws(LogError) -> [CommittedSegment] {
        _ = try identity()
        let names = try segmentNames()
        var segments: [CommittedSegment] = []
        for name in names {
            // Removed meanwhile: by retention from the log's start, by compaction when a neighbour holds its records.
            guard let file = try openIfPresent(name) else { continue }
            let segment = try committed(name, file, isLast: name == names.last)
            if let previous = segments.last, previous.nextOffset != name.baseOffset {
                throw .gap(
                    file: segment.path,
                    expectedOffset: previous.nextOffset,
                    foundOffset: name.baseOffset
                )
            }
            segments.append(segment)
        }
        return segments
    }

    private func committed(
        _ name: SegmentName,
        _ file: any OpenFile,
        isLast: Bool
    ) throws(LogError) -> CommittedSegment {
        let identity = try onDisk { () throws(DiskError) in try file.identity() }
        if let tail = try SealedTail.read(file, name: name) {
            return CommittedSegment(
                name: name,
                path: path(of: name),
                byteCount: tail.fileBytes,
                nextOffset: tail.seal.nextOffset,
                isSealed: true,
                identity: identity
            )
        }
        let walker = walker(name, file)
        let (end, offset, stop) = try walker.walk { _ in }
        if case .stopped(let reason) = stop {
            // Bytes of a commit under way are no damage; any behind them would be.
            var isDamage = !isLast
            if !isDamage { isDamage = try walker.hasOtherCommit(after: end, expecting: offset) }
            if isDamage {
                throw .damaged(file: walker.path, byteOffset: end, recordOffset: offset, reason: reason)
            }
        }
        return CommittedSegment(
            name: name,
            path: walker.path,
            byteCount: end,
            nextOffset: offset,
            isSealed: false,
            identity: identity
        )
    }
}
