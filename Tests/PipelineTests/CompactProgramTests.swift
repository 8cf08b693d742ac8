import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Postgres
import TestKit
import Testing

/// `goalpost run compact` as cron starts it: smaller files, and nothing else that anybody could notice.
@Suite(.serialized) struct CompactProgramTests {
    private static let events = 20_000
    private static let fixtures = RefusalTests.fixtures

    /// What scripts read of the report.
    struct Report: Decodable {
        struct Summary: Decodable {
            let segments: Int
            let rewritten: Int
            let records: Int
            let framesBefore: Int
            let framesAfter: Int
            let bytesBefore: Int
            let bytesAfter: Int
            let ratio: Double
        }
        struct Segment: Decodable {
            let file: String
            let outcome: String
            let ratio: Double
        }
        let summary: Summary
        let segments: [Segment]
    }

    private static func compact(_ program: GoalpostProgram) throws -> Report {
        let output = try program.succeed("run", "compact", "--json")
        return try JSONDecoder().decode(Report.self, from: Data(output.utf8))
    }

    private static func shell(_ script: String) throws -> String {
        let result = try Command.run("/bin/sh", ["-c", script])
        #expect(result.status == 0, "\(result.error)")
        return String(decoding: result.output, as: UTF8.self)
    }

    /// Appends the demo's first events one a commit, as a service at 1,000 events/s does whose disk keeps up.
    private static func appendOneByOne(_ program: GoalpostProgram) throws {
        let text = try Command.run("/usr/bin/zstdcat", [fixtures + "/events.ndjson.zst"]).output
        let writer = try LogWriter.open(
            volume: LocalVolume(),
            directory: program.data + "/log/events",
            limits: LogLimits(segmentBytesMax: 1_500_000),
            now: { WallClock.now().milliseconds }
        )
        var scanner = EventScanner(namespace: nil, checks: true)
        for line in text.split(separator: UInt8(ascii: "\n")).prefix(events) {
            let bytes = Array(line)
            guard case .event(let event) = try scanner.scan(bytes.span, now: nil), let time = event.time
            else {
                continue
            }
            let content = FrameContent(
                bytes: bytes + [UInt8(ascii: "\n")],
                recordCount: 1,
                leastTime: time.milliseconds,
                greatestTime: time.milliseconds
            )
            _ = try writer.append(content)
        }
        writer.close()
        #expect(writer.nextOffset == UInt64(events))
    }

    /// All rows of the tables as texts, in key order.
    private static func dump(_ url: String) async throws -> [String] {
        try await Database(conninfo: url).session("dump").readOnlySnapshot { transaction in
            var lines: [String] = []
            for table in ["user_goal_progress", "player", "request_outcome", "reward_grant"] {
                let sql = "SELECT t::text FROM goalpost.\(table) t ORDER BY t::text COLLATE \"C\""
                try transaction.query(sql) { row in lines.append(table + " " + (try row.text(0))) }
            }
            return lines
        }
    }

    @Test func `single commits shrink several times over, and every reader sees the same`() async throws {
        let directory = try TemporaryDirectory()
        let urls = [try await ThrowawayPostgres.freshDatabase(), try await ThrowawayPostgres.freshDatabase()]
        let program = GoalpostProgram(data: directory.path + "/data", databaseURL: urls[0])
        try program.succeed("init", "--challenges", Self.fixtures + "/challenges.json")
        try Self.appendOneByOne(program)
        let log = LogDirectory(volume: LocalVolume(), path: program.data + "/log/events")
        let segments = log.path + "/*.ndjson.zst"
        let sum = "zstdcat \(segments) | sha256sum"
        let before = try Self.shell(sum)
        try program.succeed("run", "fold")
        try program.succeed("run", "publish", "--as-of", "2026-01-20T00:00:00Z")
        let player = try #require(
            try Self.shell("zstdcat \(segments) | head -n 1").split(separator: "\"userId\":\"").last?
                .split(separator: "\"").first
        )
        let answer = try program.succeed("payload", String(player))
        let rows = try await Self.dump(urls[0])

        let report = try Self.compact(program)
        let sealed = try log.segments().dropLast()
        #expect(sealed.count >= 3)
        #expect(report.summary.segments == sealed.count && report.summary.rewritten == sealed.count)
        #expect(report.segments.map(\.file) == sealed.map(\.name.fileName))
        #expect(report.segments.allSatisfy { $0.outcome == "rewritten" && $0.ratio > 4 })
        #expect(report.summary.bytesAfter == sealed.reduce(0) { $0 + Int($1.fileBytes) })
        #expect(report.summary.framesBefore == report.summary.records)
        #expect(report.summary.ratio > 5)
        print("compact: \(report.summary.records) commits of one record:", report.summary)

        #expect(try Self.shell(sum) == before)
        #expect(try program.succeed("log", "verify").contains("intact"))
        #expect(try log.end() == UInt64(Self.events))
        try Self.expectOthersRead(segments)
        // A second database folded from the new files, and everybody's answers from it.
        let other = GoalpostProgram(data: program.data, databaseURL: urls[1])
        try other.succeed("run", "fold")
        #expect(try await Self.dump(urls[1]) == rows)
        try other.succeed("run", "publish", "--as-of", "2026-01-20T00:00:00Z")
        #expect(try other.succeed("payload", String(player)) == answer)
        // Nothing is left to win.
        let again = try Self.compact(program)
        #expect(again.summary.rewritten == 0 && again.summary.ratio == 1)
        #expect(again.segments.allSatisfy { $0.outcome == "compact" })
        let lines = try program.succeed("run", "compact").split(separator: "\n")
        #expect(lines.count == sealed.count + 1 && lines[0].hasSuffix("compact already"))
    }

    private static func expectOthersRead(_ segments: String) throws {
        // Skipped out loud by OtherReadersTests where there is no such Python.
        guard let python = OtherReadersTests.python else { return }
        let script = """
            import sys, glob, duckdb, polars
            files = sorted(glob.glob(sys.argv[1]))
            row = duckdb.sql(f"SELECT count(*), count(DISTINCT id) FROM read_json({files}, format='newline_delimited')").fetchall()[0]
            count = sum(polars.scan_ndjson(f, infer_schema_length=None).select(polars.len()).collect().item() for f in files)
            print(row[0], row[1], count)
            """
        let read = try Command.run(python, ["-c", script, segments])
        #expect(read.status == 0, "\(read.error)")
        #expect(String(decoding: read.output, as: UTF8.self) == "\(events) \(events) \(events)\n")
    }

    @Test func `ingest goes on where it was and knows what it has`() async throws {
        let directory = try TemporaryDirectory()
        let input = directory.path + "/events.ndjson"
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: ["GOALPOST_SEGMENT_BYTES_MAX": "300000"]
        )
        try program.succeed("init", "--challenges", Self.fixtures + "/challenges.json")
        _ = try Self.shell("zstdcat \(Self.fixtures)/events.ndjson.zst > \(directory.path)/all.ndjson")
        _ = try Self.shell("head -n 60000 \(directory.path)/all.ndjson > \(input)")
        try program.succeed("ingest", input)
        let report = try Self.compact(program)
        #expect(report.summary.rewritten > 0)
        // The file has grown; only what is new is read, and a retry of old lines is no new event.
        _ = try Self.shell("cat \(directory.path)/all.ndjson > \(input)")
        struct Ingested: Decodable { let accepted, duplicate, resumedAtByte, nextOffset: Int }
        func ingest(_ words: String...) throws -> Ingested {
            let result = try Command.run(
                GoalpostProgram.path,
                ["ingest", "--json"] + words,
                environment: program.environment
            )
            #expect(result.status == 0, "\(result.error)")
            return try JSONDecoder().decode(Ingested.self, from: result.output)
        }
        let grown = try ingest(input)
        #expect(grown.accepted == 40_000 && grown.duplicate == 0 && grown.resumedAtByte > 10_000_000)
        try program.succeed("run", "compact")
        let retried = try ingest(Self.fixtures + "/events.ndjson.zst")
        #expect(retried.accepted == 0 && retried.duplicate == 100_000 && retried.nextOffset == 100_000)
        #expect(try ingest(input).resumedAtByte > grown.resumedAtByte)
    }

    @Test func `what keeps it from compacting is said in one line`() async throws {
        let directory = try TemporaryDirectory()
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: ["GOALPOST_SEGMENT_BYTES_MAX": "300000"]
        )
        RefusalTests.expect(try program.run("run", "compact"), 66, "goalpost init")
        try program.succeed("init", "--challenges", Self.fixtures + "/challenges.json")
        try program.succeed("ingest", Self.fixtures + "/events.ndjson.zst")
        let log = program.data + "/log/events"
        let other = try LogCompactor.open(volume: LocalVolume(), directory: log)
        RefusalTests.expect(try program.run("run", "compact"), 75, log, "runs elsewhere")
        other.abandon()
        let names = try LogDirectory(volume: LocalVolume(), path: log).segmentNames().map(\.fileName)
        try #require(names.count > 3)
        let path = log + "/" + names[1]
        var bytes = try LocalVolume().readFile(path, bytesMax: 1 << 24)
        let at = bytes.count / 3
        bytes[at] ^= 0x01
        try LocalVolume().atomicWrite(bytes, to: path)
        let refused = try program.run("run", "compact")
        #expect(
            refused.status == 65 && refused.error.contains("\(path) is damaged at byte"),
            "\(refused.error)"
        )
        #expect(try LocalVolume().readFile(path, bytesMax: 1 << 24) == bytes)
        bytes[at] ^= 0x01
        try LocalVolume().atomicWrite(bytes, to: path)
        // The others had their turn in the run that failed.
        let report = try Self.compact(program)
        #expect(report.summary.rewritten == 1)
        #expect(report.segments.first { $0.outcome == "rewritten" }?.file == names[1])
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a small file system needs root"))
    func `a disk without room for one more segment is said, and nothing is left on it`() async throws {
        let directory = try TemporaryDirectory()
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: ["GOALPOST_SEGMENT_BYTES_MAX": "3000000"]
        )
        try LocalVolume().makeDirectory(program.data, mode: 0o755)
        let mounted = try Command.run(
            "/bin/mount",
            ["-t", "tmpfs", "-o", "size=16m", "tmpfs", program.data]
        )
        try #require(mounted.status == 0, "\(mounted.error)")
        defer {
            do { _ = try Command.run("/bin/umount", [program.data]) } catch { Issue.record(error) }
        }
        try program.succeed("init", "--challenges", Self.fixtures + "/challenges.json")
        try program.succeed("ingest", Self.fixtures + "/events.ndjson.zst")
        let log = program.data + "/log/events"
        let sum = try Self.shell("zstdcat \(log)/*.ndjson.zst | sha256sum")
        let used = try Self.shell("du -s -k \(program.data)").split(separator: "\t").first ?? ""
        let room = (Int(used) ?? 0) + 600
        let shrunk = try Command.run("/bin/mount", ["-o", "remount,size=\(room)k", program.data])
        #expect(shrunk.status == 0, "\(shrunk.error)")
        RefusalTests.expect(try program.run("run", "compact"), 71, log, "free space")
        #expect(try !LocalVolume().list(log).contains { $0.hasSuffix(".tmp") })
        #expect(try Self.shell("zstdcat \(log)/*.ndjson.zst | sha256sum") == sum)
        #expect(try Command.run("/bin/mount", ["-o", "remount,size=64m", program.data]).status == 0)
        #expect(try Self.compact(program).summary.rewritten > 0)
        #expect(try Self.shell("zstdcat \(log)/*.ndjson.zst | sha256sum") == sum)
    }
}
