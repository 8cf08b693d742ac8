import Goals
import Payloads
import TestKit
import Testing
import Zstd

/// Frames against answers rendered without template or differences.
@Suite struct FramePropertyTests {
    @Test(arguments: UInt64(0)..<60)
    func `every frame decodes to the rendered answer`(seed: UInt64) throws {
        var players = RandomPlayers(seed: seed)
        let renderer = try AnswerRenderer(challenges: players.set)
        let decoder = try FrameDecoder(renderer)
        for number in 0..<40 {
            let player = players.player()
            for answer in try renderer.frames(player.view) {
                let expected = renderer.render(answer.kind, player.view)
                expectSame(try decoder.decode(answer), expected, "player \(number), \(answer.kind)")
            }
        }
        #expect(renderer.fallbackCount == 0)
    }
}

/// Decodes frames as the front does.
struct FrameDecoder {
    private let dictionaries: [DecompressionDictionary]
    private let decompressor: DictionaryDecompressor

    init(_ renderer: AnswerRenderer) throws {
        dictionaries = try renderer.templates.map { try DecompressionDictionary(template: $0.bytes) }
        decompressor = try DictionaryDecompressor()
    }

    func decode(_ answer: EncodedAnswer) throws -> [UInt8] {
        try decompressor.decompress(
            answer.frame,
            with: dictionaries[Int(answer.kind.rawValue)],
            byteCountMax: 1 << 28
        )
    }
}
