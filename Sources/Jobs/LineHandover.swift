import Disk
import Foundation
import Goals
import Ingest
import IngestLink
import Zstd

/// Hands lines from files or standard input to the server that writes the log.
///
/// What is in the log afterwards is what `LineIngest` would have written: ids, order and positions. One batch is on
/// its way at a time; the next follows when it is durable. A line longer than `Handover.lineBytesMax` goes in parts,
/// so memory is bounded by that.
struct LineHandover {
    private static let chunkBytes = 1 << 18
    /// Compressed bytes taken at a time: what they can grow to is what memory has to hold.
    private static let compressedBytes = 512
    /// How long a pipe may pause before what has arrived is handed over.
    private static let pauseMilliseconds: Int32 = 50
    private static let quietMilliseconds: Int32 = 1000

    private let link: WriterLink
    private var admission: EventAdmission
    private let progress: ((IngestSummary) -> Void)?
    private var summary = IngestSummary()

    /// `progress` is called after each batch with what is done of the input.
    init(link: WriterLink, namespace: Identifier, progress: ((IngestSummary) -> Void)?) {
        self.link = link
        self.progress = progress
        // Knows an input again; what is a duplicate is for the server to say.
        admission = EventAdmission(namespace: namespace, window: DedupeWindow(capacity: 0))
    }

    /// What belongs to the input being read.
    private struct Stream {
        let source: String?
        /// What an earlier run committed.
        var passed: PassedInput
        /// Where `pending` begins in the input.
        var position: UInt64
        /// How far the log has the source.
        var committed: UInt64
        /// Bytes that are not handed over.
        var pending: [UInt8] = []
        /// Bytes of whole lines in `pending`.
        var lineBytes = 0
        /// The line that begins at `position`, while it goes in parts: its name and the bytes that are handed over.
        var longLine: (name: String, byteCount: UInt64)?

        mutating func append(_ bytes: ArraySlice<UInt8>) {
            if let end = bytes.lastIndex(of: UInt8(ascii: "\n")) {
                lineBytes = pending.count + (end - bytes.startIndex) + 1
            }
            pending += bytes
        }
    }

    /// Hands one input over to its end; as `LineIngest.ingest`.
    mutating func ingest(_ input: InputFile, source: String?) async throws -> IngestSummary {
        summary = IngestSummary()
        var known = Handover.Source(position: 0, lastRecord: nil)
        if let source { known = try await link.source(source) }
        summary.resumedAtByte = known.position
        var stream = Stream(
            source: source,
            passed: PassedInput(
                position: known.position,
                lastRecord: known.lastRecord.map { Array($0.utf8) }
            ),
            position: known.position,
            committed: known.position
        )
        try await feed(input, &stream)
        guard stream.passed.bytesLeft == 0 else {
            throw IngestError.endsBefore(
                known.position,
                missing: stream.passed.bytesLeft,
                source: source ?? input.path
            )
        }
        // The last line may lack its end.
        if stream.longLine == nil {
            try await send(stream.pending.count, &stream)
        } else {
            try await sendPart(isLast: true, &stream)
        }
        return summary
    }

    private mutating func feed(_ input: InputFile, _ stream: inout Stream) async throws {
        var chunk: [UInt8] = []
        var decompressor: StreamDecompressor?
        var isFirst = true
        while true {
            try await awaitInput(input, &stream)
            let count = try input.read(into: &chunk, byteCountMax: Self.chunkBytes)
            if isFirst, count >= 4, chunk[..<4].elementsEqual([0x28, 0xB5, 0x2F, 0xFD]) {
                decompressor = try StreamDecompressor()
            }
            isFirst = false
            if count == 0 { break }
            guard let decompressor else {
                try await take(chunk[..<count], &stream)
                continue
            }
            for start in stride(from: 0, to: count, by: Self.compressedBytes) {
                let part = chunk[start..<min(start + Self.compressedBytes, count)]
                try await take(compressed: part, decompressor, input, &stream)
            }
        }
        if let decompressor {
            do throws(ZstdError) {
                try decompressor.finish()
            } catch {
                try await fail(input, "\(error)", &stream)
            }
        }
    }

    /// Waits for input; hands over what has arrived when it pauses.
    private mutating func awaitInput(_ input: InputFile, _ stream: inout Stream) async throws {
        while true {
            try Task.checkCancellation()
            let patience = stream.lineBytes > 0 ? Self.pauseMilliseconds : Self.quietMilliseconds
            if input.isReadable(withinMilliseconds: patience) { return }
            try await send(stream.lineBytes, &stream)
        }
    }

    private mutating func take(
        compressed bytes: ArraySlice<UInt8>,
        _ decompressor: StreamDecompressor,
        _ input: InputFile,
        _ stream: inout Stream
    ) async throws {
        var parts: [[UInt8]] = []
        var damage: String?
        do throws(StreamFailure<Never>) {
            try decompressor.decompress(bytes.span.bytes) { parts.append(Array($0)) }
        } catch {
            damage = "\(error)"
        }
        for part in parts { try await take(part[...], &stream) }
        if let damage { try await fail(input, damage, &stream) }
    }

    /// The lines before the damage are good: they are kept.
    private mutating func fail(_ input: InputFile, _ detail: String, _ stream: inout Stream) async throws {
        try await send(stream.lineBytes, &stream)
        throw IngestError.badCompression(path: input.path, detail: detail)
    }

    /// Passes over what is committed, then collects lines.
    private mutating func take(_ bytes: ArraySlice<UInt8>, _ stream: inout Stream) async throws {
        summary.inputBytes += UInt64(bytes.count)
        let passed = stream.passed.pass(bytes.span)
        if passed > 0, stream.passed.bytesLeft == 0, !stream.passed.isKnown(&admission) {
            throw IngestError.otherBytes(before: stream.position, source: stream.source ?? "the input")
        }
        var rest = bytes.dropFirst(passed)
        while !rest.isEmpty {
            var piece = rest.prefix(Self.chunkBytes)
            rest = rest.dropFirst(Self.chunkBytes)
            if stream.longLine != nil { piece = try await goOn(with: piece, &stream) }
            stream.append(piece)
            guard stream.longLine == nil, stream.pending.count >= Handover.batchBytes else { continue }
            try await send(stream.lineBytes, &stream)
            if stream.pending.count > Handover.lineBytesMax {
                stream.longLine = (UUID().uuidString, 0)
                try await sendPart(isLast: false, &stream)
            }
        }
    }

    /// Takes what of the bytes belongs to the long line, and gives the rest.
    private mutating func goOn(
        with bytes: ArraySlice<UInt8>,
        _ stream: inout Stream
    ) async throws -> ArraySlice<UInt8> {
        let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
        stream.pending += bytes[..<(end ?? bytes.endIndex)]
        guard let end else {
            if stream.pending.count >= Handover.batchBytes { try await sendPart(isLast: false, &stream) }
            return []
        }
        try await sendPart(isLast: true, &stream)
        stream.position += 1
        return bytes[(end + 1)...]
    }

    /// Hands over what there is of the long line.
    private mutating func sendPart(isLast: Bool, _ stream: inout Stream) async throws {
        guard let (name, byteCount) = stream.longLine else { return }
        let part = Handover.LongLine(
            line: name,
            source: stream.source,
            position: stream.position,
            at: byteCount,
            isLast: isLast
        )
        let kept = try await link.keep(stream.pending, part)
        guard kept.bytes == byteCount + UInt64(stream.pending.count) else {
            throw WriterLinkError.notUnderstood(socket: link.path, reason: "\(kept.bytes) bytes kept")
        }
        stream.pending = []
        stream.longLine = isLast ? nil : (name, kept.bytes)
        guard isLast else { return }
        stream.position += kept.bytes
        summary.quarantined[.tooLong, default: 0] += 1
        progress?(summary)
    }

    /// Hands the first `count` bytes over.
    private mutating func send(_ count: Int, _ stream: inout Stream) async throws {
        guard count > 0 else { return }
        let answer = try await link.lines(
            Array(stream.pending[..<count]),
            source: stream.source,
            position: stream.position,
            committed: stream.committed
        )
        stream.pending.removeFirst(count)
        stream.lineBytes = 0
        stream.position += UInt64(count)
        stream.committed = answer.position
        summary.accepted += answer.accepted
        summary.duplicates += answer.duplicates
        summary.otherNamespace += answer.otherNamespace
        summary.blankLines += answer.blankLines
        for (name, count) in answer.quarantined {
            guard let reason = EventFault.Reason(rawValue: name) else {
                throw WriterLinkError.notUnderstood(socket: link.path, reason: "reason \(name)")
            }
            summary.quarantined[reason, default: 0] += count
        }
        summary.nextOffset = max(summary.nextOffset, answer.nextOffset)
        progress?(summary)
    }
}
