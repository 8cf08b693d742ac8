import Goals
import TestKit
import Testing

@Suite struct EventScannerTests {
    static let now = Timestamp(microseconds: 1_760_524_200_000_000)

    static func scan(_ line: [UInt8]) throws(EventFault) -> EventScanner.Result {
        var scanner = EventScanner(namespace: Identifier("game"), checks: true)
        return try scanner.scan(line.span, now: now)
    }

    static func reason(_ line: [UInt8]) -> EventFault.Reason? {
        do throws(EventFault) {
            _ = try scan(line)
            return nil
        } catch {
            return error.reason
        }
    }

    static func line(_ members: String, payload: String = "{}") -> [UInt8] {
        Array(
            """
            {"id":"e1","name":"userLoggedIn","namespace":"game","timestamp":"2025-10-15T10:00:00Z",\
            "userId":"u1"\(members.isEmpty ? "" : "," + members),"payload":\(payload)}
            """.utf8
        )
    }

    static func stat(_ payload: String) -> [UInt8] {
        Array(
            #"{"id":"e","name":"statItemUpdated","namespace":"game","userId":"u","payload":\#(payload)}"#.utf8
        )
    }

    @Test func `every field of a stat is found, whatever the order of keys`() throws {
        let line = Array(
            #"""
             { "payload" : {"inc":1,"extra":[{"a":null}],"latestValue":-42.5e1,"statCode":"k\u0069lls"},
              "userId":"zo\u00eb\ud83d\ude00", "x": {"payload":{"statCode":"no"}}, "timestamp":"2025-10-15T10:00:00.25Z",
              "namespace":"game","name":"statItemUpdated","id":"e-1"}
            """#.utf8
        )
        var scanner = EventScanner(namespace: Identifier("game"), checks: true)
        guard case .event(let view) = try scanner.scan(line.span, now: Self.now) else {
            Issue.record("not taken as an event")
            return
        }
        #expect(view.kind == .statItemUpdated)
        #expect(view.value == -425)
        #expect(view.time == RFC3339.parse("2025-10-15T10:00:00.25Z"))
        #expect(scanner.bytes(view.id, in: line.span) == Array("e-1".utf8))
        #expect(scanner.bytes(view.user, in: line.span) == Array("zoë😀".utf8))
        #expect(scanner.bytes(view.statCode, in: line.span) == Array("kills".utf8))
    }

    @Test func `requests and deliveries are read`() throws {
        func view(_ name: String, _ payload: String) throws -> (EventView, EventScanner, [UInt8]) {
            let line = Array(
                #"{"id":"e","name":"\#(name)","namespace":"game","userId":"u","payload":\#(payload)}"#.utf8
            )
            var scanner = EventScanner(namespace: Identifier("game"), checks: true)
            guard case .event(let view) = try scanner.scan(line.span, now: nil) else {
                throw EventFault(.unknownName, "other namespace")
            }
            return (view, scanner, line)
        }
        let (on, scanner, line) = try view(
            "goalActivationRequested",
            #"{"challengeId":"c","goalId":"g","isActive":true}"#
        )
        #expect(on.isActive && on.time == nil)
        #expect(scanner.bytes(on.challengeID, in: line.span) == Array("c".utf8))
        #expect(scanner.bytes(on.goalID, in: line.span) == Array("g".utf8))
        let (claim, _, _) = try view("rewardClaimRequested", #"{"goalId":"g","challengeId":"c"}"#)
        #expect(claim.kind == .rewardClaimRequested)
        let (delivered, scanner2, line2) = try view("rewardDelivered", #"{"claimEventId":"e9"}"#)
        #expect(scanner2.bytes(delivered.claimEventID, in: line2.span) == Array("e9".utf8))
    }

    @Test func `another namespace is no fault`() throws {
        guard case .otherNamespace = try Self.scan(Array(#"{"name":"userLoggedIn","namespace":"Game"}"#.utf8))
        else {
            Issue.record("taken as an own event")
            return
        }
    }

    @Test(arguments: [
        ("", EventFault.Reason.notJSON), ("{", .notJSON), ("nonsense", .notJSON), ("[1]", .notAnObject),
        ("17", .notAnObject), (#"{"a":1}x"#, .notJSON), (#"{"a":01}"#, .notJSON), (#"{"a":NaN}"#, .notJSON),
        (#"{"a":1e999}"#, .badNumber), (#"{"a":"\ud800"}"#, .notJSON), (#"{"a":"\udc00\ud800"}"#, .notJSON),
        (#"{"a":"\x"}"#, .notJSON), ("{\"a\":\"\u{1}\"}", .notJSON), (#"{"a":1,"a":2}"#, .duplicateKey),
        (#"{"b":{"a":1,"\u0061":2}}"#, .duplicateKey), (#"{"a":[1,]}"#, .notJSON), (#"{"a":.5}"#, .notJSON),
        (#"{"a":1.}"#, .notJSON), (#"{"a":1e}"#, .notJSON), (#"{'a':1}"#, .notJSON), ("{}", .missingField),
        (#"{"name":5}"#, .wrongType), (#"{"name":"other","namespace":"game"}"#, .unknownName),
        (#"{"name":"userLoggedIn"}"#, .missingField), (#"{"name":"userLoggedIn","namespace":1}"#, .wrongType),
        (#"{"name":"userLoggedIn","namespace":"game"}"#, .missingField),
        (#"{"name":"userLoggedIn","namespace":"game","userId":""}"#, .badIdentifier),
        (#"{"name":"userLoggedIn","namespace":"game","userId":"a\u0000b"}"#, .badIdentifier),
        (#"{"name":"userLoggedIn","namespace":"game","userId":7}"#, .wrongType),
        (#"{"name":"userLoggedIn","namespace":"game","userId":"u","id":7}"#, .wrongType),
        (#"{"name":"userLoggedIn","namespace":"game","userId":"u","timestamp":"soon"}"#, .badTimestamp),
        (#"{"name":"userLoggedIn","namespace":"game","userId":"u","timestamp":1}"#, .wrongType),
        (
            #"{"name":"userLoggedIn","namespace":"game","userId":"u","timestamp":"2025-10-16T10:30:01Z"}"#,
            .futureTimestamp
        ),
    ])
    func `a bad line is refused with its reason`(line: String, reason: EventFault.Reason) {
        #expect(Self.reason(Array(line.utf8)) == reason)
    }

    @Test(arguments: [
        ("{}", EventFault.Reason.missingField), (#"{"statCode":"k"}"#, .missingField),
        (#"{"statCode":"k","latestValue":"5"}"#, .wrongType),
        (#"{"statCode":"","latestValue":5}"#, .badIdentifier),
        (#"{"statCode":"k","latestValue":null}"#, .wrongType),
        (#"{"statCode":"k","latestValue":5,"inc":true}"#, .wrongType), ("5", .missingField),
    ])
    func `a stat without its payload is refused`(payload: String, reason: EventFault.Reason) {
        #expect(Self.reason(Self.stat(payload)) == reason)
    }

    @Test func `24 hours ahead is the limit`() {
        let atLimit = Self.line("").map { $0 }
        #expect(Self.reason(atLimit) == nil)
        let text =
            #"{"name":"userLoggedIn","namespace":"game","userId":"u","timestamp":"2025-10-16T10:30:00Z"}"#
        #expect(Self.reason(Array(text.utf8)) == nil)
    }

    @Test func `ids are measured in scalars, events in bytes`() {
        func line(user: String, id: String = "e") -> [UInt8] {
            Array(#"{"id":"\#(id)","name":"userLoggedIn","namespace":"game","userId":"\#(user)"}"#.utf8)
        }
        #expect(Self.reason(line(user: String(repeating: "😀", count: 100))) == nil)
        #expect(Self.reason(line(user: String(repeating: "😀", count: 101))) == .badIdentifier)
        #expect(Self.reason(line(user: "e" + String(repeating: "\u{301}", count: 99))) == nil)
        #expect(Self.reason(line(user: "e" + String(repeating: "\u{301}", count: 300))) == .badIdentifier)
        #expect(Self.reason(line(user: "u", id: String(repeating: "i", count: 200))) == nil)
        #expect(Self.reason(line(user: "u", id: String(repeating: "i", count: 201))) == .badIdentifier)
        let head = line(user: "u").dropLast()
        let filler = head + Array(#","pad":""#.utf8)
        let most = filler + [UInt8](repeating: 0x61, count: 65_536 - filler.count - 2) + Array("\"}".utf8)
        #expect(most.count == 65_536)
        #expect(Self.reason(Array(most)) == nil)
        #expect(Self.reason(Array(most.dropLast()) + [0x20, 0x7D]) == .tooLong)
    }

    @Test func `depth and key counts have limits`() {
        func nested(_ depth: Int) -> [UInt8] {
            Self.line(#""x":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
        }
        #expect(Self.reason(nested(62)) == nil)
        #expect(Self.reason(nested(70)) == .notJSON)
        let keys = (0..<1000).map { "\"k\($0)\":0" }.joined(separator: ",")
        #expect(Self.reason(Self.line("\"x\":{\(keys)}")) == nil)
        #expect(Self.reason(Self.line("\"x\":{\(keys),\"k1000\":0}")) == .notJSON)
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0xAF], [0xC1, 0x81], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xF4, 0x90, 0x80, 0x80],
            [0xF0, 0x80, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]]
    )
    func `bad UTF-8 is refused anywhere in the line`(bytes: [UInt8]) {
        let head = Array(#"{"x":""#.utf8), tail = Array(#"","y":"0123456789abcdef"}"#.utf8)
        #expect(Self.reason(head + bytes + tail) == .notUTF8)
        #expect(Self.reason(head + bytes) == .notUTF8)
    }

    /// Whatever the bytes, the scanner answers; and what it takes, Foundation takes too.
    @Test(arguments: 1...20)
    func `mutated lines never crash and never pass where other readers fail`(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let line = Self.line(
            #""a":[1,2.5e-3,true,null,"\u00e9\n"]"#,
            payload: #"{"statCode":"k","latestValue":42}"#
        )
        for _ in 0..<2000 {
            var mutated = line
            for _ in 0...(random.next() % 3) {
                let at = Int(random.next() % UInt64(mutated.count))
                switch random.next() % 3 {
                case 0: mutated[at] = UInt8(truncatingIfNeeded: random.next())
                case 1: mutated.remove(at: at)
                default: mutated.insert(UInt8(truncatingIfNeeded: random.next() % 128), at: at)
                }
            }
            if Self.reason(mutated) == nil {
                #expect(
                    JSONReading.isObject(mutated),
                    "seed \(seed): \(String(decoding: mutated, as: UTF8.self))"
                )
            }
        }
    }
}
