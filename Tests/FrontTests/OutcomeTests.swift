import Foundation
import Front
import Goals
import PayloadStore
import TestKit
import Testing

/// What became of a request, as the player who sent it is told.
@Suite struct OutcomeTests {
    private static let base = "/challenge/v1/requests/"
    /// What ``TestStore`` publishes includes the log's records before this one.
    private static let included: UInt64 = 40

    private static func outcome(_ id: String, _ code: String? = nil, at microseconds: Int64 = 0)
        -> PublishedOutcome
    {
        PublishedOutcome(key: Array(id.utf8), errorCode: code, decidedAt: microseconds)
    }

    /// 2025-11-04T12:00:00.123456Z.
    private static let noon: Int64 = 1_762_257_600_123_456

    private static func with(_ body: (TestStore) async throws -> Void) async throws {
        try await TestStore.with { store in
            try store.publish(
                [("p1", 7, 3), ("p2", 9, 2)],
                offset: included,
                outcomes: [
                    "p1": [
                        outcome("applied", at: noon), outcome("rejected", "GOAL_NOT_COMPLETED", at: noon),
                        outcome("e\u{301} /%", "ALREADY_CLAIMED"), outcome("a\"\u{1}\\", at: .max),
                        outcome("\u{E9}", at: .min),
                    ], "p2": [outcome("theirs", at: noon), outcome("rejected", at: noon)],
                ]
            )
            try await body(store)
        }
    }

    private static func ask(
        _ store: TestStore,
        _ target: String,
        player: String? = "p1",
        identity: PlayerIdentity = .insecureHeader
    ) -> FrontResponse {
        store.answerer(identity: identity).response(
            to: FrontRequest(target: base + target, player: player.map { [$0] } ?? [])
        )
    }

    private static func text(_ response: FrontResponse) -> String {
        String(decoding: response.body, as: UTF8.self)
    }

    private static func expectProblem(
        _ response: FrontResponse,
        _ status: Int,
        _ code: String,
        _ about: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(response.status == status, "\(about)", sourceLocation: sourceLocation)
        #expect(
            text(response).contains("\"errorCode\":\"\(code)\""),
            "\(about)",
            sourceLocation: sourceLocation
        )
        #expect(
            response["Content-Type"] == "application/problem+json",
            "\(about)",
            sourceLocation: sourceLocation
        )
    }

    @Test func `a decided request says what became of it and when`() async throws {
        try await Self.with { store in
            let applied = Self.ask(store, "applied")
            #expect(applied.status == 200)
            #expect(
                Self.text(applied)
                    == #"{"eventId":"applied","status":"applied","decidedAt":"2025-11-04T12:00:00Z"}"#
            )
            #expect(applied["Content-Type"] == "application/json")
            #expect(applied["Cache-Control"] == "private, no-store")
            #expect(applied["Goalpost-Offset"] == "\(Self.included)")
            #expect(
                Self.text(Self.ask(store, "rejected"))
                    == #"{"eventId":"rejected","status":"rejected","errorCode":"GOAL_NOT_COMPLETED","#
                    + #""decidedAt":"2025-11-04T12:00:00Z"}"#
            )
            // What is known is told, whatever offset the client has in mind.
            for query in ["?offset=0", "?offset=39", "?offset=1000", "?other=1&offset=7"] {
                #expect(Self.ask(store, "applied" + query) == applied)
            }
            #expect(Self.text(Self.ask(store, "rejected", player: "p2")).contains(#""status":"applied""#))
        }
    }

    @Test func `ids are percent-decoded bytes, and JSON keeps each of them`() async throws {
        try await Self.with { store in
            for (escaped, shown) in [
                ("e%CC%81%20%2F%25", "e\u{301} /%"), ("e%cc%81%20%2f%25", "e\u{301} /%"),
                ("%61ppl%69ed", "applied"), ("a%22%01%5C", "a\"\u{1}\\"), ("%C3%A9", "\u{E9}"),
            ] {
                let response = Self.ask(store, escaped)
                #expect(response.status == 200, "\(escaped)")
                let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
                let id = try #require(object?["eventId"] as? String)
                #expect(Array(id.utf8) == Array(shown.utf8), "\(escaped)")
            }
            // The other spelling of é is another request; times beyond any calendar are cut, not fatal.
            #expect(Self.ask(store, "%65%CC%81").status == 404)
            #expect(Self.text(Self.ask(store, "a%22%01%5C")).contains("9999-12-31T23:59:59Z"))
            #expect(Self.text(Self.ask(store, "%C3%A9")).contains("1970-01-01T00:00:00Z"))
        }
    }

    @Test func `an id that the tables keep under a stand-in is found by itself`() async throws {
        try await TestStore.with { store in
            let ids = [#"\x61"#, #"\x"# + String(repeating: "longer than a stand-in tells ", count: 6)]
            let stored = ids.map { id in
                let key = EventKey.key(Array(id.utf8))
                #expect(key != Array(id.utf8))
                return PublishedOutcome(key: key, errorCode: nil, decidedAt: 0)
            }
            try store.publish([("p1", 7, 3)], outcomes: ["p1": stored])
            for id in ids {
                let escaped = try #require(
                    id.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
                )
                #expect(Self.ask(store, escaped).status == 200, "\(id)")
            }
            #expect(Self.ask(store, "%5Cx62").status == 404)
        }
    }

    @Test func `pending is what the published state does not include yet`() async throws {
        try await Self.with { store in
            for (offset, isPending) in [
                (Self.included, true), (Self.included + 1, true), (UInt64(Int64.max), true),
                (Self.included - 1, false), (0, false),
            ] {
                let response = Self.ask(store, "new?offset=\(offset)")
                guard isPending else {
                    Self.expectProblem(response, 404, "REQUEST_NOT_FOUND", "\(offset)")
                    #expect(response["Goalpost-Offset"] == "\(Self.included)")
                    continue
                }
                #expect(response.status == 200)
                #expect(
                    Self.text(response) == #"{"eventId":"new","status":"pending","offset":\#(offset)}"#
                )
                #expect(response["Cache-Control"] == "private, no-store")
                #expect(response["Goalpost-Offset"] == "\(Self.included)")
            }
            // A player of whom nothing is published has sent the first request perhaps.
            #expect(Self.ask(store, "new?offset=40", player: "p3").status == 200)
            // The next publish includes it and knows nothing of such a request.
            try store.publish([("p1", 7, 3)], offset: 1000)
            Self.expectProblem(Self.ask(store, "new?offset=40"), 404, "REQUEST_NOT_FOUND")
        }
    }

    @Test func `somebody else's request is as unknown as one that never was`() async throws {
        try await Self.with { store in
            let theirs = Self.ask(store, "theirs")
            Self.expectProblem(theirs, 404, "REQUEST_NOT_FOUND")
            let never = Self.ask(store, "nevers")
            #expect(Self.text(theirs).replacing("theirs", with: "nevers") == Self.text(never))
            #expect(theirs.fields == never.fields)
            #expect(Self.ask(store, "theirs", player: "p2").status == 200)
            for id in ["theirs", "nevers"] {
                #expect(Self.text(Self.ask(store, id + "?offset=40")).contains("pending"))
            }
        }
    }

    @Test func `who does not say who asks learns nothing`() async throws {
        try await Self.with { store in
            for target in ["applied", "applied?offset=x", "%FF", "new?offset=40"] {
                let nobody = Self.ask(store, target, player: nil)
                Self.expectProblem(nobody, 401, "UNAUTHORIZED", target)
                #expect(nobody["WWW-Authenticate"] == "Bearer")
                Self.expectProblem(Self.ask(store, target, identity: .none), 401, "UNAUTHORIZED", target)
                let long = String(repeating: "x", count: 101)
                Self.expectProblem(Self.ask(store, target, player: long), 400, "INVALID_REQUEST", target)
            }
        }
    }

    @Test(arguments: [
        "offset=", "offset", "offset=x", "offset=-1", "offset=+1", "offset=1.0", "offset=%31", "offset= 1",
        "offset=1&offset=1", "offset=1&x=2&offset=", "offset=9223372036854775808", "offset=٣", "offset=0x1",
        "offset=99999999999999999999999999", "a=b&offset=1e3", "offset=1=2",
    ])
    func `what is no offset is refused, though the request is known`(query: String) async throws {
        try await Self.with { store in
            for id in ["applied", "new"] {
                Self.expectProblem(Self.ask(store, "\(id)?\(query)"), 400, "INVALID_REQUEST", query)
            }
        }
    }

    @Test func `an id that cannot be is never pending`() async throws {
        try await Self.with { store in
            for id in [
                "%", "%4", "%zz", "a%", "%FF", "%C3", "%ED%A0%80", "%00", "a%00",
                String(repeating: "x", count: 201), String(repeating: "%C3%A9", count: 101),
            ] {
                Self.expectProblem(Self.ask(store, "\(id)?offset=40"), 404, "REQUEST_NOT_FOUND", id)
            }
            for id in [String(repeating: "x", count: 200), String(repeating: "%C3%A9", count: 100), "+", "."]
            {
                #expect(Self.ask(store, "\(id)?offset=40").status == 200, "\(id)")
            }
        }
    }

    @Test func `before anybody is published nothing is said to be unknown`() async throws {
        try await TestStore.with { store in
            Self.expectProblem(Self.ask(store, "r?offset=1"), 503, "STORE_UNAVAILABLE")
            let writer = try store.writer()
            try writer.commit(
                PayloadBatch(),
                state: PublishedState(
                    databaseID: "db",
                    challengesID: "",
                    day: 1,
                    publishedAt: 1,
                    currentTemplates: []
                )
            )
            Self.expectProblem(Self.ask(store, "r"), 503, "STORE_UNAVAILABLE")
            #expect(Self.ask(store, "r?offset=0").status == 200)
        }
    }

    @Test func `over a connection it keeps its place between answers, and HEAD has no body`() async throws {
        try await Self.with { store in
            let front = try RunningFront(data: store.directory)
            let wire = try Wire(front.address)
            func request(_ method: String, _ path: String) -> String {
                "\(method) \(path) HTTP/1.1\r\nHost: h\r\nx-mock-user-id: p1\r\n\r\n"
            }
            let initialize = "/challenge/v1/challenges/initialize"
            // Sent at once, and one by one as a client does that waits for its outcome.
            for isAtOnce in [true, false] {
                let asked = (0..<6).flatMap { _ in
                    [
                        ("GET", initialize), ("GET", Self.base + "applied"), ("HEAD", Self.base + "applied"),
                        ("GET", Self.base + "new?offset=40"), ("GET", Self.base + "new"),
                        ("DELETE", Self.base + "applied"),
                    ]
                }
                if isAtOnce { wire.send(asked.map { request($0.0, $0.1) }.joined()) }
                for (number, (method, path)) in asked.enumerated() {
                    if !isAtOnce { wire.send(request(method, path)) }
                    let response = try wire.response(to: method)
                    let body = String(decoding: response.body, as: UTF8.self)
                    switch number % 6 {
                    case 0: #expect(response.body == TestStore.json(progress: 7, kind: "assignedGoals"))
                    case 1: #expect(body.contains(#""status":"applied""#))
                    case 2:
                        #expect(response.status == 200 && body.isEmpty)
                        #expect(response["content-length"] == "75")
                    case 3: #expect(body.contains(#""status":"pending""#))
                    case 4: #expect(response.status == 404)
                    default:
                        #expect(response.status == 405)
                        #expect(response["allow"] == "GET, HEAD")
                    }
                }
            }
            let page = String(decoding: try front.curl("/metrics").body, as: UTF8.self)
            let line = page.split(separator: "\n").first {
                $0.contains(#"route="request_outcome""#) && $0.contains(#"status="200""#)
            }
            #expect(line?.hasSuffix(" 36") == true, "\(line ?? "none")")
            #expect(front.stop() == 0)
        }
    }
}
