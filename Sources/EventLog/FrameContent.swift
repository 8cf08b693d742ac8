import Glibc

/// A run of records to be committed together: whole lines and what the footer says of them.
package struct FrameContent: Sendable {
    /// NDJSON lines, each ended by a line feed, none empty; at most `LogLimits.frameBytesMax`.
    package var bytes: [UInt8]
    /// Lines in `bytes`.
    package var recordCount: UInt32
    /// Least event time, milliseconds since 1970.
    package var leastTime: Int64
    /// Greatest event time, milliseconds since 1970.
    package var greatestTime: Int64
    /// Where the source stands after the last record, where there is one.
    package var source: SourcePosition?

    package init(
        bytes: [UInt8],
        recordCount: UInt32,
        leastTime: Int64,
        greatestTime: Int64,
        source: SourcePosition? = nil
    ) {
        self.bytes = bytes
        self.recordCount = recordCount
        self.leastTime = leastTime
        self.greatestTime = greatestTime
        self.source = source
    }

    /// Throws `.invalidFrame` unless every line is a possible record and the counts are true.
    package func check() throws(LogError) {
        guard bytes.count <= LogLimits.frameBytesMax else {
            throw .invalidFrame(
                reason: "\(bytes.count) bytes, more than the \(LogLimits.frameBytesMax) of a frame"
            )
        }
        guard leastTime <= greatestTime else {
            throw .invalidFrame(reason: "least time \(leastTime) is after the greatest, \(greatestTime)")
        }
        if let source, !(1...SourcePosition.nameBytesMax).contains(source.name.utf8.count) {
            throw .invalidFrame(
                reason: "a source name has 1 to 255 UTF-8 bytes, not \(source.name.utf8.count)"
            )
        }
        let count = try RecordLines.count(bytes, 0..<bytes.count)
        guard count > 0, count == Int(recordCount) else {
            throw .invalidFrame(reason: "it holds \(count) records where \(recordCount) are announced")
        }
    }
}

/// Finds records in the content of a frame.
enum RecordLines {
    /// Records in `bytes[range]`; throws `.invalidFrame` for an empty, too long or unfinished line.
    static func count(_ bytes: [UInt8], _ range: Range<Int>) throws(LogError) -> Int {
        var count = 0
        var start = range.lowerBound
        while start < range.upperBound {
            guard let next = lineEnd(bytes, start..<range.upperBound) else {
                throw .invalidFrame(reason: "record \(count) of the frame has no line feed at its end")
            }
            guard next - start > 1 else {
                throw .invalidFrame(reason: "record \(count) of the frame is empty")
            }
            guard next - start <= LogLimits.recordBytesMax else {
                throw .invalidFrame(
                    reason: "record \(count) of the frame has \(next - start) bytes, "
                        + "more than \(LogLimits.recordBytesMax)"
                )
            }
            count += 1
            start = next
        }
        return count
    }

    /// Index of the line that follows `lines` lines in `bytes[range]`, nil when there are fewer.
    static func index(after lines: UInt64, in bytes: [UInt8], _ range: Range<Int>) -> Int? {
        var start = range.lowerBound
        for _ in 0..<lines {
            guard let next = lineEnd(bytes, start..<range.upperBound) else { return nil }
            start = next
        }
        return start
    }

    /// Index after the first line feed in `bytes[range]`, nil when there is none.
    private static func lineEnd(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        guard !range.isEmpty else { return nil }
        return bytes.withUnsafeBytes { all in
            let rest = UnsafeRawBufferPointer(rebasing: all[range])
            guard let base = rest.baseAddress, let found = memchr(base, 0x0A, rest.count) else { return nil }
            return range.lowerBound + (UnsafeRawPointer(found) - base) + 1
        }
    }
}
