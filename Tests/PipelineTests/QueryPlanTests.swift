import Disk
import Foundation
import Goals
import Jobs
import Postgres
import TestKit
import Testing

/// How the server runs every statement of the real programs over a million players, as auto_explain saw it.
///
/// What cron does every minute, and what a person asks for about some players, costs what those players cost,
/// however many others there are: no page of a big table is read in search of them.
@Suite(.serialized) struct QueryPlanTests {
    private static let players = 1_000_000
    private static let partitions = 16
    private static let day = "2026-02-01T12:00:00Z"

    private static let challenges = """
        {"challenges":[{"challengeId":"c","name":"C","description":"","goals":[
        {"goalId":"g","name":"G","description":"","type":"absolute","eventSource":"login","defaultAssigned":true,
         "requirement":{"statCode":"login","operator":">=","targetValue":1},
         "reward":{"type":"ITEM","rewardId":"sword","quantity":1},"prerequisites":[]},
        {"goalId":"h","name":"H","description":"","type":"increment","eventSource":"statistic",
         "defaultAssigned":true,"requirement":{"statCode":"kills","operator":">=","targetValue":1000},
         "reward":{"type":"ITEM","rewardId":"hat","quantity":1},"prerequisites":[]}]}]}
        """

    /// A million players, each with two rows, a change long published, a request and a reward long delivered.
    private static let crowd = """
        INSERT INTO goalpost.player SELECT 'p' || i, '2026-01-01', '2026-01-31' FROM generate_series(1, \(players)) i;
        INSERT INTO goalpost.user_goal_progress (user_id, goal_id, challenge_id, namespace, progress, status,
            assigned_at, completed_at, last_event_at)
        SELECT 'p' || i, g, 'c', 'demo', 5, CASE g WHEN 'g' THEN 'completed' ELSE 'in_progress' END, '2026-01-01',
            CASE g WHEN 'g' THEN timestamptz '2026-01-02' END, '2026-01-02'
        FROM generate_series(1, \(players)) i, (VALUES ('g'), ('h')) AS goals (g);
        INSERT INTO goalpost.player_change SELECT 'p' || i, 0 FROM generate_series(1, \(players)) i;
        INSERT INTO goalpost.request_outcome SELECT 'p' || i, 'r' || i, 'applied', NULL, '2026-01-31'
        FROM generate_series(1, \(players)) i;
        INSERT INTO goalpost.reward_grant (user_id, claim_event_id, goal_id, reward_type, reward_id, quantity, state,
            claimed_at, delivered_at)
        SELECT 'p' || i, 'r' || i, 'h', 'ITEM', 'hat', 1, CASE WHEN i % 100000 = 0 THEN 'dead' ELSE 'delivered' END,
            '2026-01-31', '2026-01-31'
        FROM generate_series(1, \(players)) i;
        ANALYZE goalpost.player, goalpost.user_goal_progress, goalpost.player_change, goalpost.request_outcome,
            goalpost.reward_grant
        """

    /// Events of so many players from `first` on: a login each, and of every tenth a claim and an activation.
    private static func events(_ count: Int, from first: Int) -> [UInt8] {
        func line(_ kind: String, _ player: Int, _ name: String, _ payload: String) -> String {
            """
            {"id":"\(kind)\(player)","name":"\(name)","namespace":"demo","timestamp":"2026-02-01T10:00:00Z",\
            "userId":"p\(player)","payload":{\(payload)}}

            """
        }
        var text = ""
        for player in first..<(first + count) {
            text += line("k", player, "statItemUpdated", #""statCode":"kills","latestValue":7"#)
            guard player % 10 == 0 else { continue }
            text += line("c", player, "rewardClaimRequested", #""challengeId":"c","goalId":"g""#)
            let activation = #""challengeId":"c","goalId":"h","isActive":true"#
            text += line("a", player, "goalActivationRequested", activation)
        }
        return Array(text.utf8)
    }

    /// The server's plans since the last look, of statements that touch Goalpost's tables.
    private struct PlanLog {
        let path: String
        var seen: UInt64 = 0

        mutating func next() throws -> [LoggedPlan] {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            try file.seek(toOffset: seen)
            let bytes = try file.readToEnd() ?? Data()
            seen += UInt64(bytes.count)
            return try LoggedPlan.all(in: String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Tables with a row or more a player.
    private static func isBig(_ relation: String) -> Bool {
        ["user_goal_progress", "player", "player_change", "request_outcome", "reward_grant"].contains {
            table in
            relation == table || relation.hasPrefix(table + "_p")
        }
    }

    /// The partitions that a plan's executed parts belong to.
    private static func leaves(_ plan: LoggedPlan) -> Set<Substring> {
        Set(
            plan.accesses.filter { $0.loops > 0 && isBig($0.relation) }.compactMap { access in
                access.relation.split(separator: "_").last.flatMap {
                    $0.hasPrefix("p") && $0 != "player" ? $0 : nil
                }
            }
        )
    }

    private static func makeWorld(_ directory: TemporaryDirectory, webhook: String) async throws
        -> GoalpostProgram
    {
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: ["GOALPOST_PARTITIONS": "\(partitions)", "GOALPOST_GRANT_URL": webhook]
        )
        let (file, input) = (directory.path + "/challenges.json", directory.path + "/events.ndjson")
        try LocalVolume().atomicWrite(Array(challenges.utf8), to: file)
        try LocalVolume().atomicWrite(events(3, from: players + 1), to: input)
        try program.succeed("init", "--challenges", file)
        try program.succeed("ingest", input)
        // The store knows this database from now on: what is put there below counts as published.
        try program.succeed("run", "fold")
        try program.succeed("run", "publish", "--as-of", day)
        return program
    }

    @Test func `what cron does, and what is asked about a player, reads no table whole`() async throws {
        let receiver = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { receiver.close() }
        let directory = try TemporaryDirectory()
        let program = try await Self.makeWorld(directory, webhook: receiver.url)
        let conninfo = program.environment["GOALPOST_DATABASE_URL"] ?? ""
        let session = Database(conninfo: conninfo).session("plans")
        let logPath = try await session.readOnlySnapshot { transaction in
            var path = ""
            try transaction.query("SELECT current_setting('unix_socket_directories') || '/server.log'") {
                path = try $0.text(0)
            }
            return path
        }
        try await session.transaction { transaction in
            try transaction.script(Self.crowd)
            try transaction.script(
                """
                DO $$ BEGIN
                EXECUTE format('ALTER DATABASE %I SET session_preload_libraries = auto_explain', current_database());
                EXECUTE format('ALTER DATABASE %I SET auto_explain.log_min_duration = 0', current_database());
                EXECUTE format('ALTER DATABASE %I SET auto_explain.log_format = json', current_database());
                EXECUTE format('ALTER DATABASE %I SET auto_explain.log_analyze = on', current_database());
                EXECUTE format('ALTER DATABASE %I SET auto_explain.log_timing = off', current_database());
                EXECUTE format('ALTER DATABASE %I SET auto_explain.log_nested_statements = on', current_database());
                END $$
                """
            )
        }
        await session.close()
        var plans = PlanLog(path: logPath)
        _ = try plans.next()

        /// Runs a command; its statements read no big table whole, and those that stay in a partition name one leaf.
        func expectIndexes(_ arguments: [String], statements: Int, status: Int32 = 0) throws {
            let ran = try Command.run(GoalpostProgram.path, arguments, environment: program.environment)
            #expect(ran.status == status, "\(arguments): \(ran.error)")
            let mine = try plans.next().filter { $0.accesses.contains { Self.isBig($0.relation) } }
            #expect(mine.count >= statements, "\(arguments): \(mine.count) statements over big tables")
            for plan in mine {
                let whole = plan.scannedWhole.filter(Self.isBig)
                #expect(whole.isEmpty, "\(arguments) reads \(whole.sorted()) whole: \(plan.query)")
                let leaves = Self.leaves(plan)
                let isOverAll = plan.query.contains("goalpost.reward_grant ")
                #expect(
                    leaves.count <= (isOverAll ? Self.partitions : 1),
                    "\(arguments) reads partitions \(leaves.sorted()): \(plan.query)"
                )
            }
        }

        let input = directory.path + "/more.ndjson"
        try LocalVolume().atomicWrite(Self.events(400, from: 5_000), to: input)
        try program.succeed("ingest", input)
        try expectIndexes(["run", "fold"], statements: 3 * Self.partitions)
        try expectIndexes(["run", "publish", "--as-of", Self.day], statements: 2 * Self.partitions)
        try expectIndexes(["run", "grant"], statements: 3)
        // Some thousand players: a twentieth of each partition.
        try LocalVolume().atomicWrite(Self.events(50_000, from: 100_000), to: input + "2")
        try program.succeed("ingest", input + "2")
        try expectIndexes(["run", "fold"], statements: 3 * Self.partitions)
        try expectIndexes(["run", "publish", "--as-of", Self.day], statements: 2 * Self.partitions)
        try expectIndexes(["run", "grant"], statements: 3)
        try expectIndexes(["explain", "p5000"], statements: 1)
        // Nothing in the log tells where the crowd came from: drift.
        try expectIndexes(["verify", "--player", "p5000"], statements: 1, status: 1)
        try expectIndexes(["grants", "show", "p5000", "c5000"], statements: 1)
        try expectIndexes(["grants", "redrive", "--all"], statements: 1)
        // Without rows to read they read none.
        for command in [["status"], ["jobs"], ["check"]] { try expectIndexes(command, statements: 0) }
    }
}
