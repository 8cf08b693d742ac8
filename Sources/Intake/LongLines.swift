import Disk
import Goals
import Ingest

/// Lines too long to be held, which come in parts and go into quarantine files of their own.
///
/// Each has a `Quarantine` to itself, so that what others refuse may come in between.
struct LongLines {
    /// Most lines at once; one more drops the oldest, whose sender is then told.
    private static let linesMax = 16

    private struct Line {
        let name: String
        let quarantine: Quarantine
        var byteCount: UInt64
    }

    private var lines: [Line] = []

    /// Adds a part and says how many bytes of its line are kept; with the last one durably.
    ///
    /// Nil where the parts before it are not here. After an error the line has to be sent anew.
    mutating func add(
        _ bytes: [UInt8],
        _ part: Handover.LongLine,
        now: Timestamp,
        makeQuarantine: () -> Quarantine
    ) throws(DiskError) -> UInt64? {
        let index = lines.firstIndex { $0.name == part.line }
        // Taken out until the part is written: an error leaves half a part.
        var line =
            index.map { lines.remove(at: $0) }
            ?? Line(name: part.line, quarantine: makeQuarantine(), byteCount: 0)
        guard line.byteCount == part.at else { return nil }
        try line.quarantine.addOversized(
            bytes.span,
            isLast: part.isLast,
            source: part.source,
            byteOffset: part.position,
            now: now
        )
        line.byteCount += UInt64(bytes.count)
        if part.isLast {
            try line.quarantine.sync()
            return line.byteCount
        }
        if lines.count == Self.linesMax { lines.removeFirst() }
        lines.append(line)
        return line.byteCount
    }
}
