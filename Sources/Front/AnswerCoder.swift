import Glibc
import Igzip
package import NIOCore
import PayloadStore
import Zstd

/// Makes bodies of stored frames; keeps its contexts and its memory for all calls.
///
/// Owned by one thread or event loop at a time.
package final class AnswerCoder {
    /// A frame that claims to be longer is not decoded: 64 MiB.
    package static let jsonBytesMax = 64 << 20
    /// Zstandard's compression for one client, on the event loop: the fastest.
    private static let zstdLevel: Int32 = 1

    private let decompressor: DictionaryDecompressor
    private let zstd: FrameCompressor
    private let gzip = IgzipCompressor()
    /// The JSON between a frame and its compressed form.
    private var json = ByteBuffer()
    /// Memory of the last stored frame.
    private var coded = ByteBuffer()
    /// A plain body, and what it was made of.
    private struct Plain {
        var body = ByteBuffer()
        var frame: [UInt8] = []
        var template: ReadyTemplate?
    }

    /// The last plain bodies: who asks again for one of them, as retrying clients do, gets it as it lies there.
    ///
    /// Their memory is taken again once the system has taken what was in it: to get and give back 225 KB from and
    /// to the system for each answer costs more than decoding.
    private var plain = [Plain](repeating: Plain(), count: 4)
    private var turn = 0
    /// Memory of a larger body is not kept: 4 MiB.
    private static let keptBytesMax = 4 << 20
    /// A body of a longer frame is made each time: 64 KiB.
    private static let keptFrameBytesMax = 64 << 10

    package init() throws(CodingFailure) {
        do {
            decompressor = try DictionaryDecompressor()
            zstd = try FrameCompressor(level: Self.zstdLevel)
        } catch {
            throw CodingFailure(error)
        }
    }

    /// The body that `frame`, made against `template`, stands for.
    package func body(
        of frame: RawSpan,
        _ template: ReadyTemplate,
        _ coding: AnswerNegotiation.Coding
    ) throws(CodingFailure) -> ByteBuffer {
        do {
            switch coding {
            case .dcz:
                // Taken again once its bytes were copied behind a head; left to whoever still holds it otherwise.
                coded.clear(minimumCapacity: template.dczHead.count + frame.byteCount)
                coded.writeBytes(template.dczHead)
                coded.writeBytes(frame)
                return coded
            case .identity:
                if let known = known(frame, template) { return known }
                // The memory used last is the nearest to the processor; others are for when it is still held.
                if plain[turn].body.modifyIfUniquelyOwned({ _ in true }) == nil {
                    turn = (turn + 1) % plain.count
                }
                plain[turn].template = nil
                if plain[turn].body.capacity > Self.keptBytesMax { plain[turn].body = ByteBuffer() }
                // Memory that somebody still holds is left to them, and other memory taken.
                plain[turn].body.clear()
                try decode(frame, template, into: &plain[turn].body)
                if frame.byteCount <= Self.keptFrameBytesMax {
                    plain[turn].frame.removeAll(keepingCapacity: true)
                    frame.withUnsafeBytes { plain[turn].frame.append(contentsOf: $0) }
                    plain[turn].template = template
                }
                return plain[turn].body
            case .zstd:
                json.clear()
                try decode(frame, template, into: &json)
                return ByteBuffer(bytes: try json.withUnsafeReadableBytes { try zstd.compress($0.bytes) })
            case .gzip:
                json.clear()
                try decode(frame, template, into: &json)
                return ByteBuffer(
                    bytes: try json.withUnsafeReadableBytes {
                        try gzip.compress($0.bytes, codes: template.gzipCodes)
                    }
                )
            }
        } catch {
            throw CodingFailure(error)
        }
    }

    /// A body that lies here and was made of the very same bytes.
    private func known(_ frame: RawSpan, _ template: ReadyTemplate) -> ByteBuffer? {
        for index in plain.indices
        where plain[index].template === template && plain[index].frame.count == frame.byteCount {
            let isSame = frame.withUnsafeBytes { one in
                plain[index].frame.withUnsafeBytes { other in
                    guard let one = one.baseAddress, let other = other.baseAddress else { return false }
                    return memcmp(one, other, frame.byteCount) == 0
                }
            }
            if isSame { return plain[index].body }
        }
        return nil
    }

    private func decode(
        _ frame: RawSpan,
        _ template: ReadyTemplate,
        into buffer: inout ByteBuffer
    ) throws(ZstdError) {
        let size = try DictionaryDecompressor.contentSize(of: frame, byteCountMax: Self.jsonBytesMax)
        try buffer.writeWithOutputRawSpan(minimumWritableBytes: size) { output throws(ZstdError) in
            try decompressor.decompress(frame, with: template.dictionary, appendingTo: &output)
        }
    }
}
