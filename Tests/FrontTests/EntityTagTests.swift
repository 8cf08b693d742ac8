import Front
import PayloadStore
import Testing

@Suite struct EntityTagTests {
    private static func tag(
        _ frame: [UInt8]?,
        template: UInt8 = 1,
        coding: AnswerNegotiation.Coding = .identity
    ) throws -> EntityTag {
        EntityTag(
            template: try #require(TemplateID([UInt8](repeating: template, count: 32))),
            frame: frame,
            coding: coding
        )
    }

    @Test func `frame, template and coding each make another tag`() throws {
        let tags = try [
            Self.tag(nil), Self.tag([]), Self.tag([0]), Self.tag([0, 0]), Self.tag([1]),
            Self.tag([1], template: 2),
            Self.tag([1], coding: .dcz),
        ]
        #expect(Set(tags).count == tags.count)
    }

    @Test(arguments: [0, 1, 7, 8, 9, 15, 16, 17, 2000])
    func `every byte of a frame counts`(count: Int) throws {
        let frame = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        var tags: Set = [try Self.tag(frame)]
        for index in frame.indices {
            var changed = frame
            changed[index] ^= 0x10
            tags.insert(try Self.tag(changed))
        }
        #expect(tags.count == count + 1)
    }

    @Test func `a tag is the same in every process`() throws {
        #expect(try Self.tag(Array("hello, world".utf8)).field == "\"2012cbaf81a36bed\"")
        #expect(try Self.tag(nil, coding: .dcz).field == "\"0101010101010101-dcz\"")
    }

    @Test(arguments: [
        "*", "\"TAG\"", "W/\"TAG\"", "\"a\", \"TAG\"", "\"a\",\"b\" , W/\"TAG\"", " ,, \"TAG\"",
        "\"a,b\", \"TAG\"",
    ])
    func `a list that names the tag matches`(list: String) throws {
        let tag = try Self.tag([1, 2, 3])
        #expect(tag.matches(ifNoneMatch: [list.replacing("TAG", with: tag.opaque)]))
        #expect(tag.matches(ifNoneMatch: ["\"other\"", list.replacing("TAG", with: tag.opaque)]))
    }

    @Test(arguments: [
        "", "\"\"", "TAG", "\"TAG", "\"TAGx\"", "w/\"TAG\"", "\"x\" junk \"TAG\"", "'TAG'", "\"TAG-dcz\"",
    ])
    func `a list that does not name it does not`(list: String) throws {
        let tag = try Self.tag([1, 2, 3])
        #expect(!tag.matches(ifNoneMatch: [list.replacing("TAG", with: tag.opaque)]))
        #expect(!tag.matches(ifNoneMatch: []))
    }

    @Test func `only the first tags of an endless list are read`() throws {
        let tag = try Self.tag([1])
        let many = (0..<EntityTag.tagsMax).map { "\"\($0)\"" }
        #expect(!tag.matches(ifNoneMatch: [(many + [tag.field]).joined(separator: ",")]))
        #expect(tag.matches(ifNoneMatch: [(many.dropLast() + [tag.field]).joined(separator: ",")]))
    }
}
