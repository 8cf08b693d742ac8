import Foundation
import TestKit
import Testing

/// A real server, spoken to by curl.
@Suite struct IngestServerTests {
    private static func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func `events come in one by one, as an array, as lines and compressed`() throws {
        let server = try RunningIngest()
        let login = RunningIngest.login
        var said = try server.post("  " + login("a").replacing(",", with: ",\n") + "\n")
        #expect(said.status == 200 && said.body.contains(#""result":"accepted","offset":0"#), "\(said)")
        said = try server.post("[\(login("b")),\n\(login("a")), 7]")
        #expect(said.status == 200, "\(said)")
        var results = try #require(try Self.json(said.body)["results"] as? [[String: Any]])
        #expect(results.map { $0["result"] as? String } == ["accepted", "duplicate", "rejected"])
        #expect(results[1]["offset"] as? Int == 0 && results[2]["reason"] as? String == "not_an_object")
        said = try server.post("\(login("c"))\n\nbad\n\(login("d"))", type: "application/x-ndjson")
        #expect(said.status == 200)
        results = try #require(try Self.json(said.body)["results"] as? [[String: Any]])
        #expect(results.map { $0["result"] as? String } == ["accepted", "rejected", "accepted"])
        let path = server.directory.path + "/lines"
        try (0..<5000).map { login("z\($0)") + "\n" }.joined()
            .write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try server.run("/usr/bin/env", ["gzip", "-k", path]).status == 0)
        #expect(try server.run("/usr/bin/env", ["zstd", "-q", path]).status == 0)
        for (index, (suffix, coding)) in [("gz", "gzip"), ("zst", "zstd")].enumerated() {
            said = try server.curl(
                "/v1/events",
                [
                    "-H", "Content-Type: application/x-ndjson", "-H", "Content-Encoding: \(coding)",
                    "--data-binary", "@\(path).\(suffix)",
                ]
            )
            let counts = try Self.json(said.body)
            #expect(counts["accepted"] as? Int == (index == 0 ? 5000 : 0), "\(said)")
            #expect(counts["duplicates"] as? Int == (index == 0 ? 0 : 5000))
        }
        said = try server.curl("/metrics", [])
        #expect(
            said.body.contains(#"goalpost_ingest_events_total{name="userLoggedIn",result="accepted"} 5004"#)
        )
        #expect(said.body.contains("goalpost_ingest_quarantined_total 2\n"))
        #expect(try server.curl("/readyz", []).status == 200)
        #expect(server.end() == 0, "\(server.errorText)")
        let ids = try server.ids()
        #expect(ids.count == 5004 && Array(ids.prefix(4)) == ["a", "b", "c", "d"])
    }

    @Test func `cloud events are taken, each within its source`() throws {
        let server = try RunningIngest()
        func event(_ id: String, _ source: String) -> String {
            #"{"specversion":"1.0","id":"\#(id)","source":"\#(source)","type":"x.userLoggedIn","subject":"u"}"#
        }
        var said = try server.post(event("1", "/a"), type: "application/cloudevents+json; charset=utf-8")
        #expect(said.status == 200 && said.body.contains("accepted\":1"), "\(said)")
        said = try server.post(
            "[\(event("1", "/b")),\(event("1", "/a")),{}]",
            type: "application/cloudevents-batch+json"
        )
        let results = try #require(try Self.json(said.body)["results"] as? [[String: Any]])
        #expect(results.map { $0["result"] as? String } == ["accepted", "duplicate", "rejected"])
        server.end()
        #expect(try server.ids() == ["1", "1"])
    }

    @Test func `a player's request is written once for each key of that player`() throws {
        let server = try RunningIngest(environment: [
            "GOALPOST_INGEST_PLAYER_BURST": "4", "GOALPOST_INGEST_PLAYER_RATE": "1",
        ])
        let claim = "/challenge/v1/challenges/c/goals/g%20%C3%A4/claim"
        let key = ["-X", "POST", "-H", "Idempotency-Key: k"]
        var said = try server.curl(claim, key + ["-H", "x-mock-user-id: one"])
        #expect(said.status == 202, "\(said)")
        var answer = try Self.json(said.body)
        #expect(answer["eventId"] as? String == "k" && answer["offset"] as? Int == 0)
        #expect(answer["outcome"] as? String == "/challenge/v1/requests/k?offset=0")
        answer = try Self.json(try server.curl(claim, key + ["-H", "x-mock-user-id: one"]).body)
        #expect(answer["offset"] as? Int == 0 && answer["duplicate"] as? Bool == true)
        answer = try Self.json(try server.curl(claim, key + ["-H", "x-mock-user-id: two"]).body)
        #expect(answer["offset"] as? Int == 1 && answer["duplicate"] as? Bool == false)
        let active = "/challenge/v1/challenges/c/goals/g/active"
        let put = ["-X", "PUT", "-H", "x-mock-user-id: one", "--data"]
        said = try server.curl(active, put + [#"{"isActive":true}"#])
        #expect(said.status == 202)
        #expect(try server.curl(active, put + ["{}"]).status == 400)
        // The bucket is empty, or has got one token back meanwhile.
        let statuses = try (0..<20).map { _ in try server.curl(active, put + [#"{"isActive":false}"#]).status
        }
        #expect(statuses.contains(429) && statuses.allSatisfy { $0 == 429 || $0 == 202 })
        #expect(try server.curl(active, ["-X", "PUT", "--data", "{}"]).status == 401)
        server.end()
        #expect(try server.ids().prefix(2) == ["k", "k"])
    }

    @Test func `what cannot be taken is said with an error code`() throws {
        let server = try RunningIngest()
        func code(_ said: (status: Int, body: String)) throws -> String {
            "\(said.status) \(try Self.json(said.body)["errorCode"] as? String ?? "")"
        }
        #expect(try code(server.post("nonsense")) == "400 INVALID_REQUEST")
        #expect(try code(server.post("")) == "400 INVALID_REQUEST")
        #expect(try code(server.post("[\(RunningIngest.login("kept")),")) == "400 INVALID_REQUEST")
        #expect(try code(server.post("x", type: "text/html")) == "415 UNSUPPORTED_MEDIA_TYPE")
        #expect(try code(server.post("x", ["-H", "Content-Encoding: br"])) == "415 UNSUPPORTED_MEDIA_TYPE")
        #expect(try code(server.post("x", ["-H", "Content-Encoding: gzip"])) == "400 INVALID_REQUEST")
        #expect(try code(server.curl("/v1/events", [])) == "405 METHOD_NOT_ALLOWED")
        #expect(try code(server.curl("/nothing", [])) == "404 NOT_FOUND")
        let long = String(repeating: "x", count: (1 << 20) + 1)
        #expect(try code(server.post(long, type: "application/x-ndjson")) == "413 BODY_TOO_LARGE")
        server.end()
        #expect(try server.ids() == ["kept"])
    }

    @Test func `services need their token where a file of hashes is set`() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/tokens"
        // printf %s sesame-open-now | sha256sum
        let hash = "a-placeholder"
        try "# producers\n\(hash)\n".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(throws: (any Error).self) {
            try RunningIngest(arguments: [], environment: ["GOALPOST_INGEST_TOKEN_FILE": file])
        }
        let made = Process()
        made.executableURL = URL(filePath: "/usr/bin/env")
        made.arguments = ["sh", "-c", "printf %s sesame-open-now | sha256sum > \(file)"]
        try made.run()
        made.waitUntilExit()
        let server = try RunningIngest(arguments: [], environment: ["GOALPOST_INGEST_TOKEN_FILE": file])
        let event = RunningIngest.login("a")
        #expect(try server.post(event).status == 401)
        #expect(try server.post(event, ["-H", "Authorization: Bearer wrong"]).status == 401)
        #expect(try server.post(event, ["-H", "Authorization: Bearer sesame-open-now"]).status == 200)
    }

    @Test func `it listens on loopback only while nothing keeps strangers out`() throws {
        let server = try RunningIngest()
        server.end()
        for more in [[], ["--insecure-header-auth"]] {
            let said = try server.run(
                "goalpost-ingest",
                ["--data", server.data, "--http", "0.0.0.0:0"] + more
            )
            #expect(said.status == 78 && said.error.contains("127.0.0.1"), "\(said)")
        }
        try server.start()
        let second = try server.run("goalpost-ingest", ["--data", server.data, "--http", "127.0.0.1:0"])
        #expect(second.status == 75 && second.error.contains("another writer"), "\(second)")
    }
}
