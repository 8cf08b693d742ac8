import Igzip
import TestKit
import Testing

@Suite struct IgzipCompressorTests {
    private static func text(_ goals: Range<Int>) -> [UInt8] {
        Array(
            goals.map { "{\"goalId\":\"goal-\($0)\",\"name\":\"Round \($0 * 7)\",\"progress\":0}," }.joined()
                .utf8
        )
    }

    @Test(arguments: [0, 1, 2, 7, 1000, 65_535, 65_536, 1_000_003], [true, false])
    func `gzip itself gives the bytes back, like the sample or not`(count: Int, hasCodes: Bool) throws {
        let codes = try hasCodes ? IgzipCodes(sample: Self.text(0..<500).span.bytes) : nil
        let compressor = IgzipCompressor()
        var random = SplitMix64(seed: UInt64(count))
        let inputs = [
            Array(Self.text(0..<(count / 40 + 1)).prefix(count)),
            (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) },
            [UInt8](repeating: 255, count: count),
        ]
        for bytes in inputs {
            let member = try compressor.compress(bytes.span.bytes, codes: codes)
            #expect(try compressor.compress(bytes.span.bytes, codes: codes) == member)
            expectSame(try gunzip(member), bytes)
        }
    }

    @Test func `codes of a sample fit texts like it, about as well as their own`() throws {
        let compressor = IgzipCompressor()
        let text = Self.text(500..<5500)
        let own = try compressor.compress(text.span.bytes, codes: nil)
        let fitted = try compressor.compress(
            text.span.bytes,
            codes: try IgzipCodes(sample: Self.text(0..<500).span.bytes)
        )
        let unfit = try compressor.compress(
            text.span.bytes,
            codes: try IgzipCodes(sample: [UInt8](repeating: 7, count: 5000).span.bytes)
        )
        #expect(own.count < text.count / 4)
        #expect(fitted.count < own.count * 12 / 10)
        #expect(unfit.count > fitted.count * 11 / 10)
    }

    /// Random bytes under codes of a text: the library would write more than there was, and stores them instead.
    @Test func `what cannot be compressed grows by a few bytes a block`() throws {
        var random = SplitMix64(seed: 9)
        let bytes = (0..<300_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let codes = try IgzipCodes(sample: Self.text(0..<500).span.bytes)
        let member = try IgzipCompressor().compress(bytes.span.bytes, codes: codes)
        #expect(member.count < bytes.count + 100)
        expectSame(try gunzip(member), bytes)
    }

    @Test func `codes of nothing compress something`() throws {
        let text = Self.text(0..<50)
        let member = try IgzipCompressor().compress(
            text.span.bytes,
            codes: try IgzipCodes(sample: [UInt8]().span.bytes)
        )
        expectSame(try gunzip(member), text)
    }

    @Test func `errors say what was wrong`() {
        #expect(IgzipError.codesRefused(status: -3).description.contains("-3"))
        #expect(IgzipError.tooLong(byteCount: 5_000_000_000).description.contains("5000000000"))
        let failed = IgzipError.compressionFailed(byteCount: 77, status: -1).description
        #expect(failed.contains("77") && failed.contains("-1"))
    }
}
