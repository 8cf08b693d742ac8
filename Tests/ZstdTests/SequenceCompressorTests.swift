import TestKit
import Testing
import Zstd

@Suite struct SequenceCompressorTests {
    /// Bytes as a template has them: text that repeats with small changes.
    private static func text(_ byteCount: Int, _ random: inout SplitMix64) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < byteCount {
            bytes += Array("{\"goalId\":\"g\(random.next() % 5000)\",\"progress\":0,\"locked\":false},".utf8)
        }
        return Array(bytes.prefix(byteCount))
    }

    /// A draft of random copies and literals, at least `byteCount` bytes.
    private static func draft(
        _ template: [UInt8],
        _ byteCount: Int,
        longest: Int,
        _ random: inout SplitMix64
    ) -> SequenceDraft {
        var draft = SequenceDraft(template: template)
        while draft.byteCount < byteCount {
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                draft.append(
                    literal: (0..<Int.random(in: 0...30, using: &random)).map { _ in
                        .random(in: 48...90, using: &random)
                    }
                )
            case 1 where draft.byteCount > 50:
                let count = Int.random(in: 6...min(longest, draft.byteCount), using: &random)
                draft.copyOutput(
                    at: .random(in: 0...(draft.byteCount - count), using: &random),
                    byteCount: count
                )
            default:
                let count = Int.random(in: 0...min(longest, template.count), using: &random)
                let at = Int.random(in: 0...(template.count - count), using: &random)
                draft.copyTemplate(at..<(at + count))
                if random.chance(30), at + count < template.count {
                    draft.copyTemplate((at + count)..<(at + count + 1))
                }
            }
        }
        return draft
    }

    private func check(_ compressor: SequenceCompressor, _ draft: SequenceDraft) throws -> Int {
        let frame = try compressor.compress(draft)
        let dictionary = try DecompressionDictionary(template: draft.template)
        let decoded = try DictionaryDecompressor().decompress(frame, with: dictionary, byteCountMax: 1 << 26)
        #expect(decoded.count == draft.byteCount)
        expectSame(decoded, compressor.expand(draft))
        return frame.count
    }

    @Test(arguments: UInt64(0)..<30)
    func `a frame decodes to its draft, whatever the pieces`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let template = Self.text(.random(in: 10...400_000, using: &random), &random)
        let compressor = try SequenceCompressor(template: template)
        for longest in [8, 100, 5000, 300_000] {
            let size = Int.random(in: 1...600_000, using: &random)
            let draft = Self.draft(template, longest < 50 ? size / 20 : size, longest: longest, &random)
            _ = try check(compressor, draft)
        }
        #expect(compressor.fallbackCount == 0)
    }

    /// Short pieces of template and output, many of which go on where the one before ended.
    @Test(arguments: UInt64(200)..<230)
    func `pieces of history give their bytes, however short and joined`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let template = Self.text(.random(in: 1...60, using: &random), &random)
        let compressor = try SequenceCompressor(template: template)
        var draft = SequenceDraft(template: template)
        for _ in 0..<20 {
            var history = template
            var next = 0
            draft.reset()
            for _ in 0..<Int.random(in: 1...200, using: &random) {
                if random.chance(25) { next = Int.random(in: 0...history.count, using: &random) }
                let count = Int.random(in: 0...min(9, history.count - next), using: &random)
                let piece = history[next..<(next + count)]
                draft.copy(piece, historyAt: next)
                history += piece
                next += count
                if random.chance(15) {
                    let literal = [UInt8.random(in: 48...90, using: &random)]
                    draft.append(literal: literal)
                    history += literal
                }
            }
            expectSame(compressor.expand(draft), Array(history[template.count...]), "seed \(seed)")
            _ = try check(compressor, draft)
        }
        #expect(compressor.fallbackCount == 0)
    }

    /// One copy of a large template: blocks without any literal, which zstd would like to store as runs.
    @Test(arguments: [1, 5, 6, 7, 300, 16_384, 131_072, 131_073, 225_000, 260_000, 390_001, 1_500_000])
    func `an answer equal to the template takes a few bytes`(byteCount: Int) throws {
        var random = SplitMix64(seed: 3)
        let template = Self.text(byteCount, &random)
        let compressor = try SequenceCompressor(template: template)
        var draft = SequenceDraft(template: template)
        draft.copyTemplate(0..<byteCount)
        let size = try check(compressor, draft)
        #expect(size < 40 + 12 * (byteCount / 130_000 + 1))
        #expect(compressor.fallbackCount == 0)
    }

    /// The scratch memory holds a long run of one byte, so a block read from it would look like a run.
    @Test func `stale memory of one byte does not leak into a later frame`() throws {
        var random = SplitMix64(seed: 4)
        let template = Self.text(300_000, &random)
        let compressor = try SequenceCompressor(template: template)
        var zeros = SequenceDraft(template: template)
        zeros.append(literal: [UInt8](repeating: 48, count: 600_000))
        _ = try check(compressor, zeros)
        #expect(compressor.fallbackCount == 0)
        var draft = SequenceDraft(template: template)
        for _ in 0..<2 { draft.copyTemplate(0..<300_000) }
        _ = try check(compressor, draft)
        // Zstd did store a run, the comparison found it, and ordinary compression took over.
        #expect(compressor.fallbackCount == 1)
    }

    @Test func `literals only, empty and one byte`() throws {
        var random = SplitMix64(seed: 5)
        let compressor = try SequenceCompressor(template: Self.text(1000, &random))
        var draft = SequenceDraft(template: Self.text(1000, &random))
        for count in [0, 1, 2, 6, 7, 400, 70_000, 131_072, 400_000] {
            draft.reset()
            draft.append(literal: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
            let frame = try compressor.compress(draft)
            let decoded = try DictionaryDecompressor().decompress(
                frame,
                with: compressor.dictionary,
                byteCountMax: 1 << 20
            )
            expectSame(decoded, compressor.expand(draft))
        }
    }

    @Test func `a short template copy becomes literals, a continued one grows`() {
        let template = Array("0123456789abcdef".utf8)
        var draft = SequenceDraft(template: template)
        draft.copyTemplate(0..<3)
        draft.copyTemplate(3..<5)
        draft.copyTemplate(4..<10)
        draft.copyTemplate(10..<11)
        draft.append(number: 0)
        draft.append(number: 907)
        draft.append(literal: template[2..<4])
        #expect(draft.byteCount == 18)
    }

    @Test(arguments: [0, 1, 300, 225_000])
    func `ordinary compression against the template works for any bytes`(byteCount: Int) throws {
        var random = SplitMix64(seed: 6)
        let template = Self.text(225_000, &random)
        let compressor = try SequenceCompressor(template: template)
        let bytes = Array(template.prefix(byteCount / 2)) + Self.text(byteCount - byteCount / 2, &random)
        let frame = try compressor.compress(whole: bytes)
        let decoded = try DictionaryDecompressor().decompress(
            frame,
            with: compressor.dictionary,
            byteCountMax: 225_000
        )
        expectSame(decoded, bytes)
    }
}
