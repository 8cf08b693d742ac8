import TestKit
import Testing
import Zstd

@Suite struct StreamDecompressorTests {
    @Test(arguments: UInt64(0)..<20)
    func `frames come out as they went in, however the input is cut`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let compressor = try FrameCompressor(level: 1)
        var (input, expected): ([UInt8], [UInt8]) = ([], [])
        for part in 0..<4 {
            let content = sampleContent(seed: seed * 4 + UInt64(part))
            expected += content
            try compressor.compress(content.span.bytes, appendingTo: &input)
            input += [0x5B, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 1, 2]
        }
        let stream = try StreamDecompressor()
        var output: [UInt8] = []
        var start = 0
        while start < input.count {
            let end = min(
                input.count,
                start + Int.random(in: 1...[10, 1_000, 300_000][Int(seed % 3)], using: &random)
            )
            try stream.decompress(Array(input[start..<end]).span.bytes) { chunk in
                #expect(chunk.count <= 128 * 1024)
                output += chunk
            }
            start = end
        }
        try stream.finish()
        #expect(output == expected)
    }

    @Test func `content that fills chunks exactly ends cleanly`() throws {
        let content = [UInt8](repeating: 7, count: 256 * 1024)
        let frame = try FrameCompressor(level: 1).compress(content.span.bytes)
        let stream = try StreamDecompressor()
        var count = 0
        try stream.decompress(frame.span.bytes) { count += $0.count }
        try stream.finish()
        #expect(count == content.count)
    }

    @Test func `an input that ends inside a frame is truncated`() throws {
        let frame = try FrameCompressor(level: 1).compress(sampleContent(seed: 32).span.bytes)
        for count in [1, 10, frame.count / 2, frame.count - 1] {
            let stream = try StreamDecompressor()
            try stream.decompress(Array(frame[..<count]).span.bytes) { _ in }
            #expect(throws: ZstdError.truncated) { try stream.finish() }
        }
        try StreamDecompressor().finish()
    }

    @Test func `what is no zstd is refused`() throws {
        let stream = try StreamDecompressor()
        #expect(throws: StreamFailure<Never>.self) {
            try stream.decompress(Array("{\"id\":1}\n{}".utf8).span.bytes) { _ in }
        }
    }

    @Test func `the consumer's error comes through`() throws {
        struct Enough: Error {}
        let frame = try FrameCompressor(level: 1).compress(sampleContent(seed: 32).span.bytes)
        let stream = try StreamDecompressor()
        #expect(throws: StreamFailure<Enough>.self) {
            try stream.decompress(frame.span.bytes) { _ throws(Enough) in throw Enough() }
        }
    }
}
