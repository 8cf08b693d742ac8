import APIDocs
import Foundation
import Testing

@Suite struct JSONTests {
    private static let value: JSON = [
        "z": 1, "a": [true, .null, "q\"\\\n\u{1} é"], "empty": [:], "none": [],
    ]

    @Test func `members keep their order, and text is escaped`() {
        #expect(
            String(decoding: Self.value.bytes, as: UTF8.self)
                == #"{"z":1,"a":[true,null,"q\"\\\n\u0001 é"],"empty":{},"none":[]}"#
        )
    }

    @Test func `for people it is the same value`() throws {
        let plain = try JSONSerialization.jsonObject(with: Data(Self.value.bytes)) as? NSDictionary
        let pretty = try JSONSerialization.jsonObject(with: Data(Self.value.text.utf8)) as? NSDictionary
        #expect(plain != nil && plain == pretty)
        #expect(Self.value.text.hasPrefix("{\n  \"z\": 1,\n  \"a\": [\n    true,"))
    }

    @Test func `a member is found by its name`() {
        #expect(Self.value["z"] == 1)
        #expect(Self.value["nothing"] == nil)
        #expect(JSON.string("z")["z"] == nil)
    }
}
