import TestKit
import Testing
import Zstd

/// Frames made against a template, with random templates and differences, whole and spoiled.
///
/// A frame without a checksum of its own may decode to other bytes once it is spoiled: the store's checksum is what tells.
/// Here: it never decodes to more or fewer bytes than it states, and what is cut short never decodes at all.
@Suite struct MangledFrameSoakTests {
    private static func template(_ random: inout SplitMix64) -> [UInt8] {
        let size = random.pick([0, 1, 5, 6, 7, 8, 100, 4096, 65_536, 131_072, 300_000])
        switch random.number(0...2) {
        case 0: return Array(repeating: 0x61, count: size)
        case 1: return (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        default:
            var bytes: [UInt8] = []
            while bytes.count < size {
                bytes += Array("{\"goalId\":\"g\(bytes.count)\",\"progress\":0},".utf8)
            }
            return Array(bytes.prefix(size))
        }
    }

    private static func draft(_ template: [UInt8], _ random: inout SplitMix64) -> SequenceDraft {
        var draft = SequenceDraft(template: template)
        for _ in 0..<random.pick([0, 1, 2, 30, 300]) {
            switch random.number(0...3) {
            case 0:
                let count = random.pick([0, 1, 5, 200, 140_000])
                let byte = UInt8(truncatingIfNeeded: random.next())
                draft.append(
                    literal: (0..<min(count, random.oneIn(20) ? count : 200)).map { UInt8($0 & 15) ^ byte }
                )
            case 1 where draft.byteCount >= SequenceDraft.copyBytesMin:
                let count = random.number(SequenceDraft.copyBytesMin...min(draft.byteCount, 5000))
                draft.copyOutput(at: random.number(0...(draft.byteCount - count)), byteCount: count)
            default:
                let start = random.number(0...template.count)
                draft.copyTemplate(start..<random.number(start...min(template.count, start + 9000)))
            }
        }
        return draft
    }

    @Test func `whatever the template and the differences, a frame decodes to what it was made of`() throws {
        for seed in try SeedRun(1...60) {
            var random = SplitMix64(seed: seed)
            let template = Self.template(&random)
            let compressor = try SequenceCompressor(template: template)
            let decompressor = try DictionaryDecompressor()
            for number in 0..<4 {
                let draft = Self.draft(template, &random)
                let frame = try compressor.compress(draft)
                let whole = try decompressor.decompress(
                    frame,
                    with: compressor.dictionary,
                    byteCountMax: draft.byteCount
                )
                expectSame(whole, compressor.expand(draft), "seed \(seed), draft \(number)")
                try spoil(
                    frame,
                    draft.byteCount,
                    compressor.dictionary,
                    decompressor,
                    &random,
                    "seed \(seed)"
                )
                // The context is as good as before.
                let again = try decompressor.decompress(
                    frame,
                    with: compressor.dictionary,
                    byteCountMax: 1 << 28
                )
                expectSame(again, whole, "seed \(seed) again")
            }
        }
    }

    private func spoil(
        _ frame: [UInt8],
        _ byteCount: Int,
        _ dictionary: DecompressionDictionary,
        _ decompressor: DictionaryDecompressor,
        _ random: inout SplitMix64,
        _ what: String
    ) throws {
        let limit = byteCount + 1000
        for number in 0..<30 {
            var bytes = frame
            let isCut = number % 3 == 0
            if isCut {
                bytes.removeLast(random.number(1...bytes.count))
            } else {
                for _ in 0..<random.number(1...3) {
                    bytes[random.number(0...bytes.count - 1)] ^= UInt8(1 << random.number(0...7))
                }
            }
            do throws(ZstdError) {
                let stated = try DictionaryDecompressor.contentSize(of: bytes.span.bytes, byteCountMax: limit)
                let decoded = try decompressor.decompress(bytes, with: dictionary, byteCountMax: limit)
                #expect(!isCut && decoded.count == stated, "\(what): a spoiled frame of \(bytes.count) bytes")
            } catch {
                #expect(!"\(error)".isEmpty)
            }
        }
    }
}
