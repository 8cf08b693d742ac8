import Disk
import EventLog
import Foundation
import Jobs
import Postgres
import TestKit
import Testing

/// What the real program says and does where it cannot work: one clear line, its exit code, nothing half-done.
@Suite(.serialized) final class RefusalTests {
    /// The directories of this test; they go when it has ended.
    private var kept: [TemporaryDirectory] = []

    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "fixtures/demo").path()

    /// A program over a new data directory; `isReady` also makes the log and fills it.
    func world(
        isReady: Bool = true,
        extra: [String: String] = [:]
    ) async throws -> (TemporaryDirectory, GoalpostProgram) {
        let directory = try TemporaryDirectory()
        kept.append(directory)
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: extra
        )
        if isReady {
            try program.succeed("init", "--challenges", Self.fixtures + "/challenges.json")
            try program.succeed("ingest", Self.fixtures + "/events.ndjson.zst")
        }
        return (directory, program)
    }

    static func expect(
        _ result: (status: Int32, output: String, error: String),
        _ status: Int32,
        _ words: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == status, "\(result.error)", sourceLocation: sourceLocation)
        let complaint = result.error.split(separator: "\n").filter { $0.hasPrefix("goalpost: ") }
        #expect(complaint.count == 1, "\(result.error)", sourceLocation: sourceLocation)
        for word in words {
            #expect(result.error.contains(word), "\(result.error)", sourceLocation: sourceLocation)
        }
    }

    /// Puts a small file system in memory under `directory`.
    static func mount(_ directory: String, size: String) throws {
        try LocalVolume().makeDirectory(directory, mode: 0o755)
        let mounted = try Command.run(
            "/bin/mount",
            ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", directory]
        )
        try #require(mounted.status == 0, "\(mounted.error)")
    }

    static func unmount(_ directory: String) {
        do {
            let unmounted = try Command.run("/bin/umount", [directory])
            #expect(unmounted.status == 0, "\(unmounted.error)")
        } catch {
            Issue.record(error)
        }
    }

    @Test func `without a log nothing starts, and init says what it needs`() async throws {
        let (directory, program) = try await world(isReady: false)
        Self.expect(try program.run("ingest", Self.fixtures + "/events.ndjson.zst"), 66, "goalpost init")
        Self.expect(try program.run("init"), 64, "--challenges")
        Self.expect(try program.run("init", "--challenges", "/nowhere.json"), 66, "/nowhere.json")
        let broken = directory.path + "/broken.json"
        try LocalVolume().atomicWrite(Array("{\"challenges\":[\n{\"challengeId\":\"c\"}]}".utf8), to: broken)
        let refused = try program.run("init", "--challenges", broken)
        #expect(refused.status == 78 && refused.error.contains("\(broken): line 2: invalid challenge 'c'"))
        #expect(try !LocalVolume().exists(program.data))
    }

    @Test func `a held writer lock is tried again later`() async throws {
        let (_, program) = try await world()
        let log = program.data + "/log/events"
        let before = try LogDirectory(volume: LocalVolume(), path: log).end()
        let writer = try LogWriter.open(volume: LocalVolume(), directory: log, now: { 0 })
        Self.expect(
            try program.run("ingest", Self.fixtures + "/events.ndjson.zst"),
            75,
            log,
            "another writer"
        )
        Self.expect(try program.run("challenges", "apply", Self.fixtures + "/challenges.json"), 75, log)
        writer.close()
        #expect(try LogDirectory(volume: LocalVolume(), path: log).end() == before)
    }

    @Test func `a second fold ends with 75 and writes nothing`() async throws {
        let (_, program) = try await world()
        let url = try #require(program.environment["GOALPOST_DATABASE_URL"])
        let holder = Database(conninfo: url).session("holder")
        #expect(try await holder.tryAdvisoryLock(key: FoldJob.advisoryLockKey))
        Self.expect(try program.run("run", "fold"), 75, "another fold")
        let folded = try await holder.readOnlySnapshot { transaction in
            var sum: Int64 = -1
            try transaction.query("SELECT sum(next_offset)::bigint FROM goalpost.fold_watermark") { row in
                sum = try row.int8(0)
            }
            return sum
        }
        #expect(folded == 0)
        await holder.close()
        try program.succeed("run", "fold")
        let history = try await Database(conninfo: url).session("history").readOnlySnapshot { transaction in
            var runs: [String] = []
            let sql = """
                SELECT job || ' ' || exit_code || ' ' || coalesce(next_offset::text, 'none') || ' '
                    || coalesce(counts ->> 'records', left(error, 12)) FROM goalpost.job_run ORDER BY id
                """
            try transaction.query(sql) { row in runs.append(try row.text(0)) }
            return runs
        }
        #expect(history == ["fold 75 none another fold", "fold 0 100000 100000"])
    }

    @Test func `check and status of a mistyped directory make nothing`() throws {
        let directory = try TemporaryDirectory()
        var environment = GoalpostProgram(data: directory.path + "/typo", databaseURL: "").environment
        environment["GOALPOST_DATABASE_URL"] = nil
        for (command, status) in [
            ("check", 78), ("status", 66), ("run fold", 66), ("run publish", 66), ("run cycle", 66),
            ("jobs", 66),
            ("jobs pause fold --reason x", 66), ("jobs resume all", 66),
        ] {
            let words = command.split(separator: " ").map(String.init)
            let result = try Command.run(GoalpostProgram.path, words, environment: environment)
            #expect(result.status == Int32(status), "\(command): \(result.error)")
        }
        #expect(try !LocalVolume().exists(directory.path + "/typo"))
    }

    @Test func `a database that is away, newer or another log's is named`() async throws {
        let (directory, program) = try await world()
        let away = GoalpostProgram(data: program.data, databaseURL: "host=\(directory.path) dbname=x")
        Self.expect(try away.run("run", "fold"), 69)
        Self.expect(try away.run("status"), 69)
        try program.succeed("run", "fold")

        let (_, other) = try await world()
        let crossed = GoalpostProgram(
            data: other.data,
            databaseURL: try #require(program.environment["GOALPOST_DATABASE_URL"])
        )
        Self.expect(try crossed.run("run", "fold"), 78, "holds the fold of log")
        Self.expect(try crossed.run("run", "publish"), 78, "holds the fold of log")

        let session = Database(conninfo: try #require(program.environment["GOALPOST_DATABASE_URL"]))
            .session("newer")
        try await session.transaction { transaction in
            _ = try transaction.execute("UPDATE goalpost.meta SET schema_version = 99")
        }
        Self.expect(try program.run("run", "fold"), 78, "version 99")
        Self.expect(try program.run("run", "publish"), 78, "version 99")
    }

    @Test func `a log that lost its end stops the fold`() async throws {
        let (_, program) = try await world(extra: ["GOALPOST_SEGMENT_BYTES_MAX": "1000000"])
        try program.succeed("run", "fold")
        let log = LogDirectory(volume: LocalVolume(), path: program.data + "/log/events")
        let last = try #require(try log.segmentNames().last)
        try LocalVolume().remove(log.path + "/" + last.fileName)
        Self.expect(try program.run("run", "fold"), 65, "the log lost its end", log.path)
    }

    @Test func `a full payload store says which setting to raise, and goes on when it is`() async throws {
        let (_, program) = try await world()
        try program.succeed("run", "fold")
        let small = GoalpostProgram(
            data: program.data,
            databaseURL: try #require(program.environment["GOALPOST_DATABASE_URL"]),
            extra: ["GOALPOST_PAYLOAD_MAP_BYTES": "1048576"]
        )
        Self.expect(try small.run("run", "publish"), 78, "payload_map_bytes")
        let output = try program.succeed("run", "publish", "--json")
        #expect(output.contains("\"isFull\":true"))
    }

    @Test func `wrong settings and options name the nearest right one`() async throws {
        let (_, program) = try await world(isReady: false, extra: ["GOALPOST_NAMSPACE": "x"])
        Self.expect(try program.run("check"), 78, "GOALPOST_NAMSPACE", "GOALPOST_NAMESPACE")
        let (_, good) = try await world()
        #expect(try good.run("run", "fould").status == 64)
        #expect(
            try good.run("log", "cat", "--from-offset", "2", "--to-offset", "1").status == 64
        )
        Self.expect(try good.run("log", "cat", "--from-offset", "100001"), 65, "100001")
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a small file system needs root"))
    func `a full disk refuses, keeps what was acknowledged, and goes on after room is made`() async throws {
        let (directory, program) = try await world(isReady: false)
        let input = directory.path + "/events.ndjson"
        #expect(
            try Command.run("/bin/sh", ["-c", "zstdcat \(Self.fixtures)/events.ndjson.zst > \(input)"]).status
                == 0
        )
        try Self.mount(program.data, size: "2m")
        defer { Self.unmount(program.data) }
        try program.succeed("init", "--challenges", Self.fixtures + "/challenges.json")
        Self.expect(try program.run("ingest", input), 71, "free space", program.data)
        let log = LogDirectory(volume: LocalVolume(), path: program.data + "/log/events")
        let kept = try log.end()
        #expect(kept > 0 && kept < 100_000)
        #expect(try Command.run("/bin/mount", ["-o", "remount,size=64m", program.data]).status == 0)
        try program.succeed("ingest", input)
        #expect(try log.end() == 100_000)
        #expect(try LogVerifier.verify(volume: LocalVolume(), directory: log.path).isIntact)
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a read-only file system needs root"))
    func `a log that cannot be written is named with what to do`() async throws {
        let (_, program) = try await world(isReady: false)
        try Self.mount(program.data, size: "16m")
        defer { Self.unmount(program.data) }
        try program.succeed("init", "--challenges", Self.fixtures + "/challenges.json")
        #expect(try Command.run("/bin/mount", ["-o", "remount,ro", program.data]).status == 0)
        let events = Self.fixtures + "/events.ndjson.zst"
        Self.expect(try program.run("ingest", events), 77, program.data, "remount it writable")
    }

    @Test func `a named database is never started or stopped`() async throws {
        let (_, program) = try await world(isReady: false)
        for command in ["start", "stop", "status", "url"] {
            Self.expect(try program.run("db", command), 78, "GOALPOST_DATABASE_URL is set")
        }
        #expect(try !LocalVolume().exists(program.data + "/postgres"))
    }

    @Test func `a password in the database's URL is never shown`() async throws {
        let (_, program) = try await world()
        let away = GoalpostProgram(
            data: program.data,
            databaseURL: "postgresql://goalpost:s3cr3t-word@127.0.0.1:1/goalpost"
        )
        for words in [["run", "fold"], ["run", "publish"], ["status"], ["check"]] {
            let result = try Command.run(GoalpostProgram.path, words, environment: away.environment)
            #expect(result.status != 0)
            let said = result.error + String(decoding: result.output, as: UTF8.self)
            #expect(!said.contains("s3cr3t-word"), "\(words): \(said)")
        }
        for file in ["status.json", "jobs/history.ndjson", "jobs/ledger.json"] {
            let kept = try LocalVolume().readFile(away.data + "/" + file, bytesMax: 1 << 20)
            #expect(!String(decoding: kept, as: UTF8.self).contains("s3cr3t-word"), "\(file)")
        }
    }
}
