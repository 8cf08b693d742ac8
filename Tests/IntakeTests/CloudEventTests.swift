import Goals
import Intake
import Testing

@Suite struct CloudEventTests {
    private static func event(_ text: String) throws -> String {
        String(
            decoding: try CloudEvent(namespace: Identifier("game")).event(Array(text.utf8).span),
            as: UTF8.self
        )
    }

    @Test func `its attributes become an event's`() throws {
        let text = #"""
            {"specversion":"1.0","id":"e\u0031","source":"//s","type":"com.game.statItemUpdated","subject":"u",
            "time":"2025-12-01T00:00:00Z","datacontenttype":"application/json","trace":"t","data":{"statCode":"k","latestValue":1.50}}
            """#
        #expect(
            try Self.event(text)
                == #"{"id":"e\u0031","name":"statItemUpdated","namespace":"game","timestamp":"2025-12-01T00:00:00Z","#
                + #""userId":"u","source":"//s","payload":{"statCode":"k","latestValue":1.50},"trace":"t"}"#
        )
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"id\"}", "{\"id\":}", "{\"id\":\"\\", "{\"id\" \"x\"}",
        #"{"specversion":"0.3","id":"a","source":"s","type":"userLoggedIn","subject":"u"}"#,
        #"{"specversion":"1.0","id":"a","id":"b","source":"s","type":"userLoggedIn","subject":"u"}"#,
        #"{"specversion":"1.0","id":"","source":"s","type":"userLoggedIn","subject":"u"}"#,
        #"{"specversion":"1.0","id":"a","source":"s","type":"userLoggedIn","subject":"u","data_base64":"eA=="}"#,
        #"{"specversion":"1.0","id":"a","source":"s","type":"userLoggedIn"}"#,
        #"{"specversion":"1.0","id":"a","source":"s","type":"userLoggedIn","subject":"u"}x"#,
        // A source that is no text names no producer; a type that is none would bring keys of its own in.
        #"{"specversion":"1.0","id":"a","source":null,"type":"userLoggedIn","subject":"u"}"#,
        #"{"specversion":"1.0","id":"a","source":"s","type":[1.userLoggedIn","b":["x\""],"subject":"u"}"#,
        #"{"specversion":"1.0","id":1234,"source":"s","type":"userLoggedIn","subject":"u"}"#,
        #"{"specversion":"1.0","id":"a","source":"s","type":"userLoggedIn","subject":[null]}"#,
    ])
    func `what is no CloudEvent of ours is refused`(text: String) {
        #expect(throws: EventFault.self) { try Self.event(text) }
    }
}
