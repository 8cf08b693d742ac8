import TestKit
import Testing
import Zstd

@Suite struct FrameBoundaryTests {
    @Test(arguments: UInt64(0)..<33)
    func `a frame is measured as it was made, wherever it lies`(seed: UInt64) throws {
        let content = sampleContent(seed: seed)
        let level = Int32([1, 3, 9][Int(seed % 3)])
        let frame = try FrameCompressor(level: level).compress(content.span.bytes)
        let extent = FrameBoundary.Extent.frame(
            byteCount: UInt64(frame.count),
            contentSize: UInt64(content.count)
        )
        #expect(FrameBoundary.measure(in: frame) == extent)
        #expect(FrameBoundary.measure(in: [1, 2, 3] + frame + frame, at: 3) == extent)
    }

    @Test func `every cut of a frame is torn`() throws {
        for seed in [UInt64(3), 14, 26] {
            let frame = try FrameCompressor(level: 1).compress(sampleContent(seed: seed).span.bytes)
            for count in 1..<min(frame.count, 400) {
                #expect(FrameBoundary.measure(in: Array(frame[..<count])) == .torn)
            }
            #expect(FrameBoundary.measure(in: Array(frame.dropLast())) == .torn)
        }
    }

    @Test func `a skippable frame is told from data`() {
        let frame: [UInt8] = [0x5B, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 7, 7, 7]
        #expect(FrameBoundary.measure(in: frame) == .skippable(magic: 0x184D_2A5B, byteCount: 11))
        for count in 1..<11 { #expect(FrameBoundary.measure(in: Array(frame[..<count])) == .torn) }
        let empty: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]
        #expect(FrameBoundary.measure(in: empty) == .skippable(magic: 0x184D_2A50, byteCount: 8))
    }

    @Test func `the end is neither torn nor corrupt`() {
        #expect(FrameBoundary.measure(in: []) == .end)
        #expect(FrameBoundary.measure(in: [1, 2], at: 2) == .end)
    }

    @Test func `what cannot start a frame is corrupt`() {
        let cases: [[UInt8]] = [
            [0, 0, 0, 0], [0x28, 0xB5, 0x2F, 0xFC, 0x20, 0x01],
            [0x28, 0xB5, 0x2F, 0xFD, 0x28, 0x01, 0x01, 0x00, 0x00],  // A reserved bit.
            [0x28, 0xB5, 0x2F, 0xFD, 0x30, 0x01, 0x01, 0x00, 0x00],  // The unused bit.
            [0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x00, 0x07, 0x00, 0x00],  // A block of the reserved type.
            [0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x00, 0x01, 0xFF, 0xFF],  // A block over 128 KiB.
        ]
        for bytes in cases {
            guard case .corrupt = FrameBoundary.measure(in: bytes) else {
                Issue.record("\(bytes) is taken for a frame")
                continue
            }
        }
    }

    @Test(arguments: UInt64(0)..<500)
    func `random bytes never lead it astray`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bytes: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        for _ in 0..<Int.random(in: 0...64, using: &random) {
            bytes.append(UInt8.random(in: 0...255, using: &random))
        }
        if case .frame(let count, _) = FrameBoundary.measure(in: bytes) {
            #expect(count <= UInt64(bytes.count))
        }
    }
}
