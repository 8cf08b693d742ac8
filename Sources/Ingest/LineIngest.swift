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
    /// How often a quiet pipe is left to see whether the segment has to be sealed.
    private static let quietMilliseconds: Int32 = 1000
    /// Refused bytes behind the last accepted line that a commit may span; a resume looks further back.
    private static let refusedBytesMax = 1 << 19

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
    /// Bytes of lines since the last accepted one.
    private var refusedBytes = 0

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
            passed: PassedInput(position: resumeAt, lastRecord: try lastRecord(of: source))
        )
        try feed(input, &stream)
        guard stream.passed.bytesLeft == 0 else {
            throw .endsBefore(resumeAt, missing: stream.passed.bytesLeft, source: source ?? input.path)
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
        /// What an earlier run committed.
        var passed: PassedInput
    }

    private func feed(_ input: InputFile, _ stream: inout IngestStream) throws(IngestError) {
        var chunk: [UInt8] = []
        var decompressor: StreamDecompressor?
        var isFirst = true
        while true {
            try awaitInput(input, stream)
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

    /// Waits for input; commits what has arrived when it pauses, and seals a segment that grew old meanwhile.
    private func awaitInput(_ input: InputFile, _ stream: IngestStream) throws(IngestError) {
        while true {
            let isPending = batchRecords > 0 || quarantine.hasUnsynced
            let patience = isPending ? Self.pauseMilliseconds : Self.quietMilliseconds
            if input.isReadable(withinMilliseconds: patience) { return }
            if isPending { try commit(stream.source, stream.handled) }
            do throws(LogError) {
                _ = try writer.rollIfDue()
            } catch {
                throw .log(error)
            }
        }
    }

    private func lastRecord(of source: String?) throws(IngestError) -> [UInt8]? {
        guard let source else { return nil }
        do throws(LogError) {
            return try writer.lastRecordText(of: source)
        } catch {
            throw .log(error)
        }
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
        let passed = stream.passed.pass(bytes)
        if passed > 0, stream.passed.bytesLeft == 0, !stream.passed.isKnown(&admission) {
            throw .otherBytes(before: stream.splitter.position, source: stream.source ?? "the input")
        }
        let rest = bytes.extracting(passed..<bytes.count)
        if rest.count > 0 { try split(rest, isEnd: false, &stream) }
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
                let isRefused = try line(bytes, source, byteOffset)
                // A last line without its end may still be written to: the next run looks at it again.
                if !(isEnd && isRefused) { position = next }
            case .oversized(let byteOffset, let next):
                if batchRecords > 0 { try commit(source, position) }
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
                    if !isEnd { position = next }
                }
            }
            if batch.count >= frameBytes || (refusedBytes >= Self.refusedBytesMax && batchRecords > 0) {
                try commit(source, position)
            }
        }
        stream.handled = position
    }

    /// Takes a line in; true when it was refused and went to quarantine.
    private func line(
        _ line: Span<UInt8>,
        _ source: String?,
        _ byteOffset: UInt64
    ) throws(IngestError) -> Bool {
        refusedBytes += line.count + 1
        guard !Self.isBlank(line) else {
            summary.blankLines += 1
            return false
        }
        let time = now()
        let origin: EventPreparer.Origin =
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
            refusedBytes = 0
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
            return true
        }
        return false
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
        for index in 0..<line.count {
            let byte = line[index]
            if byte != 0x20, byte != 0x09, byte != 0x0D { return false }
        }
        return true
    }
}
