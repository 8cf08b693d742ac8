import Deflate
import Igzip
package import NIOCore
package import PayloadStore
import Synchronization
package import Zstd

/// A template with all that answering with it needs, made once and shared by all event loops.
package final class ReadyTemplate: Sendable {
    /// Compression for bytes that many clients get and nobody waits for twice.
    private static let zstdLevel: Int32 = 12
    private static let gzipLevel: Int32 = 9
    /// A shorter template says too little of what answers look like: 2 KiB.
    private static let sampleBytesMin = 2 << 10

    package let id: TemplateID
    /// The JSON.
    package let json: ByteBuffer
    /// What decodes frames that were made against it.
    package let dictionary: DecompressionDictionary
    /// How clients that hold it say so.
    package let structuredField: String
    /// Tells clients that can use one where the dictionary for their next request lies.
    package let link: FrontResponse.Field
    /// What a `dcz` body of its frames begins with.
    let dczHead: [UInt8]
    /// Codes that fit answers that differ little from it; nil where it is too short to tell.
    let gzipCodes: IgzipCodes?
    /// The first eight bytes of the id.
    let seed: UInt64

    /// Its own body in each coding, as far as somebody asked for it.
    private let bodies = Mutex<[AnswerNegotiation.Coding: ByteBuffer]>([:])

    package init(_ id: TemplateID, json: [UInt8]) throws(ZstdError) {
        self.id = id
        self.json = ByteBuffer(bytes: json)
        dictionary = try DecompressionDictionary(template: json)
        gzipCodes = Self.codes(json)
        structuredField = id.structuredField
        link = .init("Link", "<\(Route.path(of: id))>; rel=\"compression-dictionary\"")
        dczHead = AnswerNegotiation.dczMagic + id.bytes
        seed = id.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func codes(_ json: [UInt8]) -> IgzipCodes? {
        guard json.count >= sampleBytesMin else { return nil }
        do throws(IgzipError) {
            return try IgzipCodes(sample: json.span.bytes)
        } catch {
            // Answers are compressed all the same, in a bit more time.
            return nil
        }
    }

    /// The template itself as a body: what a player without events gets.
    ///
    /// As `dcz` that is a frame of a few bytes that says "nothing but the template". Made in milliseconds the
    /// first time and kept.
    package func body(_ coding: AnswerNegotiation.Coding) throws(CodingFailure) -> ByteBuffer {
        if coding == .identity { return json }
        if let known = bodies.withLock({ $0[coding] }) { return known }
        let made = try make(coding)
        bodies.withLock { $0[coding] = made }
        return made
    }

    private func make(_ coding: AnswerNegotiation.Coding) throws(CodingFailure) -> ByteBuffer {
        do {
            switch coding {
            case .identity: return json
            case .dcz:
                let template = Array(json.readableBytesView)
                let frame = try SequenceCompressor(template: template).compress(whole: template)
                return ByteBuffer(bytes: dczHead + frame)
            case .zstd:
                let compressor = try FrameCompressor(level: Self.zstdLevel)
                return ByteBuffer(
                    bytes: try json.withUnsafeReadableBytes { try compressor.compress($0.bytes) }
                )
            case .gzip:
                let compressor = try GzipCompressor(level: Self.gzipLevel)
                return ByteBuffer(
                    bytes: try json.withUnsafeReadableBytes { try compressor.compress($0.bytes) }
                )
            }
        } catch {
            throw CodingFailure(error)
        }
    }
}

/// Why a body could not be made of what is stored; the reason is a codec's.
package struct CodingFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ error: any Error) { description = "\(error)" }
}
