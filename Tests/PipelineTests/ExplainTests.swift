import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Postgres
import TestKit
import Testing

/// What explain tells of a player is what the log holds and the tables show.
@Suite(.serialized) struct ExplainTests {
    private static func explain(
        _ world: PipelineWorld,
        _ player: String,
        goal: String? = nil,
        limit: Int? = nil,
        database: Bool = true
    ) async throws -> (events: [ExplainedEvent], end: Explanation) {
        var events: [ExplainedEvent] = []
        let job = try ExplainJob(
            settings: world.settings,
            access: world.access,
            database: database ? world.database : nil,
            log: world.log
        )
        let end = try await job.run(player: player, goal: goal, limit: limit) { events.append($0) }
        return (events, end)
    }

    @Test(arguments: UInt64(1)...6)
    func `every event of every player is told once, and ends in the tables' rows`(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let history = try RandomHistory(seed: seed)
        let world = try await PipelineWorld(partitions: 4)
        // Not all is folded: the comparison is made at the watermark, the state told at the log's end.
        let folded = history.lines.count - 150
        try world.append(history, 0..<folded, &random)
        try await world.fold()
        try world.append(history, folded..<history.lines.count, &random)
        var users: [[UInt8]] = []
        for line in history.lines { users.append(try NaiveEvent(line: line).userId) }
        let oracle = history.oracle
        for player in oracle.players.keys {
            let name = String(decoding: player, as: UTF8.self)
            let (events, end) = try await Self.explain(world, name)
            let offsets = users.indices.filter { users[$0] == player }.map { UInt64($0) }
            #expect(events.map(\.offset) == offsets, "seed \(seed), \(name)")
            #expect(end.events == UInt64(offsets.count) && end.eventsLeftOut == 0)
            #expect(end.tables?.drift.isEmpty ?? false, "seed \(seed), \(name)")
            #expect(end.nextOffset == UInt64(history.lines.count))
            let rows = oracle.rows.filter { $0.key.userId == player }
            #expect(end.rows.count == rows.count, "seed \(seed), \(name)")
            for row in end.rows {
                let naive = try #require(rows[NaiveRowKey(userId: player, goalId: Array(row.goal.utf8))])
                #expect(Int(row.progress) == naive.progress && row.status == naive.status)
                #expect(row.isActive == naive.isActive)
            }
            // Every event has an effect, a reason, or a decision.
            for event in events where event.name != "rewardDelivered" && event.name != "userLoggedIn" {
                let isTold = !event.effects.isEmpty || event.ignored != nil || event.decision != nil
                #expect(isTold, "seed \(seed), offset \(event.offset)")
            }
        }
    }

    @Test func `a limit keeps the newest, a goal keeps its own`() async throws {
        var random = SplitMix64(seed: 9)
        let history = try RandomHistory(seed: 9)
        let world = try await PipelineWorld(partitions: 1)
        try world.append(history, 0..<history.lines.count, &random)
        let name = try #require(
            history.oracle.rows.keys.map { String(decoding: $0.userId, as: UTF8.self) }.max()
        )
        let (all, whole) = try await Self.explain(world, name, database: false)
        #expect(whole.tables == nil)
        for limit in [0, 1, 5, all.count, all.count + 1] {
            let (some, end) = try await Self.explain(world, name, limit: limit)
            #expect(some.map(\.offset) == all.suffix(limit).map(\.offset))
            #expect(end.events == UInt64(all.count))
            #expect(end.eventsLeftOut == UInt64(max(0, all.count - limit)))
        }
        for goal in Set(all.flatMap(\.effects).map(\.goal)) {
            let (some, end) = try await Self.explain(world, name, goal: goal)
            let own = all.filter { $0.effects.contains { $0.goal.utf8.elementsEqual(goal.utf8) } }
            let offsets = Set(some.map(\.offset))
            #expect(own.allSatisfy { offsets.contains($0.offset) })
            #expect(some.allSatisfy { $0.effects.allSatisfy { $0.goal.utf8.elementsEqual(goal.utf8) } })
            #expect(end.rows.allSatisfy { $0.goal.utf8.elementsEqual(goal.utf8) })
        }
        for (player, goal) in [("never heard of", nil), (name, "no such goal anywhere")]
            as [(String, String?)]
        {
            let error = await #expect(throws: JobError.self) {
                _ = try await Self.explain(world, player, goal: goal)
            }
            #expect(error?.status == .noInput)
        }
    }

    @Test func `retention deletes nothing while an explanation is read`() async throws {
        var random = SplitMix64(seed: 11)
        let history = try RandomHistory(seed: 11, lineCount: 300)
        let world = try await PipelineWorld(partitions: 1)
        try world.append(history, 0..<history.lines.count, &random)
        let holds = { try LocalVolume().list(world.access.directory.path + "/" + LogHold.directoryName) }
        let job = try ExplainJob(
            settings: world.settings,
            access: world.access,
            database: nil,
            log: world.log
        )
        let player = try #require(history.oracle.players.keys.first)
        var held: Set<String> = []
        _ = try await job.run(player: String(decoding: player, as: UTF8.self)) { _ in
            held.formUnion(try holds())
        }
        #expect(
            held.count == 1
                && held.allSatisfy { $0.hasPrefix(String(repeating: "0", count: 20) + "-explain-") }
        )
        #expect(try holds() == [])
    }

    @Test func `drift in the tables is told`() async throws {
        var random = SplitMix64(seed: 10)
        let history = try RandomHistory(seed: 10)
        let world = try await PipelineWorld(partitions: 4)
        try world.append(history, 0..<history.lines.count, &random)
        try await world.fold()
        try await world.database.session("plant").transaction { transaction in
            try transaction.script(
                "UPDATE goalpost.user_goal_progress SET progress = CASE progress WHEN 0 THEN 1 ELSE progress - 1 END"
            )
        }
        let player = try #require(history.oracle.rows.keys.first).userId
        let (_, end) = try await Self.explain(world, String(decoding: player, as: UTF8.self))
        let rows = history.oracle.rows.keys.count { $0.userId == player }
        #expect(end.tables?.drift.count == rows)
        #expect(end.tables?.drift.allSatisfy { $0.field == "progress" } ?? false)
    }

    // MARK: The program

    @Test func `the program explains, verifies and repairs, and says so by its exit codes`() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path()
        let directory = try TemporaryDirectory()
        let url = try await ThrowawayPostgres.freshDatabase()
        let program = GoalpostProgram(data: directory.path + "/data", databaseURL: url)
        try program.succeed("init", "--challenges", root + "fixtures/demo/challenges.json")
        try program.succeed("ingest", root + "fixtures/demo/events.ndjson.zst")
        try program.succeed("run", "fold")
        try program.succeed("run", "publish")
        #expect(try program.succeed("verify", "--payloads").contains("no drift"))
        try program.succeed("run", "verify", "--json")
        let database = Database(conninfo: url)
        let session = database.session("plant")
        var user = ""
        try await session.transaction { transaction in
            try transaction.script(
                "UPDATE goalpost.user_goal_progress_p03 SET progress = (progress % 1000000) + 1"
            )
        }
        user = try await session.readOnlySnapshot { transaction in
            var user = ""
            try transaction.query("SELECT user_id FROM goalpost.user_goal_progress_p03 ORDER BY 1 LIMIT 1") {
                row in
                user = try row.text(0)
            }
            return user
        }
        let explained = try program.run("explain", user)
        #expect(explained.status == 0)
        #expect(explained.output.contains("DIFFERENT") && explained.output.contains("verify --repair"))
        #expect(explained.output.contains("clients are shown the state up to offset 100000"))
        let json = try program.succeed("explain", user, "--json", "--limit", "3")
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect((object?["events"] as? [Any])?.count == 3 && object?["end"] != nil)
        let found = try program.run("verify", "--json")
        #expect(found.status == 1)
        let report = try JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [String: Any]
        let drifted = report?["driftRows"] as? Int ?? 0
        #expect(drifted > 0 && report?["differencesCount"] as? Int == drifted)
        #expect((report?["differences"] as? [Any])?.count == min(drifted, 1000))
        #expect(try program.run("verify", "--repair").status == 1)
        #expect(try program.run("verify").status == 0)
        #expect(try program.succeed("explain", user).contains("tables: as the log says"))
        let runs = try await session.readOnlySnapshot { transaction in
            var runs: [String] = []
            let sql = "SELECT counts->>'driftRows' FROM goalpost.job_run WHERE job = 'verify' ORDER BY id"
            try transaction.query(sql) { runs.append(try $0.text(0)) }
            return runs
        }
        #expect(runs == ["0", "\(drifted)"])
        let unknown = try program.run("explain", "nobody at all")
        #expect(unknown.status == 66 && unknown.error.contains("no event in the log"))
        for wrong in [["--sample", "0"], ["--sample", "2"], ["--player", ""], ["--partition", "99"]] {
            #expect(
                try Command.run(GoalpostProgram.path, ["verify"] + wrong, environment: program.environment)
                    .status == 64
            )
        }
    }
}
