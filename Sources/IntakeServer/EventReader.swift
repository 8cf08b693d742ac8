import Goals
import HTTPTypes
import Inflate
import Ingest
import Intake
import Zstd

/// Turns the bytes of one request's body into batches, as they arrive and in bounded memory.
struct EventReader {
    /// A line longer than an event is kept whole in quarantine up to this; a longer one ends the request.
    static let lineBytesMax = 1 << 20
    /// Compressed bytes taken at a time: what they can grow to is what memory has to hold.
    static let compressedBytes = 512

    /// What the body is, by its Content-Type.
    enum Format: Equatable {
        case lines
        /// One event or an array, as the first byte says.
        case document
        case cloudEvent
        case cloudEventArray
        /// No type is given: an array where it begins so, else lines.
        case unknown

        init(contentType: String?) throws(IngestProblem) {
            let type = contentType?.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
            switch type {
            case nil, "": self = .unknown
            case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines":
                self = .lines
            case "application/json": self = .document
            case "application/cloudevents+json": self = .cloudEvent
            case "application/cloudevents-batch+json": self = .cloudEventArray
            default:
                throw IngestProblem(
                    .unsupportedType,
                    "Send application/json, application/x-ndjson, application/cloudevents+json or "
                        + "application/cloudevents-batch+json."
                )
            }
        }
    }

    private enum Decoder {
        case none
        case gzip(GzipDecompressor)
        case zstd(StreamDecompressor)
    }

    private let now: @Sendable () -> Timestamp
    private let cloudEvent: CloudEvent
    private let decoder: Decoder
    private let batchBytes: Int
    private var format: Format
    private var lines = LineSplitter(lineBytesMax: lineBytesMax, position: 0)
    private var elements: ElementSplitter
    private var preparer: EventPreparer
    private var batch = EventBatch(keepsRefused: true)
    /// Batches that are full, oldest first.
    private var ready: [EventBatch] = []
    /// The first fault of the body as a whole; what came before it counts.
    private var fault: IngestProblem?

    init(
        _ fields: HTTPFields,
        queue: IntakeQueue,
        namespace: Identifier,
        isOwner: Bool = false,
        now: @escaping @Sendable () -> Timestamp
    ) throws(IngestProblem) {
        format = try Format(contentType: fields[.contentType])
        elements = ElementSplitter(
            isArrayWanted: format == .cloudEventArray,
            elementBytesMax: Self.lineBytesMax
        )
        decoder = try Self.decoder(fields[.contentEncoding])
        cloudEvent = CloudEvent(namespace: namespace)
        preparer = queue.preparer(isOwner: isOwner)
        batchBytes = queue.batchBytes
        self.now = now
    }

    /// Whether the body is one event by itself, for which a refusal is an error.
    private(set) var isSingle = false
    /// Whether a byte that is no blank has come.
    private var hasBegun = false

    /// Takes the next bytes in; `takeReady` has what became of them.
    mutating func feed(_ bytes: Span<UInt8>) throws(IngestProblem) {
        switch decoder {
        case .none: take(bytes)
        case .gzip(let decompressor):
            do throws(InflateError) {
                try decompressor.decompress(bytes.bytes) { take($0.span) }
            } catch {
                throw IngestProblem(.invalidRequest, "The body's \(error).")
            }
        case .zstd(let decompressor):
            do throws(StreamFailure<Never>) {
                try decompressor.decompress(bytes.bytes) { take($0.span) }
            } catch {
                throw IngestProblem(.invalidRequest, "The body's zstd data is damaged.")
            }
        }
        if let fault { throw fault }
    }

    /// Says that the body is over.
    mutating func finish() throws(IngestProblem) {
        switch decoder {
        case .none: break
        case .gzip(let decompressor):
            do throws(InflateError) {
                try decompressor.finish()
            } catch {
                throw IngestProblem(.invalidRequest, "The body's \(error).")
            }
        case .zstd(let decompressor):
            do throws(ZstdError) {
                try decompressor.finish()
            } catch {
                throw IngestProblem(.invalidRequest, "The body's zstd data ends too early.")
            }
        }
        if format == .lines || format == .unknown {
            let none: [UInt8] = []
            split(none.span, isEnd: true)
        } else {
            do throws(ElementSplitter.Fault) {
                var found: (UInt64, [UInt8])?
                try elements.finish { at, text in found = (at, text.withUnsafeBufferPointer { Array($0) }) }
                if let found { element(at: found.0, found.1.span) }
            } catch {
                throw IngestProblem(.invalidRequest, error.detail)
            }
        }
        if let fault { throw fault }
    }

    /// The oldest batch that is worth writing; with `all` the last one, too.
    mutating func takeReady(all: Bool) -> EventBatch? {
        if !ready.isEmpty { return ready.removeFirst() }
        guard all, !batch.isEmpty else { return nil }
        defer { batch = EventBatch(keepsRefused: true) }
        return batch
    }

    private mutating func take(_ bytes: Span<UInt8>) {
        guard fault == nil else { return }
        if !hasBegun { look(at: bytes) }
        if format == .lines || format == .unknown {
            split(bytes, isEnd: false)
            return
        }
        // The splitter lends each element while it is at work itself.
        var splitter = elements
        do throws(ElementSplitter.Fault) {
            try splitter.split(bytes) { at, text in element(at: at, text) }
        } catch {
            fault = IngestProblem(.invalidRequest, error.detail)
        }
        elements = splitter
    }

    /// Decides by the body's first byte what its type leaves open.
    private mutating func look(at bytes: Span<UInt8>) {
        var at = 0
        while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
        guard at < bytes.count else { return }
        hasBegun = true
        let isArray = bytes[at] == UInt8(ascii: "[")
        if format == .unknown { format = isArray ? .document : .lines }
        isSingle = !isArray && (format == .document || format == .cloudEvent)
    }

    private mutating func split(_ bytes: Span<UInt8>, isEnd: Bool) {
        var splitter = lines
        splitter.split(bytes, isEnd: isEnd) { piece, text in
            guard fault == nil else { return }
            switch piece {
            case .line(let byteOffset, _): add(text, at: byteOffset)
            case .oversized(let byteOffset, _):
                fault = IngestProblem(
                    .bodyTooLarge,
                    "The line at byte \(byteOffset) or before has more than \(Self.lineBytesMax) bytes."
                )
            }
        }
        lines = splitter
    }

    private mutating func element(at byteOffset: UInt64, _ text: Span<UInt8>) {
        guard format == .cloudEvent || format == .cloudEventArray else {
            add(text, at: byteOffset)
            return
        }
        let event: [UInt8]
        do throws(EventFault) {
            event = try cloudEvent.event(text)
        } catch {
            begin()
            batch.refuse(text, error, byteOffset: byteOffset)
            return
        }
        add(event.span, at: byteOffset)
    }

    /// A single event's refusal is told to its sender, who has it still; all others are kept.
    private mutating func begin() {
        if batch.isEmpty, isSingle { batch = EventBatch(keepsRefused: false) }
    }

    private mutating func add(_ text: Span<UInt8>, at byteOffset: UInt64) {
        var isBlank = true
        for index in 0..<text.count where ![0x20, 0x09, 0x0D].contains(text[index]) {
            isBlank = false
            break
        }
        if isBlank { return }
        begin()
        batch.add(text, byteOffset: byteOffset, now: now(), &preparer)
        if batch.byteCount >= batchBytes {
            ready.append(batch)
            batch = EventBatch(keepsRefused: true)
        }
    }

    private static func decoder(_ encoding: String?) throws(IngestProblem) -> Decoder {
        do {
            switch encoding?.lowercased() {
            case nil, "", "identity": return .none
            case "gzip", "x-gzip": return .gzip(try GzipDecompressor())
            case "zstd": return .zstd(try StreamDecompressor())
            default: break
            }
        } catch {
            throw IngestProblem(.internalError, "There is no memory to decompress with.")
        }
        throw IngestProblem(
            .unsupportedType,
            "Content-Encoding has to be gzip or zstd, or be left away.",
            fields: [HTTPField(name: .acceptEncoding, value: "gzip, zstd")]
        )
    }
}
