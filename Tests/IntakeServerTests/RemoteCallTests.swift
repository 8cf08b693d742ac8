import Foundation
import TestKit
import Testing

/// A real server, spoken to by grpcio: with stubs made from the project's .proto files, and with messages numbered by
/// hand as the platform numbers them.
@Suite struct RemoteCallTests {
    static let python = ProcessInfo.processInfo.environment["GOALPOST_PYTHON"]
    static let missing: Comment = "GOALPOST_PYTHON names no Python with its packages; jobs/test makes one"

    /// What `rpc.py COMMAND` saw.
    private static func seen(
        _ server: RunningIngest,
        _ command: String,
        _ more: [String] = []
    ) throws -> [String: Any] {
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        let protos = here.deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Sources/RPCMessages/protos"
        )
        let result = try Command.run(
            try #require(python),
            [
                here.appending(path: "rpc.py").path(), protos.path(), server.directory.path + "/stubs",
                "127.0.0.1:\(server.remotePort)", command,
            ] + more
        )
        try #require(result.status == 0, "\(result.error.suffix(3000)) \(server.errorText.suffix(1000))")
        return try #require(try JSONSerialization.jsonObject(with: result.output) as? [String: Any])
    }

    /// Records of the log as JSON.
    private static func records(_ server: RunningIngest) throws -> [[String: Any]] {
        let said = try server.run("goalpost", ["log", "cat", "--data", server.data])
        try #require(said.status == 0, "\(said.error)")
        return try said.output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test(.enabled(if: python != nil, missing))
    func `the platform's messages become events, and bad ones get its own words`() throws {
        let server = try RunningIngest(remoteCalls: true)
        let seen = try Self.seen(server, "platform")
        #expect(seen["raw stat"] as? String == "" && seen["raw login"] as? String == "")
        let refused = try #require(seen["refused"] as? [String: [String]])
        let wanted = [
            "login without user": "userId cannot be empty", "stat without user": "userId cannot be empty",
            "stat without payload": "payload cannot be nil",
            "stat without code": "statCode cannot be empty",
            "not a number": "latestValue and inc have to be finite numbers",
        ]
        for (name, message) in wanted { #expect(refused[name] == ["INVALID_ARGUMENT", message], "\(name)") }
        #expect(refused["long user"]?.first == "INVALID_ARGUMENT")
        #expect(refused["bad time"]?.first == "INVALID_ARGUMENT")
        #expect(refused["no message"]?.first != "OK")
        #expect(refused["no method"]?.first == "UNIMPLEMENTED")
        #expect(server.end() == 0, "\(server.errorText)")

        let records = try Self.records(server)
        #expect(records.map { $0["id"] as? String ?? "" }.prefix(4) == ["l1", "s1", "s2", "l2"])
        try #require(records.count == 5)
        #expect(records[4]["userId"] as? String == "made" && (records[4]["id"] as? String)?.count == 36)
        #expect(records[4]["timestamp"] as? String != "")
        let stats = records[1...2].map { $0["payload"] as? [String: Any] ?? [:] }
        #expect(stats.map { $0["statCode"] as? String } == ["kills", "kills"])
        #expect(stats.map { $0["latestValue"] as? Double } == [7, 1e300])
        #expect(stats.map { $0["inc"] as? Double } == [2.5, -0.5])
        #expect(records[2]["userId"] as? String == "quo\"te\\\n")
        #expect(records[2]["timestamp"] as? String == "2026-01-05T10:00:00Z")
        #expect(records[3]["name"] as? String == "userLoggedIn" && records[3]["userId"] as? String == "u2")
    }

    @Test(.enabled(if: python != nil, missing))
    func `batches and streams are acknowledged event by event`() throws {
        let server = try RunningIngest(remoteCalls: true)
        let seen = try Self.seen(server, "batches")
        let answer = try #require(seen["append"] as? [String: Any])
        #expect(answer["counts"] as? [Int] == [2, 1, 1, 2])
        #expect(answer["offsets"] as? [Int] == [0, 1])
        let results = try #require(answer["results"] as? [[Any]])
        #expect(
            results.map { $0[1] as? String } == [
                "ACCEPTED", "ACCEPTED", "DUPLICATE", "REJECTED", "OTHER_NAMESPACE", "REJECTED",
            ]
        )
        #expect(results.map { $0[2] as? Int } == [0, 1, 0, 0, 0, 0])
        #expect((seen["none"] as? [String])?.first == "INVALID_ARGUMENT")
        #expect((seen["too many"] as? [String])?.first == "INVALID_ARGUMENT")
        // The library ends such a call before its message is there to be answered.
        #expect((seen["too long"] as? [String])?.first == "CANCELLED")
        #expect(seen["stream"] as? [Int] == [51, 5001, 0])
        let last = try #require(seen["stream end"] as? [String: Any])
        #expect(last["counts"] as? [Int] == [1, 1, 0, 1])
        let listed = try #require(last["results"] as? [[Any]])
        #expect(listed.map { $0[0] as? Int } == [0, 2])
        #expect(seen["one by one"] as? Int == 20)
        #expect((seen["stream fails"] as? [String])?.first == "INVALID_ARGUMENT")
        #expect(try server.curl("/metrics", []).body.contains("goalpost_ingest_quarantined_total 3\n"))
        #expect(server.end() == 0, "\(server.errorText)")

        let ids = try server.ids()
        var wanted = ["a", "b"]
        wanted += (0..<50).flatMap { turn in (0..<100).map { "s\(turn)-\($0)" } }
        wanted += ["last"] + (0..<20).map { "w\($0)" } + ["before"]
        #expect(ids == wanted)
    }

    @Test(.enabled(if: python != nil, missing))
    func `health is told for the server and each service`() throws {
        let server = try RunningIngest(remoteCalls: true)
        let seen = try Self.seen(server, "health")
        // Field 1, SERVING.
        #expect(seen["server"] as? String == "0801" && seen["service"] as? String == "0801")
        #expect((seen["unknown"] as? [String])?.first == "NOT_FOUND")
    }

    @Test(.enabled(if: python != nil, missing))
    func `services need their token where a file of hashes is set`() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/tokens"
        // printf %s sesame-open-now | sha256sum
        let hash = "17952edd911b8cff4077460ef370d64e2d009768a37055ffc6fb76a5b0d3986b"
        try "\(hash)  a game\n".write(toFile: file, atomically: true, encoding: .utf8)
        let server = try RunningIngest(
            arguments: [],
            environment: ["GOALPOST_INGEST_TOKEN_FILE": file],
            remoteCalls: true
        )
        let seen = try Self.seen(server, "callers")
        #expect(seen["none"] as? String == "UNAUTHENTICATED" && seen["wrong"] as? String == "UNAUTHENTICATED")
        #expect(seen["right"] as? String == "OK" && seen["health"] as? String == "OK")
        #expect(server.end() == 0)
        #expect(try server.ids() == ["t1"])
    }

    @Test(.enabled(if: python != nil, missing))
    func `TLS is spoken, a renewed certificate is taken on a hangup, and clients need theirs if asked for`()
        throws
    {
        let directory = try TemporaryDirectory()
        let server = try SelfSigned(in: directory.path, named: "server")
        let client = try SelfSigned(in: directory.path, named: "client")
        let settings = [
            "GOALPOST_INGEST_TLS_CERTIFICATE_FILE": server.certificate,
            "GOALPOST_INGEST_TLS_KEY_FILE": server.key,
            "GOALPOST_INGEST_TLS_CLIENT_CA_FILE": client.certificate,
        ]
        let ingest = try RunningIngest(arguments: [], environment: settings, remoteCalls: true)
        func health(_ files: String...) throws -> String? {
            try Self.seen(ingest, "secure", files)["health"] as? String
        }
        #expect(try health(server.certificate, client.certificate, client.key) == "OK")
        #expect(try health(server.certificate) == "UNAVAILABLE")
        #expect(try health(server.certificate, server.certificate, server.key) == "UNAVAILABLE")
        func ready(_ authority: String) throws -> Int32 {
            try ingest.run(
                "/usr/bin/env",
                [
                    "curl", "-sS", "--fail", "--max-time", "60", "--cacert", authority,
                    "https://127.0.0.1:\(ingest.port)/readyz",
                ]
            ).status
        }
        #expect(try ready(server.certificate) == 0)
        // Over HTTP a service may show its certificate, and nobody else may write.
        func write(_ more: String...) throws -> (status: Int32, output: String, error: String) {
            try ingest.run(
                "/usr/bin/env",
                [
                    "curl", "-sS", "--max-time", "60", "--cacert", server.certificate, "-H",
                    "Content-Type: application/json", "-d", RunningIngest.login("by-certificate"), "-w",
                    "\n%{http_code}", "https://127.0.0.1:\(ingest.port)/v1/events",
                ] + more
            )
        }
        #expect(try write("--cert", client.certificate, "--key", client.key).output.hasSuffix("\n200"))
        #expect(try write().output.hasSuffix("\n401"))
        // The authority did not sign it.
        #expect(try write("--cert", server.certificate, "--key", server.key).status != 0)
        let old = directory.path + "/old.crt"
        try FileManager.default.copyItem(atPath: server.certificate, toPath: old)
        try server.renew()
        kill(ingest.processID, SIGHUP)
        let deadline = Date(timeIntervalSinceNow: 300)
        while try ready(server.certificate) != 0, Date() < deadline { Thread.sleep(forTimeInterval: 0.05) }
        #expect(try ready(server.certificate) == 0)
        // 60: the peer's certificate cannot be authenticated.
        #expect(try ready(old) == 60)
        #expect(try health(server.certificate, client.certificate, client.key) == "OK")
        // A pair that does not fit changes nothing.
        try "no key".write(toFile: server.key, atomically: true, encoding: .utf8)
        kill(ingest.processID, SIGHUP)
        while !ingest.errorText.contains("stays in use"), Date() < deadline {
            Thread.sleep(forTimeInterval: 0.05)
        }
        #expect(try ready(server.certificate) == 0)
        #expect(ingest.end() == 0, "\(ingest.errorText)")
    }

    @Test func `it listens for gRPC on loopback only while nothing keeps strangers out`() throws {
        let server = try RunningIngest()
        server.end()
        let http = ["--data", server.data, "--http", "127.0.0.1:0"]
        let open = try server.run("goalpost-ingest", http + ["--grpc", "0.0.0.0:0"])
        #expect(open.status == 78 && open.error.contains("ingest_token_file"), "\(open)")
        // Whatever keeps HTTP from being served ends gRPC with it.
        let remote = ["--data", server.data, "--grpc", "127.0.0.1:0"]
        for more in [["--http", "0.0.0.0:0"], ["--http", "127.0.0.1:0", "--port-file", server.data]] {
            let said = try server.run("goalpost-ingest", remote + more)
            #expect(said.status == (more.count == 2 ? 78 : 73), "\(said)")
        }
        let bad = try server.run("goalpost-ingest", http + ["--grpc", "nowhere"])
        #expect(bad.status == 78 && bad.error.contains("HOST:PORT"), "\(bad)")
        try server.start()
        let other = try RunningIngest()
        other.end()
        let taken = try other.run(
            "goalpost-ingest",
            ["--data", other.data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:\(server.port)"]
        )
        #expect(taken.status == 69 && taken.error.contains("--grpc"), "\(taken)")
    }
}
