import BlockingLane
import Disk
import Foundation
import Jobs
import Postgres
import TestKit
import Testing

/// `goalpost replay` with its result files, and `--diff` beside real tables, as people run it.
@Suite(.serialized) struct ReplayResultsTests {
    private struct Report: Decodable {
        struct File: Decodable {
            let name: String
            let bytes: UInt64
        }

        let isPartial: Bool
        let nextOffset: UInt64
        let rows: Int
        let files: [File]
    }

    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "fixtures/demo").path()

    private static func replay(_ program: GoalpostProgram, _ words: String...) throws -> Report {
        let result = try Command.run(
            GoalpostProgram.path,
            ["replay", "--json"] + words,
            environment: program.environment
        )
        #expect(result.status == 0, "\(words): \(result.error)")
        return try JSONDecoder().decode(Report.self, from: result.output)
    }

    private static func lines(_ path: String) throws -> [Substring] {
        String(decoding: try LocalVolume().readFile(path, bytesMax: 1 << 28), as: UTF8.self).split(
            separator: "\r\n"
        )
    }

    @Test func `replay leaves the promised files, which agree with the tables`() async throws {
        let directory = try TemporaryDirectory()
        let url = try await ThrowawayPostgres.freshDatabase()
        let program = GoalpostProgram(data: directory.path + "/data", databaseURL: url)
        let challenges = Self.fixtures + "/challenges.json"
        try program.succeed("init", "--challenges", challenges)
        try program.succeed("ingest", Self.fixtures + "/events.ndjson.zst")
        try program.succeed("run", "fold")
        let session = Database(conninfo: url).session("test")
        let count = try await session.readOnlySnapshot { transaction in
            var count: Int64 = 0
            try transaction.query("SELECT count(*) FROM goalpost.user_goal_progress") {
                count = try $0.int8(0)
            }
            return count
        }

        let out = directory.path + "/out"
        let report = try Self.replay(program, "--diff", "--out", out)
        #expect(report.nextOffset == 100_000 && report.rows == Int(count))
        let names = [
            "diff.csv", "goals.csv", "goals_daily.csv", "goals_daily.ndjson.zst", "report.html", "rows.csv",
            "rows.ndjson.zst",
        ]
        #expect(report.files.map(\.name) == names)
        #expect(try LocalVolume().list(out) == (names + ["summary.json"]).sorted())
        #expect(try Self.lines(out + "/diff.csv").count == 1)
        #expect(try Self.lines(out + "/rows.csv").count == Int(count) + 1)
        #expect(try Self.lines(out + "/goals.csv").count == 501)
        let page = String(
            decoding: try LocalVolume().readFile(out + "/report.html", bytesMax: 1 << 24),
            as: UTF8.self
        )
        #expect(page.contains("Replay of demo") && page.contains("No difference in"))

        // Events that are not folded yet do not disturb it: it ends where the tables are.
        let more = directory.path + "/more.ndjson"
        let line =
            #"{"id":"more","name":"userLoggedIn","timestamp":"2026-02-05T10:00:00Z","namespace":"demo","userId":"new"}"#
        try LocalVolume().atomicWrite(Array((line + "\n").utf8), to: more)
        try program.succeed("ingest", more)
        try await session.statement(
            "UPDATE goalpost.user_goal_progress SET progress = progress + 1 "
                + "WHERE (user_id, goal_id) = (SELECT user_id, goal_id FROM goalpost.user_goal_progress LIMIT 1)"
        )
        let second = directory.path + "/second"
        let drifted = try Self.replay(program, "--diff", "--no-rows", "--out", second)
        #expect(drifted.nextOffset == 100_000)
        #expect(try Self.lines(second + "/diff.csv").count == 2)
        #expect(try !LocalVolume().exists(second + "/rows.csv"))
        let whole = try Self.replay(program, "--no-rows", "--out", directory.path + "/third")
        #expect(whole.nextOffset == 100_001)
    }

    @Test func `a what-if shows what easier goals would give, and the same goals change nothing`() throws {
        let directory = try TemporaryDirectory()
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: "postgresql://nobody@127.0.0.1:1/none"
        )
        let challenges = Self.fixtures + "/challenges.json"
        try program.succeed("init", "--challenges", challenges)
        try program.succeed("ingest", Self.fixtures + "/events.ndjson.zst")
        let text = String(decoding: try LocalVolume().readFile(challenges, bytesMax: 1 << 24), as: UTF8.self)
        let easier = directory.path + "/easier.json"
        let pattern = try Regex(#""targetValue":[0-9]+"#)
        try LocalVolume().atomicWrite(
            Array(text.replacing(pattern, with: "\"targetValue\":1").utf8),
            to: easier
        )

        let out = directory.path + "/easier"
        _ = try Self.replay(program, "--challenges", easier, "--no-rows", "--out", out)
        let page = String(
            decoding: try LocalVolume().readFile(out + "/report.html", bytesMax: 1 << 24),
            as: UTF8.self
        )
        #expect(page.contains("demo with easier.json") && page.contains("What would change"))
        #expect(page.contains("Cost in rewards"))
        let goals = try Self.lines(out + "/goals.csv").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        let gained = try #require(goals[0].firstIndex(of: "completions_gained"))
        let lost = try #require(goals[0].firstIndex(of: "completions_lost"))
        #expect(goals.dropFirst().map { Int($0[gained]) ?? 0 }.reduce(0, +) > 1000)
        // An easier target takes no completion away.
        #expect(goals.dropFirst().allSatisfy { $0[lost] == "0" })

        let same = directory.path + "/same"
        _ = try Self.replay(program, "--challenges", challenges, "--no-rows", "--out", same)
        let nothing = try LocalVolume().readFile(same + "/report.html", bytesMax: 1 << 24)
        #expect(String(decoding: nothing, as: UTF8.self).contains("Nothing: under the other configuration"))
    }

    @Test func `a comparison that cannot be is refused before anything is replayed`() async throws {
        let directory = try TemporaryDirectory()
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase()
        )
        try program.succeed("init", "--challenges", Self.fixtures + "/challenges.json")
        try program.succeed("ingest", Self.fixtures + "/events.ndjson.zst")
        let out = directory.path + "/out"
        let unfolded = try program.run("replay", "--diff", "--out", out)
        #expect(unfolded.status == 78, "\(unfolded.error)")
        #expect(try !LocalVolume().exists(out + "/summary.json"))
        try program.succeed("run", "fold")
        let elsewhere = try program.run("replay", "--diff", "--until-offset", "5", "--out", out)
        #expect(
            elsewhere.status == 64 && elsewhere.error.contains("--until-offset 100000"),
            "\(elsewhere.error)"
        )
        #expect(try program.run("replay", "--diff", "--resume", "--out", out).status == 64)
    }
}
