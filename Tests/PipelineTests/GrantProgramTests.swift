import Disk
import EventLog
import Foundation
import Jobs
import Postgres
import Synchronization
import TestKit
import Testing

/// The real program, which delivers rewards to a webhook of the test's own.
@Suite(.serialized) struct GrantProgramTests {
    private static let challenges = """
        {"challenges":[{"challengeId":"c","name":"C","description":"","goals":[
        {"goalId":"g","name":"G","description":"","type":"absolute","eventSource":"login","defaultAssigned":true,
         "requirement":{"statCode":"login","operator":">=","targetValue":1},
         "reward":{"type":"ITEM","rewardId":"sword","quantity":1},"prerequisites":[]}]}]}
        """

    /// A log in which so many players claim, already folded.
    private static func world(
        _ directory: TemporaryDirectory,
        players: Int,
        _ extra: [String: String]
    ) async throws -> GoalpostProgram {
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: extra
        )
        let (file, events) = (directory.path + "/challenges.json", directory.path + "/events.ndjson")
        try LocalVolume().atomicWrite(Array(challenges.utf8), to: file)
        let lines = (0..<players).map { number in
            """
            {"id":"i\(number)","name":"userLoggedIn","namespace":"demo","timestamp":"2026-01-05T10:00:00Z",\
            "userId":"p\(number)"}
            {"id":"c\(number)","name":"rewardClaimRequested","namespace":"demo",\
            "timestamp":"2026-01-05T10:00:01Z","userId":"p\(number)","payload":{"challengeId":"c","goalId":"g"}}
            """
        }
        try LocalVolume().atomicWrite(Array((lines.joined(separator: "\n") + "\n").utf8), to: events)
        try program.succeed("init", "--challenges", file)
        try program.succeed("ingest", events)
        return program
    }

    @Test func `the cycle delivers, with the token from its file, and the history tells of it`() async throws
    {
        let receiver = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { receiver.close() }
        let directory = try TemporaryDirectory()
        let token = directory.path + "/token"
        try LocalVolume().atomicWrite(Array("s3cret\n".utf8), to: token)
        let program = try await Self.world(
            directory,
            players: 25,
            ["GOALPOST_GRANT_URL": receiver.url, "GOALPOST_GRANT_TOKEN_FILE": token]
        )
        #expect(try program.succeed("run", "cycle", "--quiet") == "")
        #expect(receiver.keys.count == 25 && receiver.requests.count == 25)
        #expect(receiver.requests.allSatisfy { $0.headers["authorization"] == "Bearer s3cret" })
        #expect(try program.succeed("grants", "ls").contains("in all: 0 pending, 25 delivered, 0 dead"))
        #expect(try program.succeed("grants", "show", "p3", "c3").contains(#""state":"delivered""#))
        #expect(try program.succeed("jobs", "--history", "5").contains("delivered 25"))
        #expect(try program.succeed("config").contains("grant_url"))
        #expect(try !program.succeed("config").contains("secret-path"))
        let log = try program.succeed("log", "cat", "--event", "rewardDelivered", "--count")
        #expect(log.contains("25"))
        // No fold has read the records yet: that is no drift.
        #expect(try program.run("verify").status == 0)
        #expect(try program.succeed("run", "cycle").contains("delivered 0 rewards"))
        #expect(receiver.requests.count == 25)
        #expect(try program.run("verify").status == 0)
    }

    @Test func `without a webhook the job says so and ends well`() async throws {
        let directory = try TemporaryDirectory()
        let program = try await Self.world(directory, players: 1, [:])
        #expect(try program.succeed("run", "grant").contains("no webhook is set"))
        try program.succeed("run", "cycle")
        #expect(try program.succeed("grants", "ls").contains("1 pending"))
    }

    @Test func `given-up rewards end the run with 65 and are redriven`() async throws {
        let status = Atomic<Int>(400)
        let receiver = try RewardReceiver { _, _ in .answer(status: status.load(ordering: .relaxed)) }
        defer { receiver.close() }
        let directory = try TemporaryDirectory()
        let program = try await Self.world(directory, players: 2, ["GOALPOST_GRANT_URL": receiver.url])
        try program.succeed("run", "fold")
        RefusalTests.expect(try program.run("run", "grant"), 65, "2 rewards were given up", "HTTP status 400")
        #expect(try program.succeed("grants", "ls", "--state", "dead").contains("p1"))
        RefusalTests.expect(try program.run("grants", "show", "p1", "x"), 66, "p1")
        status.store(200, ordering: .relaxed)
        #expect(try program.succeed("grants", "redrive", "--all").contains("2 rewards are pending again"))
        try program.succeed("run", "grant")
        #expect(receiver.keys.count == 2 && receiver.requests.count == 4)
        RefusalTests.expect(
            try GoalpostProgram(
                data: program.data,
                databaseURL: "unused",
                extra: ["GOALPOST_GRANT_URL": "gopher://secret"]
            ).run("run", "grant"),
            78,
            "no http or https URL"
        )
    }

    @Test func `killed while rewards are on their way, each arrives under one key and is recorded once`()
        async throws
    {
        let receiver = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { receiver.close() }
        let directory = try TemporaryDirectory()
        let program = try await Self.world(
            directory,
            players: 300,
            [
                "GOALPOST_GRANT_URL": receiver.url, "GOALPOST_GRANT_CONCURRENCY": "2",
                "GOALPOST_GRANT_TIMEOUT_SECONDS": "1",
            ]
        )
        try program.succeed("run", "fold")
        var kills = 0
        for count in [3, 9, 20, 40, 80, 120]
        where try program.kill(["run", "grant"], when: { receiver.requests.count >= count }) {
            kills += 1
        }
        #expect(kills > 0)
        // The leases of the killed runs, as if their time had passed.
        let session = Database(conninfo: program.environment["GOALPOST_DATABASE_URL"] ?? "").session("test")
        try await session.statement("UPDATE goalpost.reward_grant SET next_attempt_at = NULL")
        // A server may take a moment to see that a killed run's connection is gone.
        try program.succeed("run", "grant", "--overlap", "wait", "--timeout", "600")
        #expect(receiver.keys.count == 300)
        // A killed run repeats at most what it had leased.
        #expect(receiver.requests.count <= 300 + kills * 8)
        let log = LogDirectory(volume: LocalVolume(), path: program.data + "/log/events")
        #expect(try log.end() == 900)
        #expect(try program.succeed("grants", "ls").contains("0 pending, 300 delivered, 0 dead"))
        try program.succeed("run", "fold")
        #expect(try program.run("verify").status == 0)
    }
}
