import Disk
import Foundation
import Jobs
import PayloadStore
import Postgres
import TestKit
import Testing

/// Requests through the real programs: written, folded, published, and asked for at the front.
@Suite(.serialized) struct OutcomeProgramTests {
    private static let challenges = """
        {"challenges":[{"challengeId":"c","name":"C","description":"","goals":[
        {"goalId":"g","name":"G","description":"","type":"absolute","eventSource":"login","defaultAssigned":true,
         "requirement":{"statCode":"login","operator":">=","targetValue":2},
         "reward":{"type":"ITEM","rewardId":"sword","quantity":1},"prerequisites":[]}]}]}
        """

    private static func program(
        _ directory: TemporaryDirectory,
        _ extra: [String: String] = [:]
    ) async throws -> GoalpostProgram {
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: extra
        )
        let file = directory.path + "/challenges.json"
        try LocalVolume().atomicWrite(Array(challenges.utf8), to: file)
        try program.succeed("init", "--challenges", file)
        return program
    }

    private static func ingest(
        _ lines: [String],
        _ directory: TemporaryDirectory,
        _ program: GoalpostProgram
    ) throws {
        let events = directory.path + "/events-\(UUID()).ndjson"
        try LocalVolume().atomicWrite(Array((lines.joined(separator: "\n") + "\n").utf8), to: events)
        try program.succeed("ingest", events)
    }

    private static func login(_ player: String, _ id: String) -> String {
        #"{"id":"\#(id)","name":"userLoggedIn","namespace":"demo","timestamp":"2026-01-05T10:00:00Z","#
            + #""userId":"\#(player)"}"#
    }

    private static func claim(_ player: String, _ id: String) -> String {
        #"{"id":"\#(id)","name":"rewardClaimRequested","namespace":"demo","timestamp":"2026-01-05T10:00:01Z","#
            + #""userId":"\#(player)","payload":{"challengeId":"c","goalId":"g"}}"#
    }

    @Test func `where the write side says, the front tells what became of a request`() async throws {
        let directory = try TemporaryDirectory()
        let program = try await Self.program(directory)
        try Self.ingest([Self.login("u", "l1")], directory, program)
        try program.succeed("run", "fold")
        try program.succeed("run", "publish")
        let front = try await RunningServer(
            "goalpost-front",
            ["--listen", "127.0.0.1:0", "--insecure-header-auth"],
            of: program
        )
        let before = try front.curl("/challenge/v1/challenges", player: "u").body

        let ingest = try await RunningServer(
            "goalpost-ingest",
            ["--http", "127.0.0.1:0", "--insecure-header-auth"],
            of: program
        )
        let goal = "/challenge/v1/challenges/c/goals/g"
        let claim = try ingest.curl(
            goal + "/claim",
            player: "u",
            ["--request", "POST", "--header", #"Idempotency-Key: \x-claim/1"#]
        )
        let active = try ingest.curl(
            goal + "/active",
            player: "u",
            ["--request", "PUT", "--data", #"{"isActive":true}"#]
        )
        #expect(claim.status == 202 && active.status == 202)
        #expect(claim.location.hasPrefix("/challenge/v1/requests/%5Cx-claim%2F1?offset="))
        #expect(try ingest.stop() == 0)

        for place in [claim.location, active.location] {
            let answer = try front.curl(place, player: "u")
            #expect(answer.status == 200 && answer.body.contains(#""status":"pending""#), "\(answer)")
            let bare = String(place.prefix { $0 != "?" })
            #expect(try front.curl(bare, player: "u").status == 404)
        }
        try program.succeed("run", "fold")
        #expect(try front.curl(claim.location, player: "u").body.contains("pending"))
        // Neither changed a row: the goal is not completed, and it was active before.
        #expect(try program.succeed("run", "publish").contains("1 player"))
        let rejected = try front.curl(claim.location, player: "u")
        #expect(rejected.status == 200)
        #expect(
            rejected.body.hasPrefix(
                #"{"eventId":"\\x-claim/1","status":"rejected","errorCode":"GOAL_NOT_COMPLETED","decidedAt":"20"#
            ),
            "\(rejected.body)"
        )
        #expect(try front.curl(active.location, player: "u").body.contains(#""status":"applied""#))
        #expect(try front.curl(claim.location, player: "v").status == 404)
        #expect(try front.curl("/challenge/v1/challenges", player: "u").body == before)
        // The players who ask for nothing are not published again.
        #expect(try program.succeed("run", "publish").contains("0 players"))
        #expect(try program.run("verify", "--payloads").status == 0)
        #expect(try front.stop() == 0)
    }

    private static let players = 3000

    /// How many of the players have the outcome of their claim published.
    private static func publishedCount(_ program: GoalpostProgram) throws -> Int {
        let reader = try PublishedStore(directory: program.data + "/payloads").makeReader()
        return try reader.read { view throws(PayloadStoreError) in
            var count = 0
            for number in 0..<players {
                let user = Array("p\(number)".utf8)
                let found = try view.outcomes(of: user)
                if found.map(\.key) == [Array("c\(number)".utf8)], found[0].errorCode == "GOAL_NOT_COMPLETED"
                {
                    count += 1
                }
            }
            return count
        }
    }

    @Test func `a killed publish loses no outcome, and one of everybody brings in all`() async throws {
        let directory = try TemporaryDirectory()
        let program = try await Self.program(directory, ["GOALPOST_PUBLISH_BATCH_PLAYERS": "10"])
        try Self.ingest((0..<Self.players).map { Self.login("p\($0)", "l\($0)") }, directory, program)
        try program.succeed("run", "cycle")
        #expect(try Self.publishedCount(program) == 0)
        try Self.ingest((0..<Self.players).map { Self.claim("p\($0)", "c\($0)") }, directory, program)
        try program.succeed("run", "fold")
        // Again and again, each time a little later: what a killed run has not done the next one does.
        var (kills, seen) = (0, [0])
        for share in [1, 2, 3] {
            let wasKilled = try program.kill(["run", "publish"]) {
                try Self.publishedCount(program) >= Self.players * share / 5
            }
            if wasKilled { kills += 1 }
            seen.append(try Self.publishedCount(program))
        }
        #expect(kills > 0 && seen == seen.sorted() && seen[1] < Self.players, "\(seen)")
        try program.succeed("run", "publish")
        #expect(try Self.publishedCount(program) == Self.players)

        // Outcomes that were written before players were marked for them come with a publish of everybody.
        let database = Database(conninfo: program.environment["GOALPOST_DATABASE_URL"] ?? "").session("t")
        try await database.transaction { transaction in
            try transaction.script(
                "UPDATE goalpost.request_outcome SET error_code = 'GOAL_NOT_ACTIVE' WHERE user_id < 'p2'"
            )
        }
        try program.succeed("run", "publish")
        #expect(try Self.publishedCount(program) == Self.players)
        let arguments = ["run", "publish", "--all"]
        _ = try program.kill(arguments) { try Self.publishedCount(program) < Self.players }
        #expect(try Self.publishedCount(program) < Self.players)
        try program.succeed("run", "publish")
        let changed = (0..<Self.players).count { "p\($0)" < "p2" }
        #expect(changed > 1000)
        #expect(try Self.publishedCount(program) == Self.players - changed)
    }
}
