import Foundation
import TestKit
import Testing

/// `goalpost` beside a running server: lines, challenges and refused lines go through its socket.
@Suite struct HandoverTests {
    /// Lines of every outcome, most without an id, so that ids come from their places.
    private static func lines(_ count: Int, pad: Int = 0) -> [String] {
        (0..<count).map { number in
            let filler = String(repeating: "x", count: pad)
            switch number % 500 {
            case 7: return "no event \(number)"
            case 8: return "  "
            case 9: return event(number, filler).replacing("\"game\"", with: "\"other\"")
            case 10: return RunningIngest.login("given-\(number / 1000)")
            default: return event(number, filler)
            }
        }
    }

    private static func event(_ number: Int, _ filler: String) -> String {
        #"{"name":"userLoggedIn","namespace":"game","timestamp":"2025-12-01T00:00:00Z","userId":"u\#(number)","#
            + #""extra":"\#(filler)"}"#
    }

    private static func write(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// The records whose player is one of the file's, in order, without the server.
    private static func records(_ world: RunningIngest) throws -> [String] {
        let said = try world.run("goalpost", ["log", "cat", "--data", world.data])
        guard said.status == 0 else { throw RunningIngest.Failure(text: said.error) }
        return said.output.split(separator: "\n").map(String.init)
    }

    @Test func `a file goes in beside other writers as it would without a server`() throws {
        let server = try RunningIngest()
        let path = server.directory.path + "/a b#ä?&=%.ndjson"
        // Some 4 MB: several batches. Lines that are too long for an event, or even to be held, and a last one
        // without its end.
        let long = [70_000, 9_000_000].map { String(repeating: "y", count: $0) }
        let lines = Self.lines(20_000, pad: 100)
        try Self.write(
            (lines[..<9000] + long + lines[9000...] + [Self.event(1, "last")]).joined(separator: "\n"),
            path
        )
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "writers.py").path()
        let output = server.directory.path + "/written"
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let writers = Process()
        writers.executableURL = URL(filePath: "/usr/bin/env")
        writers.arguments = ["python3", script, "\(server.port)", "0", "4", "w"]
        writers.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
        try writers.run()
        // They are at work once one has written four times.
        let deadline = Date(timeIntervalSinceNow: 300)
        while FileManager.default.contents(atPath: output)?.isEmpty != false, Date() < deadline {
            Thread.sleep(forTimeInterval: 0.005)
        }
        let said = try server.run("goalpost", ["ingest", "--data", server.data, "--json", path])
        #expect(said.status == 65, "\(said)")
        let summary = try Self.json(said.output)
        // Nothing is new to a rerun, which goes on behind the last commit.
        let again = try server.run("goalpost", ["ingest", "--data", server.data, "--json", path])
        #expect(again.status == 0, "\(again)")
        let rerun = try Self.json(again.output)
        #expect(
            rerun["accepted"] as? Int == 0 && rerun["resumedAtByte"] as? Int == rerun["inputBytes"] as? Int
        )
        #expect(server.end() == 0, "\(server.errorText)")
        writers.waitUntilExit()
        let acknowledged = String(
            decoding: FileManager.default.contents(atPath: output) ?? Data(),
            as: UTF8.self
        ).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(acknowledged.count > 4)

        // The same file into a log of its own, by no server.
        let plain = try RunningIngest()
        #expect(plain.end() == 0)
        let alone = try plain.run("goalpost", ["ingest", "--data", plain.data, "--json", path])
        #expect(alone.status == 65, "\(alone)")
        let expected = try Self.json(alone.output)
        for key in ["accepted", "duplicate", "otherNamespace", "blankLines", "inputBytes"] {
            #expect(summary[key] as? Int == expected[key] as? Int, "\(key)")
        }
        #expect(summary["quarantined"] as? [String: Int] == expected["quarantined"] as? [String: Int])
        let records = try Self.records(server)
        let fromFile = records.filter { !$0.contains(#""userId": "u""#) }
        let isSame = try fromFile == Self.records(plain)
        #expect(isSame)
        let ids = try server.ids()
        #expect(Set(ids).count == ids.count)
        #expect(Set(ids).isSuperset(of: acknowledged.map(String.init)))
        // The same is refused, and kept the same way.
        let kept = try [server, plain].map { world in
            let said = try world.run(
                "goalpost",
                ["quarantine", "ls", "--data", world.data, "--entries", "--json"]
            )
            let entries = try #require(
                try JSONSerialization.jsonObject(with: Data(said.output.utf8)) as? [[String: Any]]
            )
            return entries.map { entry in
                "\(entry["reason"] ?? "") \(entry["detail"] ?? "") \(entry["source"] ?? "") \(entry["byteOffset"] ?? "") \(entry["bytes"] ?? "") "
                    + "\(entry["line"] ?? "") \(entry["rawPath"].map { "\($0)".split(separator: "/").last ?? "" } ?? "")"
            }
        }
        #expect(kept[0] == kept[1] && kept[0].count == 42)
        // And a log that was written by way of a server is gone on with without it.
        try Self.write(
            try String(contentsOfFile: path, encoding: .utf8) + "\n" + Self.event(2, "more") + "\n",
            path
        )
        let more = try server.run("goalpost", ["ingest", "--data", server.data, "--json", path])
        #expect(try more.status == 0 && Self.json(more.output)["accepted"] as? Int == 1, "\(more)")
    }

    /// A command that reads its input from the test.
    private final class Feeding {
        let process = Process()
        let input = Pipe()
        private let error: String

        init(_ world: RunningIngest, _ arguments: [String]) throws {
            error = world.directory.path + "/feeding-\(UUID())"
            _ = FileManager.default.createFile(atPath: error, contents: nil)
            process.executableURL = Command.binaries.appending(path: "goalpost")
            process.arguments = arguments
            process.environment = ["GOALPOST_NAMESPACE": "game", "PATH": "/usr/bin:/bin"]
            process.standardInput = input
            process.standardOutput = FileHandle.nullDevice
            process.standardError = try FileHandle(forWritingTo: URL(filePath: error))
            try process.run()
        }

        deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

        var errorText: String {
            String(decoding: FileManager.default.contents(atPath: error) ?? Data(), as: UTF8.self)
        }
    }

    /// Looks again and again, for two minutes at most.
    private static func wait(_ what: String, until condition: () throws -> Bool) throws {
        let deadline = Date(timeIntervalSinceNow: 120)
        while try !condition() {
            guard Date() < deadline else { throw RunningIngest.Failure(text: "waited in vain for \(what)") }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    private static func accepted(_ server: RunningIngest) throws -> Int {
        let said = try server.curl("/metrics", [])
        let name = #"goalpost_ingest_events_total{name="userLoggedIn",result="accepted"} "#
        return said.body.split(separator: "\n").first { $0.hasPrefix(name) }
            .flatMap { Int($0.dropFirst(name.count)) } ?? 0
    }

    @Test(arguments: ["client", "server", "server, asked to"])
    func `ended in the middle, a rerun takes each line once`(ended: String) throws {
        let server = try RunningIngest()
        let lines = (0..<4000).map { Self.event($0, "") + "\n" }
        let path = server.directory.path + "/lines"
        try Self.write(lines.joined(), path)
        let feeding = try Feeding(server, ["ingest", "--data", server.data, "--source", "s", "-"])
        // A half line is on its way, too.
        let half = Array(lines[..<2000].joined().utf8) + Array(lines[2000].utf8.prefix(20))
        try feeding.input.fileHandleForWriting.write(contentsOf: Data(half))
        try Self.wait("half of the lines") { try Self.accepted(server) == 2000 }
        if ended == "client" {
            kill(feeding.process.processIdentifier, SIGKILL)
            feeding.process.waitUntilExit()
        } else {
            server.end(ended == "server" ? SIGKILL : SIGTERM)
            // The half line is all that there is to hand over.
            try feeding.input.fileHandleForWriting.close()
            feeding.process.waitUntilExit()
            #expect(feeding.process.terminationStatus == 75)
            #expect(feeding.errorText.contains("goalpost-ingest") && feeding.errorText.contains("run again"))
            // In place of the socket that the killed one left.
            try server.start()
        }
        let said = try server.run(
            "goalpost",
            ["ingest", "--data", server.data, "--source", "s", "--json", path]
        )
        #expect(said.status == 0, "\(said)")
        let summary = try Self.json(said.output)
        #expect(summary["accepted"] as? Int == 2000 && summary["resumedAtByte"] as? Int ?? 0 > 0)
        // Another file under the same name is told from it.
        let other = server.directory.path + "/other"
        try Self.write(
            lines.map { $0.replacing("userLoggedIn", with: "userLoggedin") }.joined() + "\n",
            other
        )
        let refused = try server.run("goalpost", ["ingest", "--data", server.data, "--source", "s", other])
        #expect(refused.status == 65 && refused.error.contains("not what was ingested before"), "\(refused)")
        #expect(server.end() == 0)
        var offset = 0
        let expected = lines.map { line in
            defer { offset += line.utf8.count }
            return "-\(offset)"
        }
        let ids = try server.ids()
        #expect(ids.count == 4000)
        #expect(zip(ids, expected).allSatisfy { $0.hasSuffix($1) })
    }

    @Test func `compressed input goes over the socket, and damage keeps what came before it`() throws {
        let server = try RunningIngest()
        let path = server.directory.path + "/lines"
        try Self.write((0..<30_000).map { Self.event($0, "") + "\n" }.joined(), path)
        #expect(try server.run("/usr/bin/env", ["zstd", "-q", path]).status == 0)
        let whole = try Data(contentsOf: URL(filePath: path + ".zst"))
        try whole.prefix(whole.count / 2).write(to: URL(filePath: path + ".cut.zst"))
        let cut = try server.run(
            "goalpost",
            ["ingest", "--data", server.data, "--source", "s", path + ".cut.zst"]
        )
        #expect(cut.status == 65 && cut.error.contains("is damaged"), "\(cut)")
        let said = try server.run(
            "goalpost",
            ["ingest", "--data", server.data, "--source", "s", "--json", path + ".zst"]
        )
        #expect(said.status == 0, "\(said)")
        #expect(server.end() == 0)
        #expect(try Set(server.ids()).count == 30_000)
        #expect(try server.ids().count == 30_000)
    }

    @Test func `however little may wait, long input goes in`() throws {
        let server = try RunningIngest(environment: ["GOALPOST_INGEST_QUEUE_BYTES": "1048576"])
        let path = server.directory.path + "/lines"
        try Self.write((0..<30_000).map { Self.event($0, "") + "\n" }.joined(), path)
        let said = try server.run("goalpost", ["ingest", "--data", server.data, path])
        #expect(said.status == 0, "\(said)")
        let posted = try server.curl(
            "/v1/events",
            ["-H", "Content-Type: application/x-ndjson", "--data-binary", "@" + path]
        )
        #expect(posted.status == 200, "\(posted)")
        #expect(server.end() == 0)
        #expect(try Set(server.ids()).count == 60_000)
    }

    @Test func `only the owner's socket takes deliveries`() throws {
        let server = try RunningIngest()
        let socket = server.data + "/log/events/ingest.sock"
        let body =
            #"{"id":"d","name":"rewardDelivered","namespace":"game","userId":"u","payload":{"claimEventId":"c"}}"#
        var said = try server.post("[\(body)]")
        #expect(said.status == 200 && said.body.contains(#""reason":"not_allowed""#), "\(said)")
        said = try server.post(body)
        #expect(said.status == 400 && said.body.contains("rewardDelivered"), "\(said)")
        said = try server.post(body, ["--unix-socket", socket])
        #expect(said.status == 200 && said.body.contains(#""accepted":1"#), "\(said)")
        // The socket's own routes are not on the network, and the players' are not on the socket.
        for path in ["/v1/lines?position=0&committed=0", "/v1/challenges", "/v1/sources/s"] {
            #expect(try server.curl(path, []).status == 404)
        }
        // A source stands where the log says, not where somebody believes.
        let lines = ["--unix-socket", socket, "--data-binary", RunningIngest.login("x")]
        said = try server.curl("/v1/lines?source=s&position=5&committed=5", lines)
        #expect(said.status == 409 && said.body.contains("CONFLICT"), "\(said)")
        for query in [
            "", "?source=s&position=1&committed=2", "?position=0", "?source=&position=0&committed=0",
        ] {
            #expect(try server.curl("/v1/lines" + query, lines).status == 400, "\(query)")
        }
        let claim = ["--unix-socket", socket, "-X", "POST", "-H", "x-mock-user-id: u"]
        #expect(try server.curl("/challenge/v1/challenges/c/goals/g/claim", claim).status == 404)
        // What a stranger sent does not become ours by another try.
        let redriven = try server.run(
            "goalpost",
            ["quarantine", "redrive", "--data", server.data, "--all"]
        )
        #expect(redriven.status == 65 && redriven.output.contains("not_allowed 1"), "\(redriven)")
        #expect(server.end() == 0)
        let alone = try server.run("goalpost", ["quarantine", "redrive", "--data", server.data, "--all"])
        #expect(alone.status == 65 && alone.output.contains("not_allowed 1"), "\(alone)")
        #expect(try server.ids() == ["d"])
    }

    @Test func `challenges are applied under the server, from its next record on`() throws {
        let server = try RunningIngest()
        let path = server.directory.path + "/challenges.json"
        let directory = server.data + "/log/events/challenges"
        let old = try String(contentsOfFile: path, encoding: .utf8)
        #expect(try server.post(RunningIngest.login("a")).status == 200)
        let apply = ["challenges", "apply", "--data", server.data]
        var said = try server.run("goalpost", apply + [path])
        #expect(said.status == 0 && said.output.contains("nothing changes"), "\(said)")
        let new = old.replacing(#""targetValue":3"#, with: #""targetValue":4"#)
        try Self.write(new, server.directory.path + "/new.json")
        said = try server.run("goalpost", apply + [server.directory.path + "/new.json"])
        #expect(said.status == 0 && said.output.contains("target 3 → 4"), "\(said)")
        #expect(said.output.contains("in force from offset 1"))
        #expect(try server.post(RunningIngest.login("b")).status == 200)
        try Self.write(
            new.replacing(#""goalId":"g""#, with: #""goalId":7"#),
            server.directory.path + "/bad.json"
        )
        said = try server.run("goalpost", apply + [server.directory.path + "/bad.json"])
        #expect(said.status == 78, "\(said)")
        let refused = try server.curl(
            "/v1/challenges",
            [
                "--unix-socket", server.data + "/log/events/ingest.sock", "--data-binary",
                "@" + server.directory.path + "/bad.json",
            ]
        )
        #expect(refused.status == 400, "\(refused)")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory)
                .filter { $0.hasSuffix(".json") }.sorted()
                == ["00000000000000000000.json", "00000000000000000001.json"]
        )
        #expect(
            try String(contentsOfFile: directory + "/00000000000000000001.json", encoding: .utf8) == new
        )
        #expect(server.end() == 0)
        #expect(try server.ids() == ["a", "b"])
    }

    @Test func `refused lines are redriven under the server`() throws {
        let server = try RunningIngest()
        #expect(try server.post("bad", type: "application/x-ndjson").status == 200)
        let directory = server.data + "/log/quarantine"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: directory).first)
        let file = directory + "/" + name
        // As if their times had been ahead of a wrong clock.
        let entries = (0..<2500).map { number in
            let line = Self.event(number, "").replacing("\"", with: "\\\"")
            return #"{"time":"2026-01-01T00:00:00Z","reason":"future_timestamp","detail":"d","source":"s","#
                + #""byteOffset":\#(number),"bytes":90,"line":"\#(line)"}"#
        }
        let before = try String(contentsOfFile: file, encoding: .utf8)
        try Self.write(before + entries.joined(separator: "\n") + "\n", file)
        let redrive = ["quarantine", "redrive", "--data", server.data, "--json"]
        var said = try server.run("goalpost", redrive + [name, "2"])
        #expect(said.status == 0, "\(said)")
        #expect(try Self.json(said.output)["accepted"] as? Int == 1)
        // As if killed between the log and the quarantine.
        try Self.write(before + entries.joined(separator: "\n") + "\n", file)
        said = try server.run("goalpost", redrive + ["--all"])
        let counts = try Self.json(said.output)
        #expect(said.status == 65 && counts["refused"] as? Int == 1, "\(said)")
        #expect(counts["accepted"] as? Int == 2499 && counts["duplicates"] as? Int == 1)
        #expect(counts["nextOffset"] as? Int == 2500)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == before)
        // The server writes to the file that is there now.
        #expect(try server.post("worse", type: "application/x-ndjson").status == 200)
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("worse"))
        #expect(server.end() == 0)
        let ids = try server.ids()
        #expect(ids.count == 2500 && Set(ids).count == 2500 && ids[0].hasSuffix("-0"))
    }
}
