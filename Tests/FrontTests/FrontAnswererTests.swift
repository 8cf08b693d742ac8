import Foundation
import Front
import NIOCore
import PayloadStore
import Testing

@Suite struct FrontAnswererTests {
    private static let initialize = "/challenge/v1/challenges/initialize"

    private static func request(_ target: String, player: String = "p1") -> FrontRequest {
        FrontRequest(target: target, player: [player])
    }

    private static func errorCode(_ response: FrontResponse) throws -> String? {
        let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        return object?["errorCode"] as? String
    }

    @Test func `each route gives its own answer, byte for byte`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1), ("p2", 9, 2)])
            let answerer = store.answerer()
            for (player, progress) in [("p1", 7), ("p2", 9)] {
                for (target, kind) in [
                    (Self.initialize, "assignedGoals"), ("/challenge/v1/challenges", "challenges"),
                    ("/challenge/v1/challenges?active_only=true", "activeOnly"),
                ] {
                    let response = answerer.response(to: Self.request(target, player: player))
                    #expect(response.status == 200)
                    #expect(response.body == TestStore.json(progress: progress, kind: kind))
                    #expect(response["Content-Type"] == "application/json")
                    #expect(response["Content-Encoding"] == nil)
                }
            }
        }
    }

    @Test func `an answer says what it includes, how old it is and how to keep it`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 3)], offset: 40, foldedAt: 1_000_000)
            let response = store.answerer(clock: 1_072_999).response(to: Self.request(Self.initialize))
            #expect(response["Goalpost-Offset"] == "43")
            #expect(response["Age"] == "42")
            // When it was published, not folded: a new day or configuration changes answers without a fold.
            #expect(response["Last-Modified"] == "Thu, 01 Jan 1970 00:16:40 GMT")
            #expect(response["Cache-Control"] == "private, max-age=42, stale-while-revalidate=30")
            #expect(response["Vary"] == "Accept-Encoding, Available-Dictionary")
            let id = try TestStore.id(TestStore.initializeTemplate)
            #expect(response["Link"] == "</challenge/v1/templates/\(id.hex)>; rel=\"compression-dictionary\"")
            // A clock behind the fold's makes no negative age.
            #expect(store.answerer(clock: 0).response(to: Self.request(Self.initialize))["Age"] == "0")
        }
    }

    @Test func `a player without events gets the template and the least offset`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 3)], offset: 40, foldedAt: 1_000_000)
            let response = store.answerer(clock: 1_005_000).response(
                to: Self.request(Self.initialize, player: "new")
            )
            #expect(response.status == 200)
            #expect(response.body == TestStore.initializeTemplate)
            #expect(response["Goalpost-Offset"] == "40")
            #expect(response["Age"] == "5")
            // As dcz it is a few bytes that zstd itself makes the template of.
            var request = Self.request(Self.initialize, player: "new")
            request.acceptEncoding = ["dcz"]
            request.availableDictionary = [try TestStore.id(TestStore.initializeTemplate).structuredField]
            let answerer = store.answerer()
            for _ in 0..<2 {
                let coded = answerer.response(to: request)
                #expect(coded["Content-Encoding"] == "dcz")
                #expect(coded.body.count < 100)
                let frame = Array(coded.body.dropFirst(40))
                #expect(
                    try store.decode(frame, against: TestStore.initializeTemplate)
                        == TestStore.initializeTemplate
                )
            }
        }
    }

    @Test func `who holds the template gets dcz that zstd itself decodes to the same bytes`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)])
            let answerer = store.answerer()
            let id = try TestStore.id(TestStore.challengesTemplate)
            var request = Self.request("/challenge/v1/challenges")
            let plain = answerer.response(to: request)
            request.acceptEncoding = ["dcz, br"]
            request.availableDictionary = [id.structuredField]
            let response = answerer.response(to: request)
            #expect(response.status == 200)
            #expect(response["Content-Encoding"] == "dcz")
            #expect(Array(response.body.prefix(40)) == AnswerNegotiation.dczMagic + id.bytes)
            #expect(response.body.count < plain.body.count / 4)
            #expect(response["ETag"] != plain["ETag"])
            let decoded = try store.decode(
                Array(response.body.dropFirst(40)),
                against: TestStore.challengesTemplate
            )
            #expect(decoded == plain.body)
            // Another answer's template is the wrong one.
            request.availableDictionary = [try TestStore.id(TestStore.initializeTemplate).structuredField]
            #expect(answerer.response(to: request).body == plain.body)
        }
    }

    @Test func `the template is there for who wants to hold it`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)])
            let answerer = store.answerer(identity: .none)
            let id = try TestStore.id(TestStore.challengesTemplate)
            let target = "/challenge/v1/templates/\(id.hex)"
            let response = answerer.response(to: FrontRequest(target: target))
            #expect(response.status == 200)
            #expect(response.body == TestStore.challengesTemplate)
            #expect(response["Use-As-Dictionary"] == "match=\"/challenge/v1/challenges\", id=\"\(id.hex)\"")
            #expect(response["Cache-Control"] == "public, max-age=31536000, immutable")
            let tag = try #require(response["ETag"])
            let again = answerer.response(to: FrontRequest(target: target, ifNoneMatch: [tag]))
            #expect(again.status == 304)
            #expect(again.body == [])
            let refused = answerer.response(
                to: FrontRequest(target: target, acceptEncoding: ["identity;q=0"])
            )
            #expect(refused.status == 406)
            let zeros = "/challenge/v1/templates/" + String(repeating: "0", count: 64)
            #expect(answerer.response(to: FrontRequest(target: zeros)).status == 404)
        }
    }

    @Test func `a known tag is answered 304 in its own coding only, until the answer changes`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)])
            let answerer = store.answerer()
            var request = Self.request(Self.initialize)
            let tag = try #require(answerer.response(to: request)["ETag"])
            request.ifNoneMatch = [tag]
            let unchanged = answerer.response(to: request)
            #expect(unchanged.status == 304)
            #expect(unchanged.body == [])
            #expect(unchanged["ETag"] == tag)
            #expect(unchanged["Age"] != nil && unchanged["Vary"] != nil && unchanged["Cache-Control"] != nil)
            #expect(unchanged["Content-Type"] == nil)
            var asDictionary = request
            asDictionary.acceptEncoding = ["dcz"]
            asDictionary.availableDictionary = [
                try TestStore.id(TestStore.initializeTemplate).structuredField
            ]
            #expect(answerer.response(to: asDictionary).status == 200)
            try store.publish([("p1", 8, 1)])
            let changed = answerer.response(to: request)
            #expect(changed.status == 200)
            #expect(changed.body == TestStore.json(progress: 8, kind: "assignedGoals"))
        }
    }

    @Test func `a body that somebody holds stays as it was, whoever asks next`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1), ("p2", 9, 2), ("p3", 4, 3)])
            let answerers = store.answerer(laneCount: 1)
            func body(_ player: String) -> ByteBuffer {
                let target = "/challenge/v1/challenges/initialize"
                return answerers.response(to: FrontRequest(target: target, player: [player])).content
            }
            let asked = (0..<40).map { ["p1", "p2", "p1", "p3", "p3"][$0 % 5] }
            let held = asked.map(body)
            for (player, content) in zip(asked, held) {
                let progress = ["p1": 7, "p2": 9, "p3": 4][player] ?? 0
                #expect(
                    Array(content.readableBytesView)
                        == TestStore.json(progress: progress, kind: "assignedGoals")
                )
            }
            // And with other progress the same player gets another body.
            try store.publish([("p1", 8, 1)])
            #expect(
                Array(body("p1").readableBytesView) == TestStore.json(progress: 8, kind: "assignedGoals")
            )
        }
    }

    @Test func `one name in two spellings is two players`() async throws {
        try await TestStore.with { store in
            try store.publish([("\u{E9}", 1, 0), ("e\u{301}", 2, 0)])
            let answerer = store.answerer()
            let composed = answerer.response(to: Self.request(Self.initialize, player: "\u{E9}"))
            let decomposed = answerer.response(to: Self.request(Self.initialize, player: "e\u{301}"))
            #expect(composed.body == TestStore.json(progress: 1, kind: "assignedGoals"))
            #expect(decomposed.body == TestStore.json(progress: 2, kind: "assignedGoals"))
        }
    }

    @Test func `who refuses plain bytes and cannot have dcz is told so`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)])
            var request = Self.request(Self.initialize)
            request.acceptEncoding = ["*;q=0"]
            let response = store.answerer().response(to: request)
            #expect(response.status == 406)
            #expect(try Self.errorCode(response) == "NOT_ACCEPTABLE")
            #expect(response["Vary"] == "Accept-Encoding, Available-Dictionary")
        }
    }

    @Test func `health does not depend on the store, readiness does`() async throws {
        try await TestStore.with { store in
            let answerer = store.answerer(identity: .none)
            #expect(
                answerer.response(to: FrontRequest(target: "/healthz")).body
                    == Array("{\"status\":\"healthy\"}".utf8)
            )
            for target in ["/readyz", "/challenge/v1/templates/" + String(repeating: "0", count: 64)] {
                let response = answerer.response(to: FrontRequest(target: target))
                #expect(response.status == 503)
                #expect(try Self.errorCode(response) == "STORE_UNAVAILABLE")
                #expect(response["Retry-After"] == "5")
                // Where it looked is nobody's business.
                #expect(!String(decoding: response.body, as: UTF8.self).contains(store.store))
            }
            #expect(store.answerer().response(to: Self.request(Self.initialize)).status == 503)
            try store.publish([])
            let ready = answerer.response(to: FrontRequest(target: "/readyz"))
            #expect(ready.status == 200)
            #expect(String(decoding: ready.body, as: UTF8.self).contains("\"offset\":40"))
        }
    }

    @Test func `a file that is no store is unavailable, not a crash`() async throws {
        try await TestStore.with { store in
            try FileManager.default.createDirectory(atPath: store.store, withIntermediateDirectories: true)
            let junk = Data((0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            try junk.write(to: URL(filePath: store.store + "/data.mdb"))
            let response = store.answerer().response(to: Self.request(Self.initialize))
            #expect(response.status == 503)
            #expect(try Self.errorCode(response) == "STORE_UNAVAILABLE")
        }
    }

    @Test func `a frame that does not fit its template is unavailable, not wrong bytes`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)])
            let writer = try store.writer()
            let state = try #require(try writer.state())
            var batch = PayloadBatch()
            let broken = StoredAnswer(template: state.currentTemplates[0], frame: [1, 2, 3, 4])
            let answers = PlayerAnswers(initialize: broken, challenges: broken, activeOnly: broken)
            try batch.put(user: Array("p1".utf8), partition: 1, day: 0, answers: answers, dailyUntil: nil)
            try writer.commit(batch, state: state)
            let response = store.answerer().response(to: Self.request(Self.initialize))
            #expect(response.status == 503)
        }
    }

    @Test func `writes are refused with the address that takes them`() async throws {
        try await TestStore.with { store in
            let answerer = store.answerer()
            for (method, path) in [
                ("PUT", "c/goals/g/active"), ("POST", "c/goals/g/claim"), ("DELETE", "initialize"),
            ] {
                let request = FrontRequest(
                    method: method,
                    target: "/challenge/v1/challenges/\(path)",
                    player: ["p1"]
                )
                let response = answerer.response(to: request)
                #expect(response.status == 405)
                #expect(response["Allow"] != nil)
                let code = try Self.errorCode(response)
                #expect(code == "METHOD_NOT_ALLOWED")
                #expect(String(decoding: response.body, as: UTF8.self).contains("https://ingest.example"))
            }
        }
    }

    @Test func `without a way to know players nobody gets an answer`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)])
            let response = store.answerer(identity: .none).response(to: Self.request(Self.initialize))
            #expect(response.status == 401)
            #expect(response["WWW-Authenticate"] == "Bearer")
            #expect(try Self.errorCode(response) == "UNAUTHORIZED")
        }
    }

    @Test func `more templates than are kept ready are all served`() async throws {
        try await TestStore.with { store in
            let answerer = store.answerer()
            for round in 0..<(TemplateShelf.templatesMax + 3) {
                let templates = TestStore.templates.map { $0 + Array("\n".utf8) + Array("\(round)".utf8) }
                try store.publish([("p1", round, 1)], templates: templates)
                for _ in 0..<2 {
                    let response = answerer.response(to: Self.request(Self.initialize))
                    #expect(response.body == TestStore.json(progress: round, kind: "assignedGoals"))
                }
            }
        }
    }

    @Test func `many readers at once each get one whole answer while it is republished`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 0, 1)], offset: 0)
            let answerer = store.answerer(laneCount: 2)
            let valid = (0..<20).map { TestStore.json(progress: $0, kind: "assignedGoals") }
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var torn = 0
                        for _ in 0..<200 {
                            let response = answerer.response(to: Self.request(Self.initialize))
                            // The offset was written with the answer: partition 1 shows offset + 1.
                            let progress =
                                response["Goalpost-Offset"].flatMap { Int($0) }.map { $0 - 1 } ?? -1
                            if progress < 0 || progress >= 20 || response.body != valid[progress] {
                                torn += 1
                            }
                        }
                        return torn
                    }
                }
                for round in 1..<20 {
                    try store.publish([("p1", round, 1)], offset: UInt64(round))
                    await Task.yield()
                }
                for try await torn in group { #expect(torn == 0) }
            }
        }
    }
}
