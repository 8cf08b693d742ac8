package import Disk
package import EventLog
package import Goals
import Zstd

/// Feeds lines from files or standard input into the log, durably and in order.
///
/// Works in batches: refused lines are made durable in quarantine first, then a frame is committed together with
/// the source's byte position. Killed anywhere, a rerun goes on behind the last commit: nothing acknowledged is
/// lost, and nothing enters twice. Memory is bounded by one chunk, one batch and the dedupe window.
package final class LineIngest {
    /// Raw bytes of lines that make a frame: 1 MiB.
    package static let frameBytesDefault = 1 << 20
    private static let chunkBytes = 1 << 18
    /// How long a pipe may pause before what has arrived is committed.
    private static let pauseMilliseconds: Int32 = 50

    private let writer: LogWriter
    private let quarantine: Quarantine
    private let now: @Sendable () -> Timestamp
    private let frameBytes: Int
    private var admission: EventAdmission

    private var batch: [UInt8] = []
    private var batchRecords: UInt32 = 0
    private var leastTime = Int64.max
    private var greatestTime = Int64.min
    private var summary = IngestSummary()

    /// Called after each commit with the summary so far and the input's bytes done.
    package var progress: ((IngestSummary) -> Void)?

    package init(
        writer: LogWriter,
        quarantine: Quarantine,
        admission: EventAdmission,
        frameBytes: Int = LineIngest.frameBytesDefault,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.writer = writer
        self.quarantine = quarantine
        self.admission = admission
        self.frameBytes = frameBytes
        self.now = now
    }

    /// Ingests one input to its end.
    ///
    /// `source` names it for resuming; nil for input that cannot be resumed.
    ///
    /// Zstd-compressed input is recognised by its first bytes; positions then count decompressed bytes.
    package func ingest(_ input: InputFile, source: String?) throws(IngestError) -> IngestSummary {
        summary = IngestSummary()
        summary.nextOffset = writer.nextOffset
        let resumeAt = source.flatMap { writer.sourcePosition(of: $0) } ?? 0
        summary.resumedAtByte = resumeAt
        var stream = IngestStream(
            splitter: LineSplitter(lineBytesMax: EventScanner.eventBytesMax, position: resumeAt),
            source: source,
            handled: resumeAt,
            toSkip: resumeAt
        )
        if let source {
            try attempt { () throws(DiskError) in try quarantine.recall(source: source, from: resumeAt) }
        }
        try feed(input, &stream)
        guard stream.toSkip == 0 else {
            throw .sourceChanged(
                source: source ?? input.path,
                detail: "it ends \(stream.toSkip) bytes before byte \(resumeAt), up to where it was ingested"
            )
        }
        try commit(stream.source, stream.handled)
        return summary
    }

    /// What belongs to the input being read.
    private struct IngestStream {
        var splitter: LineSplitter
        let source: String?
        /// Where the first line begins that is not in the batch, the log or quarantine.
        var handled: UInt64
        /// Bytes still to pass over, committed by an earlier run.
        var toSkip: UInt64
        /// The byte before the resumed position, once passed.
        var lastSkipped: UInt8?
    }

    private func feed(_ input: InputFile, _ stream: inout IngestStream) throws(IngestError) {
        var chunk: [UInt8] = []
        var decompressor: StreamDecompressor?
        var isFirst = true
        while true {
            if batchRecords > 0, !input.isReadable(withinMilliseconds: Self.pauseMilliseconds) {
                try commit(stream.source, stream.handled)
            }
            let count: Int
            do throws(DiskError) {
                count = try input.read(into: &chunk, byteCountMax: Self.chunkBytes)
            } catch {
                throw .disk(error)
            }
            if isFirst, count >= 4, chunk[..<4].elementsEqual([0x28, 0xB5, 0x2F, 0xFD]) {
                decompressor = try makeDecompressor(input)
            }
            isFirst = false
            if count == 0 { break }
            if let decompressor {
                try decompress(chunk.span.extracting(0..<count), decompressor, input, &stream)
            } else {
                try take(chunk.span.extracting(0..<count), &stream)
            }
        }
        if let decompressor {
            do throws(ZstdError) {
                try decompressor.finish()
            } catch {
                try commit(stream.source, stream.handled)
                throw .badCompression(path: input.path, detail: "\(error)")
            }
        }
        let none: [UInt8] = []
        try split(none.span, isEnd: true, &stream)
    }

    private func makeDecompressor(_ input: InputFile) throws(IngestError) -> StreamDecompressor {
        do throws(ZstdError) {
            return try StreamDecompressor()
        } catch {
            throw .badCompression(path: input.path, detail: "\(error)")
        }
    }

    private func decompress(
        _ bytes: Span<UInt8>,
        _ decompressor: StreamDecompressor,
        _ input: InputFile,
        _ stream: inout IngestStream
    ) throws(IngestError) {
        do throws(StreamFailure<IngestError>) {
            try decompressor.decompress(bytes.bytes) { part throws(IngestError) in
                try take(part.span, &stream)
            }
        } catch {
            switch error {
            case .consumer(let error): throw error
            case .zstd(let error):
                // The lines before the damage are good: keep them.
                try commit(stream.source, stream.handled)
                throw .badCompression(path: input.path, detail: "\(error)")
            }
        }
    }

    /// Passes over what is committed, then cuts lines.
    private func take(_ bytes: Span<UInt8>, _ stream: inout IngestStream) throws(IngestError) {
        summary.inputBytes += UInt64(bytes.count)
        let skipped = min(stream.toSkip, UInt64(bytes.count))
        if skipped > 0 {
            stream.toSkip -= skipped
            stream.lastSkipped = bytes[Int(skipped) - 1]
        }
        let rest = bytes.extracting(Int(skipped)..<bytes.count)
        guard rest.count > 0 else { return }
        if let last = stream.lastSkipped {
            // The position lies behind a whole line, unless the input's last line had no end back then.
            guard last == UInt8(ascii: "\n") || rest[0] == UInt8(ascii: "\n") else {
                throw .sourceChanged(
                    source: stream.source ?? "the input",
                    detail: "byte \(stream.splitter.position), up to where it was ingested, is inside a line"
                )
            }
            stream.lastSkipped = nil
        }
        try split(rest, isEnd: false, &stream)
    }

    private func split(
        _ bytes: Span<UInt8>,
        isEnd: Bool,
        _ stream: inout IngestStream
    ) throws(IngestError) {
        let source = stream.source
        // The position a commit in here may claim: behind the lines handled so far, not behind the chunk.
        var position = stream.handled
        try stream.splitter.split(bytes, isEnd: isEnd) { (piece, bytes) throws(IngestError) in
            switch piece {
            case .line(let byteOffset, let next):
                try line(bytes, source, byteOffset)
                position = next
            case .oversized(let byteOffset, let next):
                let time = now()
                try attempt { () throws(DiskError) in
                    try quarantine.addOversized(
                        bytes,
                        isLast: next != nil,
                        source: source,
                        byteOffset: byteOffset,
                        now: time
                    )
                }
                if let next {
                    summary.quarantined[.tooLong, default: 0] += 1
                    position = next
                }
            }
            if batch.count >= frameBytes { try commit(source, position) }
        }
        stream.handled = position
    }

    private func line(_ line: Span<UInt8>, _ source: String?, _ byteOffset: UInt64) throws(IngestError) {
        guard !Self.isBlank(line) else {
            summary.blankLines += 1
            return
        }
        let time = now()
        let origin: EventAdmission.Origin =
            if let source { .source(source, byteOffset: byteOffset) } else { .unnamed }
        let decision = admission.admit(
            line,
            origin: origin,
            offset: writer.nextOffset + UInt64(batchRecords),
            now: time,
            into: &batch
        )
        switch decision {
        case .accepted(let eventTime):
            batchRecords += 1
            leastTime = min(leastTime, eventTime.milliseconds)
            greatestTime = max(greatestTime, eventTime.milliseconds)
        case .duplicate: summary.duplicates += 1
        case .otherNamespace: summary.otherNamespace += 1
        case .rejected(let fault):
            try attempt { () throws(DiskError) in
                try quarantine.add(
                    line: line,
                    fault: fault,
                    source: source,
                    byteOffset: byteOffset,
                    now: time
                )
            }
            summary.quarantined[fault.reason, default: 0] += 1
        }
    }

    /// Makes quarantine and then the batch durable.
    private func commit(_ source: String?, _ position: UInt64) throws(IngestError) {
        try attempt { () throws(DiskError) in try quarantine.sync() }
        guard batchRecords > 0 else { return }
        let content = FrameContent(
            bytes: batch,
            recordCount: batchRecords,
            leastTime: leastTime,
            greatestTime: greatestTime,
            source: source.map { SourcePosition(name: $0, byteOffset: position) }
        )
        do throws(LogError) {
            _ = try writer.append(content)
        } catch {
            throw .log(error)
        }
        summary.accepted += UInt64(batchRecords)
        summary.nextOffset = writer.nextOffset
        batch.removeAll(keepingCapacity: true)
        batchRecords = 0
        leastTime = .max
        greatestTime = .min
        progress?(summary)
    }

    private func attempt(_ body: () throws(DiskError) -> Void) throws(IngestError) {
        do throws(DiskError) {
            try body()
        } catch {
            throw .disk(error)
        }
    }

    private static func isBlank(_ line: Span<UInt8>) -> Bool {
        for index in 0..<line.count where line[index] > 0x20 { return false }
        return true
    }
}
