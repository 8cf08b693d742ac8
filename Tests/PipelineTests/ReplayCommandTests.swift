import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Replay
import TestKit
import Testing

/// `goalpost replay` as people run it, and its what-if against real tables.
@Suite struct ReplayCommandTests {
    private struct Summary: Decodable {
        struct Totals: Decodable, Equatable {
            let players: Int
            let rows: Int
            let started: UInt64
            let completed: UInt64
            let claimed: UInt64
            let rewards: [String: Int64]
        }

        let isPartial: Bool
        let nextOffset: UInt64
        let records: UInt64
        let asConfigured: Totals
        let whatIf: Totals?
    }

    private static func summary(_ directory: String) throws -> Summary {
        let bytes = try LocalVolume().readFile(directory + "/summary.json", bytesMax: 1 << 24)
        return try JSONDecoder().decode(Summary.self, from: Data(bytes))
    }

    /// A program over a log of `events` sample events, with a database that does not answer.
    private static func program(_ directory: TemporaryDirectory, events: Int) throws -> GoalpostProgram {
        // Nothing listens there: a replay that wanted PostgreSQL would fail.
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: "postgresql://nobody@127.0.0.1:1/none"
        )
        let challenges = try program.succeed("generate", "challenges")
        try LocalVolume().atomicWrite(Array(challenges.utf8), to: directory.path + "/challenges.json")
        try program.succeed("init", "--challenges", directory.path + "/challenges.json")
        let lines = try program.succeed(
            "generate",
            "events",
            "--events",
            "\(events)",
            "--events-per-day",
            "40000"
        )
        try LocalVolume().atomicWrite(Array(lines.utf8), to: directory.path + "/events.ndjson")
        try program.succeed("ingest", directory.path + "/events.ndjson")
        return program
    }

    /// Returns when `path` is there or the process has ended.
    ///
    /// It keeps its thread: a test that gives it up may get none back before the process has ended.
    private static func meet(_ process: Process, at path: String) {
        while process.isRunning, !FileManager.default.fileExists(atPath: path) {
            // Only how often the condition is looked at, not what is waited for.
            Thread.sleep(forTimeInterval: 0.005)
        }
    }

    @Test func `an interrupt leaves a partial result, and a resume ends where it would have`() throws {
        let directory = try TemporaryDirectory()
        let program = try Self.program(directory, events: 600_000)
        let (whole, parts) = (directory.path + "/whole", directory.path + "/parts")
        try program.succeed("replay", "--out", whole)
        let process = Process()
        process.executableURL = URL(filePath: GoalpostProgram.path)
        // Slow enough to be met in the middle, even where other tests keep this one waiting for long.
        process.arguments = ["replay", "--rate", "12000", "--out", parts]
        process.environment = program.environment
        let error = Pipe()
        process.standardError = error
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        Self.meet(process, at: parts)
        process.interrupt()
        let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 75, "\(text)")
        #expect(text.contains("--resume"))
        let partial = try Self.summary(parts)
        #expect(partial.isPartial && partial.nextOffset < 600_000)
        let refused = try program.run("replay", "--sample", "0.5", "--resume", "--out", parts)
        #expect(refused.status == 64 && refused.error.contains("options"))
        try program.succeed("replay", "--resume", "--out", parts)
        let (resumed, uninterrupted) = (try Self.summary(parts), try Self.summary(whole))
        #expect(!resumed.isPartial && resumed.records == 600_000)
        #expect(resumed.asConfigured == uninterrupted.asConfigured)
        #expect(uninterrupted.whatIf == nil)
    }

    @Test func `what cannot be is refused with the exit code of its kind`() throws {
        let directory = try TemporaryDirectory()
        let program = try Self.program(directory, events: 1000)
        let out = directory.path + "/out"
        for (words, status, part) in [
            (["replay"], 64, "--out"), (["replay", "--out", out, "--sample", "0"], 64, "--sample"),
            (["replay", "--out", out, "--threads", "0"], 64, "--threads"),
            (["replay", "--out", out, "--partitions", "16"], 64, "partition 16"),
            (["replay", "--out", out, "--partitions", "x"], 64, "--partitions"),
            (["replay", "--out", out, "--from", "yesterday"], 64, "yesterday"),
            (["replay", "--out", out, "--until-offset", "1001"], 64, "1000"),
            (["replay", "--out", out, "--players", out + ".txt"], 66, "out.txt"),
            (
                ["replay", "--out", out, "--challenges", directory.path + "/events.ndjson"], 78,
                "events.ndjson"
            ),
            (["replay", "--out", out, "--resume"], 66, "nothing to resume"),
            (["replay", "--dry-run", "--resume"], 64, "--dry-run"),
        ] {
            let result = try Command.run(GoalpostProgram.path, words, environment: program.environment)
            #expect(result.status == Int32(status), "\(words): \(result.error)")
            #expect(result.error.contains(part), "\(words): \(result.error)")
        }
        try program.succeed("replay", "--out", out)
        let again = try program.run("replay", "--out", out)
        #expect(again.status == 73 && again.error.contains("summary.json"))
        let plan = try program.succeed("replay", "--dry-run")
        #expect(plan.contains("players    unknown") && plan.contains("records    1,000"))
        try program.succeed("run", "snapshot")
        #expect(try program.succeed("replay", "--dry-run").contains("at the newest snapshot"))
    }

    /// A deployment that had the other file from the first record on has these very rows in its tables.
    @Test(arguments: UInt64(1)...2)
    func `a what-if has the rows that a fresh deployment's tables have`(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed ^ 0x3A7F)
        let history = try RandomHistory(seed: seed, lineCount: 1500)
        let donor = try RandomHistory(seed: seed &+ 77, lineCount: 1)
        let other = try #require(donor.configurations[0])
        let live = try await PipelineWorld()
        try live.append(history, 0..<history.lines.count, &random)
        let path = live.directory.path + "/other.json"
        try LocalVolume().atomicWrite(other, to: path)
        var options = ReplayOptions(directory: live.directory.path + "/what-if")
        options.challenges = path
        let job = ReplayJob(settings: live.settings, access: live.access, version: "test", log: live.log)
        let result = try await job.run(options)

        let fresh = try await PipelineWorld()
        try LogDirectory.create(
            volume: fresh.access.volume,
            path: fresh.access.directory.path,
            makeUUID: { UUID().uuidString }
        )
        let writer = try fresh.access.openWriter(fresh.settings, now: WallClock.now)
        _ = try writer.applyConfiguration(other)
        let bytes: [UInt8] = history.lines.flatMap { $0 + [0x0A] }
        _ = try writer.append(
            FrameContent(
                bytes: bytes,
                recordCount: UInt32(history.lines.count),
                leastTime: 0,
                greatestTime: 1
            )
        )
        writer.close()
        try await fresh.fold()
        let tables = try await TableRows.read(fresh)
        var found = 0
        for state in try #require(result.other).states {
            state.forEachPlayer { player in
                for row in player.rows {
                    let goal = state.catalogue.goals[Int(row.goal)].utf8
                    let naive = tables.progress[NaiveRowKey(userId: player.id.utf8, goalId: goal)]
                    found += 1
                    #expect(naive?.progress == Int(row.progress), "seed \(seed)")
                    #expect(naive?.status == row.status.text && naive?.isActive == row.isActive)
                    #expect(naive?.challengeId == state.catalogue.challenges[Int(row.challenge)].utf8)
                    #expect(naive?.assignedAt == row.assignedAt?.microseconds)
                    #expect(naive?.completedAt == row.completedAt?.microseconds)
                    #expect(naive?.claimedAt == row.claimedAt?.microseconds)
                    #expect(naive?.createdAt == row.createdAt.microseconds)
                    #expect(naive?.updatedAt == row.updatedAt.microseconds)
                    #expect(naive?.lastEventAt == row.lastEventAt?.microseconds)
                }
            }
        }
        #expect(found == tables.progress.count && found > 0)
    }
}
