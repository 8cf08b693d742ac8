import Deflate
import TestKit
import Testing

@Suite struct GzipCompressorTests {
    @Test(arguments: [0, 1, 2, 7, 1000, 65_536, 1_000_003], [Int32(0), 1, 6, 9, 12])
    func `gzip itself gives the bytes back`(count: Int, level: Int32) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
        let compressor = try GzipCompressor(level: level)
        let member = try compressor.compress(bytes.span.bytes)
        #expect(try compressor.compress(bytes.span.bytes) == member)
        expectSame(try gunzip(member), bytes)
    }

    @Test func `text gets smaller, and more so at a higher level`() throws {
        let text = Array((0..<5000).map { "{\"goalId\":\"goal-\($0)\",\"progress\":0}," }.joined().utf8)
        let fast = try GzipCompressor(level: 1).compress(text.span.bytes)
        let small = try GzipCompressor(level: 9).compress(text.span.bytes)
        #expect(fast.count < text.count / 4)
        #expect(small.count <= fast.count)
    }

    @Test(arguments: [Int32(-1), 13, 100])
    func `a level that does not exist is refused`(level: Int32) {
        #expect(throws: DeflateError.invalidLevel(level)) { try GzipCompressor(level: level) }
        #expect(DeflateError.invalidLevel(level).description.contains("\(level)"))
    }
}
