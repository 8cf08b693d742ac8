import EventLog
import Goals

/// `goalpost log cat`: the records that a filter wants, in log order.
///
/// Segments are passed over by their seals, frames by their footers, and lines by the strings they would have to
/// hold, so that little of what is not wanted is decompressed or parsed. Memory: a frame and a chunk of output.
package struct LogCatJob {
    /// Output is handed on in chunks of about this many bytes.
    private static let chunkBytes = 1 << 20

    private let access: LogAccess

    package init(access: LogAccess) { self.access = access }

    /// Hands the wanted records to `emit` and returns how many there were, at most `limit`.
    ///
    /// `emit` gets whole lines and returns false when it wants no more; nil only counts. Reads to the log's end
    /// as it is when it gets there.
    package func run(
        _ filter: RecordFilter,
        limit: UInt64 = .max,
        emit: (([UInt8]) throws -> Bool)?
    ) throws -> UInt64 {
        guard limit > 0 else { return 0 }
        let directory = access.directory
        let segments = try directory.segments()
        let from = try filter.fromOffset ?? directory.firstOffset()
        // Offsets that are deleted or not written yet are errors, not an empty answer.
        var reader: LogReader? = try LogReader(volume: access.volume, directory: directory.path, from: from)
        var run = Run(filter, limit: limit, emit: emit)
        for (index, segment) in segments.enumerated() where !run.isOver {
            let next = segment.baseOffset + segment.recordCount
            let isLast = index + 1 == segments.count
            // The last one may have grown since.
            guard isLast || (next > from && !Self.isOutside(segment, filter)) else {
                reader = nil
                continue
            }
            let current =
                try reader
                ?? LogReader(
                    volume: access.volume,
                    directory: directory.path,
                    from: max(from, segment.baseOffset)
                )
            reader = current
            while isLast || current.nextOffset < next, !run.isOver, try run.readFrame(current) {}
        }
        try run.finish()
        return run.count
    }

    private static func isOutside(_ segment: SegmentSummary, _ filter: RecordFilter) -> Bool {
        if let to = filter.toOffset, segment.baseOffset >= to { return true }
        guard let least = segment.leastTime, let greatest = segment.greatestTime else { return true }
        return filter.span(least, greatest) == .outside
    }

    /// One pass over the wanted frames.
    private struct Run {
        let filter: RecordFilter
        let limit: UInt64
        let emit: (([UInt8]) throws -> Bool)?
        var search: RecordSearch
        var output: [UInt8] = []
        var count: UInt64 = 0
        /// Whether no further record is wanted.
        var isOver = false

        init(_ filter: RecordFilter, limit: UInt64, emit: (([UInt8]) throws -> Bool)?) {
            self.filter = filter
            self.limit = limit
            self.emit = emit
            search = RecordSearch(filter)
        }

        /// Goes on to the next wanted frame and takes its records; false at the log's end.
        mutating func readFrame(_ reader: LogReader) throws -> Bool {
            let (filter, to) = (filter, filter.toOffset ?? .max)
            let countsFrames = emit == nil && !filter.looksInside
            var counted: UInt64 = 0
            var wanted = RecordFilter.TimeSpan.inside
            var next = reader.nextOffset
            let isFound = try reader.nextFrame { footer in
                wanted = filter.span(footer.leastTime, footer.greatestTime)
                if footer.baseOffset >= to { return true }
                let isWhole = countsFrames && wanted == .inside && footer.nextOffset <= to
                if isWhole { counted += footer.nextOffset - max(footer.baseOffset, next) }
                next = footer.nextOffset
                return wanted != .outside && !isWhole
            }
            count += min(counted, limit - count)
            if count == limit { isOver = true }
            guard isFound, !isOver else { return isFound }
            guard reader.baseOffset < to else {
                isOver = true
                return true
            }
            try take(reader, upTo: to, checksTime: wanted == .partly)
            return true
        }

        private mutating func take(_ reader: LogReader, upTo to: UInt64, checksTime: Bool) throws {
            let bytes = reader.paddedBytes
            var range = reader.byteRange
            var records = UInt64(reader.recordCount)
            if to - reader.baseOffset <= records {
                isOver = true
                records = to - reader.baseOffset
                range = range.lowerBound..<Self.end(bytes, range, after: records)
            }
            if !filter.looksInside, !checksTime {
                if records > limit - count {
                    records = limit - count
                    range = range.lowerBound..<Self.end(bytes, range, after: records)
                }
                count += records
                try add(bytes[range])
            } else {
                let text = bytes.span.extracting(range)
                var (count, output) = (count, output)
                // Out of the property while it grows, so that its bytes are not copied.
                self.output = []
                let (limit, isEmitting) = (limit, emit != nil)
                search.search(text, checksTime: checksTime) { line in
                    count += 1
                    if isEmitting {
                        output +=
                            bytes[(range.lowerBound + line.lowerBound)..<(range.lowerBound + line.upperBound)]
                    }
                    return count < limit
                }
                (self.count, self.output) = (count, output)
                try add([])
            }
            if count == limit { isOver = true }
        }

        private mutating func add(_ bytes: ArraySlice<UInt8>) throws {
            guard emit != nil else { return }
            output += bytes
            if output.count >= LogCatJob.chunkBytes { try handOn() }
        }

        private mutating func handOn() throws {
            guard let emit, !output.isEmpty else { return }
            if try !emit(output) { isOver = true }
            output.removeAll(keepingCapacity: true)
        }

        mutating func finish() throws { try handOn() }

        /// Index after the first `lines` lines of `bytes[range]`.
        private static func end(_ bytes: [UInt8], _ range: Range<Int>, after lines: UInt64) -> Int {
            var at = range.lowerBound
            for _ in 0..<lines { at = (LineEnd.next(in: bytes.span, from: at) ?? range.upperBound - 1) + 1 }
            return at
        }
    }
}
