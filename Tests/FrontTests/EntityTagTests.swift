import Front
import PayloadStore
import Testing

@Suite struct EntityTagTests {
    private static func tag(
        _ checksum: UInt64?,
        template: UInt8 = 1,
        coding: AnswerNegotiation.Coding = .identity
    ) throws -> EntityTag {
        EntityTag(
            template: try #require(TemplateID([UInt8](repeating: template, count: 32))),
            frameChecksum: checksum,
            coding: coding
        )
    }

    @Test func `frame, template and coding each make another tag`() throws {
        var tags: [EntityTag] = []
        for checksum in [nil, 0, 1, 2, .max - 1, 1 << 63, 0x0101_0101_0101_0101] as [UInt64?] {
            for template in [UInt8(1), 2] {
                for coding in AnswerNegotiation.Coding.allCases {
                    tags.append(try Self.tag(checksum, template: template, coding: coding))
                }
            }
        }
        #expect(Set(tags).count == tags.count)
    }

    @Test func `every bit of the checksum counts`() throws {
        let tags = try Set((0..<64).map { try Self.tag(1 << $0) })
        #expect(tags.count == 64)
    }

    @Test func `a tag is the same in every process`() throws {
        #expect(try Self.tag(0).field == "\"9f3678b87e4b7d14\"")
        #expect(try Self.tag(nil, coding: .dcz).field == "\"0101010101010101-dcz\"")
        #expect(try Self.tag(nil, coding: .gzip).field == "\"0101010101010101-gzip\"")
        #expect(try Self.tag(nil, coding: .zstd).field == "\"0101010101010101-zstd\"")
    }

    @Test(arguments: [
        "*", "\"TAG\"", "W/\"TAG\"", "\"a\", \"TAG\"", "\"a\",\"b\" , W/\"TAG\"", " ,, \"TAG\"",
        "\"a,b\", \"TAG\"",
    ])
    func `a list that names the tag matches`(list: String) throws {
        let tag = try Self.tag(123)
        #expect(tag.matches(ifNoneMatch: [list.replacing("TAG", with: tag.opaque)]))
        #expect(tag.matches(ifNoneMatch: ["\"other\"", list.replacing("TAG", with: tag.opaque)]))
    }

    @Test(arguments: [
        "", "\"\"", "TAG", "\"TAG", "\"TAGx\"", "w/\"TAG\"", "\"x\" junk \"TAG\"", "'TAG'", "\"TAG-dcz\"",
    ])
    func `a list that does not name it does not`(list: String) throws {
        let tag = try Self.tag(123)
        #expect(!tag.matches(ifNoneMatch: [list.replacing("TAG", with: tag.opaque)]))
        #expect(!tag.matches(ifNoneMatch: []))
    }

    @Test func `only the first tags of an endless list are read`() throws {
        let tag = try Self.tag(1)
        let many = (0..<EntityTag.tagsMax).map { "\"\($0)\"" }
        #expect(!tag.matches(ifNoneMatch: [(many + [tag.field]).joined(separator: ",")]))
        #expect(tag.matches(ifNoneMatch: [(many.dropLast() + [tag.field]).joined(separator: ",")]))
    }
}
