package import EventLog
import Goals

extension DedupeWindow {
    /// Remembers the ids of the newest records before `end`, as many as it holds.
    package mutating func recall(
        _ directory: LogDirectory,
        end: UInt64,
        _ preparer: inout EventPreparer
    ) throws(LogError) {
        let held = UInt64(capacity)
        guard held > 0, end > 0 else { return }
        let start = max(try directory.firstOffset(), end > held ? end - held : 0)
        let reader = try LogReader(volume: directory.volume, directory: directory.path, from: start)
        while reader.nextOffset < end, try reader.nextFrame() {
            let bytes = reader.paddedBytes
            var at = reader.byteRange.lowerBound
            for index in 0..<UInt64(reader.recordCount) {
                let lineEnd = LineEnd.next(in: bytes.span, from: at) ?? reader.byteRange.upperBound
                if let key = preparer.key(ofRecord: bytes.span.extracting(at..<lineEnd)) {
                    insert(key, offset: reader.baseOffset + index, now: reader.committedAt)
                }
                at = lineEnd + 1
            }
        }
    }
}
