import Foundation
import Front
import PayloadStore
import Testing

@Suite struct TemplateSpellingTests {
    @Test(arguments: UInt8(0)...31)
    func `digits and base64 say the same bytes`(seed: UInt8) throws {
        let bytes = (0..<32).map { UInt8(truncatingIfNeeded: Int($0) * 37 &+ Int(seed) * 101) }
        let id = try #require(TemplateID(bytes))
        #expect(TemplateID(hex: Substring(id.hex)) == id)
        #expect(id.hex == bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
        #expect(id.structuredField == ":\(Data(bytes).base64EncodedString()):")
    }

    @Test func `a template that is current for one answer has that answer's pattern`() throws {
        let ids = try (0..<4).map { try #require(TemplateID([UInt8](repeating: $0, count: 32))) }
        let state = PublishedState(
            databaseID: "d",
            challengesID: "c",
            day: 0,
            publishedAt: 0,
            currentTemplates: [ids[0], ids[1], ids[2]]
        )
        #expect(DictionaryPattern.of(ids[0], in: state) == "/challenge/v1/challenges/initialize")
        #expect(DictionaryPattern.of(ids[1], in: state) == "/challenge/v1/challenges")
        #expect(DictionaryPattern.of(ids[2], in: state) == "/challenge/v1/challenges?active_only=true")
        #expect(DictionaryPattern.of(ids[3], in: state) == DictionaryPattern.any)
        var shared = state
        shared.currentTemplates = [ids[0], ids[1], ids[1]]
        #expect(DictionaryPattern.of(ids[1], in: shared) == DictionaryPattern.any)
    }
}
