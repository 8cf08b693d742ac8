import TestKit
import Testing
import Zstd

/// Content of every kind: empty, repetitive, text-like, incompressible, one block and many.
func sampleContent(seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    let count = [0, 1, 5, 255, 256, 300, 65_791, 70_000, 131_072, 131_073, 600_000][Int(seed % 11)]
    switch seed / 11 % 3 {
    case 0: return [UInt8](repeating: UInt8(seed & 0x7F), count: count)
    case 1: return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    default:
        return (0..<count).map {
            UInt8(truncatingIfNeeded: 97 + $0 % 23 + Int.random(in: 0...2, using: &random))
        }
    }
}

@Suite struct FrameTests {
    @Test(arguments: UInt64(0)..<33)
    func `content comes back whole and padded`(seed: UInt64) throws {
        let content = sampleContent(seed: seed)
        let compressor = try FrameCompressor(level: 1)
        let decompressor = try FrameDecompressor()
        var output: [UInt8] = [42]
        let size = try compressor.compress(content.span.bytes, appendingTo: &output)
        #expect(output.count == size + 1 && output[0] == 42)
        let frame = try compressor.compress(content.span.bytes)
        #expect(Array(output[1...]) == frame)
        var buffer = [UInt8](repeating: 0xEE, count: 100)
        let count = try decompressor.decompress(
            frame.span.bytes,
            into: &buffer,
            contentBytesMax: content.count,
            padding: 64
        )
        #expect(count == content.count)
        #expect(Array(buffer[..<count]) == content)
        #expect(buffer[count..<(count + 64)].allSatisfy { $0 == 0 })
    }

    @Test func `content over the limit is refused before it is decompressed`() throws {
        let frame = try FrameCompressor(level: 1).compress([UInt8](repeating: 1, count: 1_000).span.bytes)
        var buffer: [UInt8] = []
        #expect(throws: ZstdError.contentTooLarge(declared: 1_000, limit: 999)) {
            _ = try FrameDecompressor().decompress(frame.span.bytes, into: &buffer, contentBytesMax: 999)
        }
        #expect(buffer.isEmpty)
    }

    @Test func `damage is noticed and leaves the context usable`() throws {
        let content = sampleContent(seed: 32)
        let frame = try FrameCompressor(level: 1).compress(content.span.bytes)
        let decompressor = try FrameDecompressor()
        var buffer: [UInt8] = []
        for index in [0, 6, 20, frame.count / 2, frame.count - 1] {
            var damaged = frame
            damaged[index] ^= 0x10
            #expect(throws: ZstdError.self) {
                _ = try decompressor.decompress(damaged.span.bytes, into: &buffer, contentBytesMax: 1 << 20)
            }
        }
        #expect(throws: ZstdError.self) {
            _ = try decompressor.decompress(
                Array(frame.dropLast()).span.bytes,
                into: &buffer,
                contentBytesMax: 1 << 20
            )
        }
        let count = try decompressor.decompress(frame.span.bytes, into: &buffer, contentBytesMax: 1 << 20)
        #expect(Array(buffer[..<count]) == content)
    }

    @Test func `a frame without its content size is refused`() throws {
        // Descriptor 0, window 0x58, then one empty last block: a streamed frame.
        let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58, 0x01, 0x00, 0x00]
        var buffer: [UInt8] = []
        #expect(throws: ZstdError.contentSizeMissing) {
            _ = try FrameDecompressor().decompress(frame.span.bytes, into: &buffer, contentBytesMax: 10)
        }
        #expect(FrameBoundary.measure(in: frame) == .frame(byteCount: 9, contentSize: nil))
    }

    @Test func `an impossible level is refused`() {
        #expect(throws: ZstdError.self) { _ = try FrameCompressor(level: 1_000) }
    }
}
