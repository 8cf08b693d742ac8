import Disk
import EventLog
import Foundation
import Jobs
import Postgres
import Replay
import TestKit
import Testing

/// `goalpost run retain`: what it deletes, and each reason for which it does not.
@Suite(.serialized) final class RetainProgramTests {
    private let directory: TemporaryDirectory
    private let program: GoalpostProgram

    /// 100,000 events in segments of some 300 kB; ids are remembered among the newest 25,000.
    init() async throws {
        directory = try TemporaryDirectory()
        program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: ["GOALPOST_SEGMENT_BYTES_MAX": "300000", "GOALPOST_DEDUPE_EVENTS": "25000"]
        )
        try program.succeed("init", "--challenges", RefusalTests.fixtures + "/challenges.json")
        try program.succeed("ingest", RefusalTests.fixtures + "/events.ndjson.zst")
    }

    private var log: LogDirectory {
        LogDirectory(volume: LocalVolume(), path: program.data + "/log/events")
    }

    /// Puts a snapshot of nobody there, as if it were made at `offset`.
    private func snapshot(_ offset: UInt64, isWhole: Bool = true) throws {
        let name = program.data + "/snapshots/" + SegmentName(baseOffset: offset).fileName
        try LocalVolume().makeDirectory(program.data + "/snapshots", mode: 0o755)
        let challenges = RefusalTests.fixtures + "/challenges.json"
        let set = try LogAccess.read(
            try LocalVolume().readFile(challenges, bytesMax: 1 << 24),
            path: challenges
        )
        _ = try SnapshotFile(volume: LocalVolume(), path: name).write(
            [ReplayState(challenges: set, keeping: .everything)],
            log: try log.identity().uuid,
            offset: offset,
            createdBy: "test"
        )
        guard !isWhole else { return }
        let bytes = try LocalVolume().readFile(name, bytesMax: 1 << 24)
        try LocalVolume().atomicWrite(Array(bytes.dropLast()), to: name)
    }

    private func dryRun(_ words: String...) throws -> [String] {
        let result = try Command.run(
            GoalpostProgram.path,
            ["run", "retain"] + (words.isEmpty ? ["--keep-bytes", "0"] : words),
            environment: program.environment
        )
        #expect(result.status == 0, "\(result.error)")
        return String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func `each that needs the records keeps them, and what nobody needs goes`() async throws {
        let segments = try log.segments()
        try #require(segments.count > 8)
        let files = try LocalVolume().list(log.path)
        func expectFirst(_ reason: String) throws {
            let lines = try dryRun()
            #expect(lines.first?.contains("stays: " + reason) == true, "\(lines)")
        }
        // 1. No snapshot.
        try expectFirst("there is no good snapshot to rebuild from")
        RefusalTests.expect(
            try program.run("run", "retain", "--keep-bytes", "0", "--apply"),
            66,
            "goalpost run snapshot",
            program.data + "/snapshots"
        )
        // 2. A snapshot that is not whole is none.
        try snapshot(100_000, isWhole: false)
        try expectFirst("there is no good snapshot")
        // 3. Nothing was folded yet.
        try snapshot(60_000)
        try expectFirst("a partition is folded only up to offset 0")
        try program.succeed("run", "fold")
        // 4. The snapshot's offset is the limit now.
        let kept = try #require(segments.first { $0.baseOffset + $0.recordCount > 60_000 })
        let lines = try dryRun()
        #expect(lines.count == segments.count + 1)
        for (line, segment) in zip(lines, segments) {
            #expect(line.hasPrefix(segment.name.fileName))
            let goes = segment.baseOffset < kept.baseOffset
            #expect(line.contains(goes ? "goes: the log from here on" : "stays: "), "\(line)")
        }
        #expect(
            lines.contains {
                $0.contains("stays: the newest good snapshot includes only the log up to offset 60000")
            }
        )
        #expect(lines.last?.hasSuffix("(dry run: add --apply)") == true)
        // 5. A reader that holds records.
        let hold = try LogHold(volume: LocalVolume(), directory: log.path, from: 1, reader: "replay") { "x" }
        try expectFirst("a reader holds the records from 1 on")
        try program.succeed("run", "retain", "--keep-bytes", "0", "--apply")
        #expect(try log.firstOffset() == 0)
        hold.release()
        // 6. Policies that keep all.
        #expect(
            try dryRun("--keep-days", "1").dropLast().allSatisfy { $0.contains("stays: it is young enough") }
        )
        #expect(
            try dryRun("--keep-bytes", "1000000000").dropLast().allSatisfy { $0.contains("small enough") }
        )
        #expect(
            try LocalVolume().list(log.path).filter { $0.hasSuffix(".zst") }
                == files.filter { $0.hasSuffix(".zst") }
        )
        // Now it goes.
        try program.succeed("run", "retain", "--keep-bytes", "0", "--apply")
        #expect(try log.firstOffset() == kept.baseOffset)
        // 7. With a snapshot at the end, what ingest remembers is the limit.
        try snapshot(100_000)
        let left = try dryRun()
        #expect(
            left.contains { $0.contains("stays: ingest knows repeated events by the newest 25000 records") }
        )
        try program.succeed("run", "retain", "--keep-bytes", "0", "--apply")
        let first = try log.firstOffset()
        #expect(first > kept.baseOffset && first <= 75_000)
        try await expectGoesOn(first)
    }

    /// The shortened log is whole, everything goes on, and who asks for what is gone is told so.
    private func expectGoesOn(_ first: UInt64) async throws {
        #expect(try program.succeed("log", "verify").contains("intact"))
        RefusalTests.expect(
            try program.run("log", "cat", "--from-offset", "0"),
            65,
            "records from 0 on were deleted by retention: the oldest record is \(first)"
        )
        #expect(try program.succeed("log", "cat", "--count") == "\(100_000 - first)\n")
        try program.succeed("run", "fold")
        try program.succeed("run", "publish")
        try program.succeed("run", "compact")
        try program.succeed("status")
        // The whole input was read, and deleted segments' word on that is not lost.
        try program.succeed("ingest", RefusalTests.fixtures + "/events.ndjson.zst")
        #expect(try log.end() == 100_000)
        // A new database cannot be folded from what is left.
        let other = GoalpostProgram(
            data: program.data,
            databaseURL: try await ThrowawayPostgres.freshDatabase()
        )
        RefusalTests.expect(try other.run("run", "fold"), 65, "deleted by retention")
    }

    @Test func `without its database, or with another log's, it refuses`() async throws {
        try snapshot(100_000)
        try program.succeed("run", "fold")
        let away = GoalpostProgram(data: program.data, databaseURL: "host=\(directory.path) dbname=x")
        RefusalTests.expect(try away.run("run", "retain", "--keep-days", "1"), 69)
        let other = GoalpostProgram(
            data: directory.path + "/other",
            databaseURL: try #require(program.environment["GOALPOST_DATABASE_URL"])
        )
        try other.succeed("init", "--challenges", RefusalTests.fixtures + "/challenges.json")
        RefusalTests.expect(
            try other.run("run", "retain", "--keep-days", "1"),
            78,
            "holds the fold of log"
        )
        // A snapshot of more than there is.
        try snapshot(200_000)
        RefusalTests.expect(
            try program.run("run", "retain", "--keep-days", "1"),
            65,
            "200000",
            "lost its end"
        )
        #expect(try log.firstOffset() == 0)
    }

    @Test func `it says what it wants to be told, and runs once at a time`() async throws {
        for words in [
            [], ["--keep-days", "1", "--keep-bytes", "1"], ["--keep-days", "0"], ["--keep-days", "40000"],
            ["--keep-bytes", "-1"],
        ] {
            let result = try Command.run(
                GoalpostProgram.path,
                ["run", "retain"] + words,
                environment: program.environment
            )
            #expect(result.status == 64, "\(words): \(result.error)")
        }
        let other = try LogCompactor.open(volume: LocalVolume(), directory: log.path)
        RefusalTests.expect(
            try program.run("run", "retain", "--keep-bytes", "0", "--apply"),
            75,
            "runs elsewhere"
        )
        #expect(try dryRun().count > 1)
        other.abandon()
        let history = try await Database(conninfo: try #require(program.environment["GOALPOST_DATABASE_URL"]))
            .session("history").readOnlySnapshot { transaction in
                var runs = 0
                let sql = "SELECT 1 FROM information_schema.tables WHERE table_name = 'job_run'"
                try transaction.query(sql) { _ in runs += 1 }
                return runs
            }
        // Dry runs leave nothing behind, not even tables.
        #expect(history == 0)
    }
}
