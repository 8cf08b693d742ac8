import Goals
import Ingest
import Intake

/// Cuts one handed-over body into batches of checked lines, each of bounded size.
struct LineReader {
    private let bytes: [UInt8]
    private let source: String?
    /// The source's byte that the body begins at.
    private let position: UInt64
    private let batchBytes: Int
    private let now: @Sendable () -> Timestamp
    private var preparer: EventPreparer
    /// Where the next line begins in `bytes`.
    private var at = 0
    /// Lines of white space that were passed over.
    private(set) var blankLines: UInt64 = 0

    init(
        _ bytes: [UInt8],
        source: String?,
        position: UInt64,
        queue: IntakeQueue,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.bytes = bytes
        self.source = source
        self.position = position
        preparer = queue.preparer(isOwner: true)
        batchBytes = queue.batchBytes
        self.now = now
    }

    /// The next batch, nil behind the last; `committed` is how far the log has the source.
    mutating func next(committed: UInt64) -> EventBatch? {
        let start = position + UInt64(at)
        var batch =
            source.map { EventBatch(source: SourceClaim(name: $0, committed: committed, start: start)) }
            ?? EventBatch(keepsRefused: true)
        // Each line is lent from here, while the reader itself goes on.
        let bytes = bytes
        while at < bytes.count, batch.byteCount < batchBytes { add(bytes, to: &batch) }
        return batch.isEmpty ? nil : batch
    }

    private mutating func add(_ bytes: [UInt8], to batch: inout EventBatch) {
        let end = LineEnd.next(in: bytes.span, from: at)
        let line = bytes.span.extracting(at..<(end ?? bytes.count))
        let byteOffset = position + UInt64(at)
        at = end.map { $0 + 1 } ?? bytes.count
        if line.count > EventScanner.eventBytesMax {
            batch.refuseOversized(line, byteOffset: byteOffset)
            // A last line without its end may still be written to, as below.
            if end != nil { batch.cover(position + UInt64(at)) }
            return
        }
        if Self.isBlank(line) {
            blankLines += 1
            batch.cover(position + UInt64(at))
            return
        }
        let isRefused = batch.add(line, byteOffset: byteOffset, now: now(), &preparer)
        // A last line without its end may still be written to: the next run looks at it again.
        if end != nil || !isRefused { batch.cover(position + UInt64(at)) }
    }

    private static func isBlank(_ line: Span<UInt8>) -> Bool {
        for index in 0..<line.count where ![0x20, 0x09, 0x0D].contains(line[index]) { return false }
        return true
    }
}
