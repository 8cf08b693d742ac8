import IngestRPC
import RPCMessages
import Testing

@Suite struct PlatformEventTests {
    private typealias Login = Accelbyte_Iam_Account_V1_UserLoggedIn
    private typealias Statistic = Accelbyte_Social_Statistic_V1_StatItemUpdated

    private static func login() -> Login {
        var message = Login()
        message.id = "e1"
        message.namespace = "game"
        message.timestamp = "2025-12-01T00:00:00Z"
        message.userID = "u"
        return message
    }

    private static func statistic(_ value: Double = 1, inc: Double = 0) -> Statistic {
        var message = Statistic()
        message.id = "e2"
        message.namespace = "game"
        message.timestamp = "2025-12-01T00:00:00Z"
        message.userID = "u"
        message.payload.statCode = "k"
        message.payload.latestValue = value
        message.payload.inc = inc
        return message
    }

    private static func text(_ line: [UInt8]) -> String { String(decoding: line, as: UTF8.self) }

    @Test func `a login has an event's fields in their usual order`() throws {
        #expect(
            Self.text(try PlatformEvent.line(Self.login()))
                == #"{"id":"e1","name":"userLoggedIn","namespace":"game","timestamp":"2025-12-01T00:00:00Z","#
                + #""userId":"u","payload":{}}"#
        )
    }

    @Test func `a statistic has its code and its numbers`() throws {
        #expect(
            Self.text(try PlatformEvent.line(Self.statistic(12, inc: -0.5)))
                == #"{"id":"e2","name":"statItemUpdated","namespace":"game","timestamp":"2025-12-01T00:00:00Z","#
                + #""userId":"u","payload":{"statCode":"k","latestValue":12,"inc":-0.5}}"#
        )
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "-0.0"), (-7, "-7"), (0.1, "0.1"), (999_999_999_999_999, "999999999999999"),
            (1e15, "1000000000000000.0"), (1e16, "1e+16"), (1e-7, "1e-07"),
            (.leastNonzeroMagnitude, "5e-324"),
            (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
        ] as [(Double, String)]
    )
    func `a number is the shortest text that reads back as it`(value: Double, text: String) throws {
        #expect(Double(text) == value)
        #expect(
            Self.text(try PlatformEvent.line(Self.statistic(value, inc: value)))
                .hasSuffix(#""latestValue":\#(text),"inc":\#(text)}}"#)
        )
    }

    @Test func `what a line or JSON forbids is escaped`() throws {
        var message = Self.login()
        message.id = "a\"b\\c"
        message.userID = "line\nend\u{0}\u{7F}é"
        #expect(
            Self.text(try PlatformEvent.line(message))
                == #"{"id":"a\"b\\c","name":"userLoggedIn","namespace":"game","timestamp":"2025-12-01T00:00:00Z","#
                + #""userId":"line\u000aend\u0000\u007fé","payload":{}}"#
        )
        var item = Self.statistic()
        item.payload.statCode = "\",\"inc\":1"
        #expect(
            Self.text(try PlatformEvent.line(item)).contains(#""statCode":"\",\"inc\":1","latestValue":1"#)
        )
    }

    @Test func `what may be missing stays empty`() throws {
        var message = Self.login()
        (message.id, message.timestamp) = ("", "")
        #expect(
            Self.text(try PlatformEvent.line(message))
                == #"{"id":"","name":"userLoggedIn","namespace":"game","timestamp":"","userId":"u","payload":{}}"#
        )
    }

    @Test func `without a player it is no event`() {
        var login = Self.login()
        login.userID = ""
        #expect(throws: PlatformEvent.Fault.noUser) { try PlatformEvent.line(login) }
        var statistic = Self.statistic()
        statistic.userID = ""
        #expect(throws: PlatformEvent.Fault.noUser) { try PlatformEvent.line(statistic) }
    }

    @Test func `a statistic without a payload or a code is no event`() {
        var statistic = Self.statistic()
        statistic.payload.statCode = ""
        #expect(throws: PlatformEvent.Fault.noStatCode) { try PlatformEvent.line(statistic) }
        statistic.clearPayload()
        #expect(throws: PlatformEvent.Fault.noPayload) { try PlatformEvent.line(statistic) }
    }

    @Test(arguments: [Double.infinity, -.infinity, .nan])
    func `a number without end is no event's`(value: Double) {
        #expect(throws: PlatformEvent.Fault.notFinite) { try PlatformEvent.line(Self.statistic(value)) }
        #expect(throws: PlatformEvent.Fault.notFinite) {
            try PlatformEvent.line(Self.statistic(1, inc: value))
        }
    }
}
