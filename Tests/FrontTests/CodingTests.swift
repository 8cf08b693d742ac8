import Foundation
import Front
import PayloadStore
import TestKit
import Testing

/// Bodies in every coding are what other people's tools make the JSON of.
@Suite struct CodingTests {
    private static let targets = [
        ("/challenge/v1/challenges/initialize", "assignedGoals", TestStore.initializeTemplate),
        ("/challenge/v1/challenges", "challenges", TestStore.challengesTemplate),
        ("/challenge/v1/challenges?active_only=true", "activeOnly", TestStore.activeTemplate),
    ]

    /// What the command for a coding makes of a body.
    private static func decoded(_ body: [UInt8], _ coding: String, in store: TestStore) throws -> [UInt8] {
        let file = store.directory.appending(path: "\(UUID())")
        try Data(body).write(to: file)
        let command = coding == "gzip" ? "/usr/bin/gzip" : "/usr/bin/zstd"
        let (status, output, error) = try Command.run("/bin/sh", ["-c", "\(command) -d -c < \(file.path())"])
        #expect(status == 0, "\(error)")
        return Array(output)
    }

    @Test(arguments: ["gzip", "zstd"], ["p1", "new"])
    func `answers in a coding are the answers`(coding: String, player: String) async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)])
            let answerer = store.answerer()
            for (target, kind, template) in Self.targets {
                // Twice: contexts and memory are used again.
                for _ in 0..<2 {
                    let response = answerer.response(
                        to: FrontRequest(target: target, acceptEncoding: [coding], player: [player])
                    )
                    #expect(response.status == 200)
                    #expect(response["Content-Encoding"] == coding)
                    #expect(response["Vary"] == "Accept-Encoding, Available-Dictionary")
                    #expect(response["ETag"]?.hasSuffix("-\(coding)\"") == true)
                    #expect(response["Link"]?.contains("compression-dictionary") == true)
                    #expect(response.body.count < template.count / 5)
                    let expected = player == "new" ? template : TestStore.json(progress: 7, kind: kind)
                    #expect(try Self.decoded(response.body, coding, in: store) == expected)
                }
            }
        }
    }

    @Test(arguments: ["gzip", "zstd"])
    func `the template is compressed too`(coding: String) async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)])
            let answerer = store.answerer(identity: .none)
            let id = try TestStore.id(TestStore.challengesTemplate)
            let target = "/challenge/v1/templates/\(id.hex)"
            let response = answerer.response(to: FrontRequest(target: target, acceptEncoding: [coding]))
            #expect(response.status == 200)
            #expect(response["Content-Encoding"] == coding)
            #expect(response["Vary"] == "Accept-Encoding")
            #expect(response["Use-As-Dictionary"] == "match=\"/challenge/v1/challenges\", id=\"\(id.hex)\"")
            #expect(try Self.decoded(response.body, coding, in: store) == TestStore.challengesTemplate)
            let tag = try #require(response["ETag"])
            let again = answerer.response(
                to: FrontRequest(target: target, acceptEncoding: [coding], ifNoneMatch: [tag])
            )
            #expect(again.status == 304)
            // The tag of one coding is not that of another.
            let plain = answerer.response(to: FrontRequest(target: target, ifNoneMatch: [tag]))
            #expect(plain.status == 200)
            #expect(plain.body == TestStore.challengesTemplate)
        }
    }

    @Test func `each coding has its tag, and each tag its 304`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)])
            let answerer = store.answerer()
            let dictionary = try TestStore.id(TestStore.initializeTemplate).structuredField
            var requests = ["identity", "gzip", "zstd", "dcz"].map {
                FrontRequest(
                    target: Self.targets[0].0,
                    acceptEncoding: [$0],
                    availableDictionary: [dictionary],
                    player: ["p1"]
                )
            }
            let tags = try requests.map { try #require(answerer.response(to: $0)["ETag"]) }
            #expect(Set(tags).count == 4)
            for index in requests.indices {
                for (other, tag) in tags.enumerated() {
                    requests[index].ifNoneMatch = [tag]
                    #expect(answerer.response(to: requests[index]).status == (index == other ? 304 : 200))
                }
            }
        }
    }

    @Test func `a date that is not before the last change is answered 304`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)], foldedAt: 1_000_000)
            let answerer = store.answerer(clock: 2_000_000)
            var request = FrontRequest(target: Self.targets[0].0, player: ["p1"])
            let date = try #require(answerer.response(to: request)["Last-Modified"])
            #expect(date == "Thu, 01 Jan 1970 00:16:40 GMT")
            for (line, status) in [
                (date, 304), ("Thu, 01 Jan 1970 00:16:41 GMT", 304), ("Thu, 01 Jan 1970 00:33:20 GMT", 304),
                ("Thu, 01 Jan 1970 00:16:39 GMT", 200), ("Thursday, 01-Jan-70 00:16:40 GMT", 304),
                ("Thu Jan  1 00:16:40 1970", 304), ("nonsense", 200), ("", 200),
                // Later than now: no clock could have said so.
                ("Thu, 01 Jan 1970 00:33:21 GMT", 200), ("Fri, 01 Jan 2100 00:00:00 GMT", 200),
            ] {
                request.ifModifiedSince = [line]
                #expect(answerer.response(to: request).status == status, "\(line)")
            }
            // A tag says more than a date, and a second date makes neither count.
            request.ifModifiedSince = [date]
            request.ifNoneMatch = ["\"other\""]
            #expect(answerer.response(to: request).status == 200)
            request.ifNoneMatch = []
            request.ifModifiedSince = [date, date]
            #expect(answerer.response(to: request).status == 200)
            // Published again in a later second, without a fold: the old date no longer holds.
            try store.publish([("p1", 8, 1)], foldedAt: 1_000_600)
            request.ifModifiedSince = [date]
            #expect(answerer.response(to: request).status == 200)
        }
    }

    @Test func `two publishes in one second never share a date that is believed`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)], foldedAt: 1_000_000)
            var request = FrontRequest(target: Self.targets[0].0, player: ["p1"])
            let first = store.answerer(clock: 1_000_700).response(to: request)
            request.ifModifiedSince = [try #require(first["Last-Modified"])]
            try store.publish([("p1", 8, 1)], foldedAt: 1_000_300)
            let second = store.answerer(clock: 1_001_500).response(to: request)
            #expect(second.status == 200)
            #expect(second.body == TestStore.json(progress: 8, kind: "assignedGoals"))
        }
    }

    @Test func `readiness has an age limit, health has none`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)], foldedAt: 1_000_000)
            for (clock, limit, status) in [
                (1_010_500, 10, 200), (1_011_500, 10, 503), (999_999_999, 0, 200), (999_999_999, 60, 503),
                (0, 1, 200),
            ] as [(Int64, Int, Int)] {
                let answerer = store.answerer(clock: clock, readySeconds: limit)
                let ready = answerer.response(to: FrontRequest(target: "/readyz"))
                #expect(ready.status == status, "\(clock) \(limit)")
                #expect(answerer.response(to: FrontRequest(target: "/healthz")).status == 200)
                // Answers go out at any age, and say it.
                let answer = answerer.response(to: FrontRequest(target: Self.targets[0].0, player: ["p1"]))
                #expect(answer.status == 200)
            }
            let late = store.answerer(clock: 1_020_500, readySeconds: 10)
            let response = late.response(to: FrontRequest(target: "/readyz"))
            #expect(String(decoding: response.body, as: UTF8.self).contains("20 seconds ago"))
            #expect(response["Retry-After"] == "5")
        }
    }

    @Test func `a partition that was never folded makes nobody old`() async throws {
        try await TestStore.with { store in
            try store.publish([("p1", 7, 1)], foldedAt: 1_000_000)
            let writer = try store.writer()
            var state = try #require(try writer.state())
            state.partitions[0].foldedAt = 0
            state.partitions[1].foldedAt = 0
            try writer.commit(PayloadBatch(), state: state)
            let answerer = store.answerer(clock: 1_042_500)
            let known = answerer.response(to: FrontRequest(target: Self.targets[0].0, player: ["p1"]))
            #expect(known["Age"] == "42")
            // Of the partitions that were folded the oldest is number 2, folded 20 seconds later.
            let unknown = answerer.response(to: FrontRequest(target: Self.targets[0].0, player: ["new"]))
            #expect(unknown["Age"] == "22")
        }
    }
}
