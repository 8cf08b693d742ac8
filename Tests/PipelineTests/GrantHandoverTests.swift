import Disk
import EventLog
import Foundation
import Jobs
import Postgres
import TestKit
import Testing

/// The grant job while a real server writes the log.
@Suite(.serialized) struct GrantHandoverTests {
    private static let challenges = """
        {"challenges":[{"challengeId":"c","name":"C","description":"","goals":[
        {"goalId":"g","name":"G","description":"","type":"absolute","eventSource":"login","defaultAssigned":true,
         "requirement":{"statCode":"login","operator":">=","targetValue":1},
         "reward":{"type":"ITEM","rewardId":"sword","quantity":1},"prerequisites":[]}]}]}
        """

    /// A server on the program's log, which listens; killed with this.
    private final class Server {
        let process = Process()

        init(_ program: GoalpostProgram, _ directory: TemporaryDirectory) throws {
            let portFile = directory.path + "/port-\(UUID())"
            process.executableURL = Command.binaries.appending(path: "goalpost-ingest")
            process.arguments = ["--http", "127.0.0.1:0", "--port-file", portFile]
            process.environment = program.environment
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            let deadline = Date(timeIntervalSinceNow: 120)
            while !FileManager.default.fileExists(atPath: portFile) {
                guard process.isRunning, Date() < deadline else { throw POSIXError(.ETIMEDOUT) }
                Thread.sleep(forTimeInterval: 0.02)
            }
        }

        deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

        func end() -> Int32 {
            process.terminate()
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    @Test func `rewards are delivered and recorded under a running server, killed and run again`()
        async throws
    {
        let receiver = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { receiver.close() }
        let directory = try TemporaryDirectory()
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: [
                "GOALPOST_GRANT_URL": receiver.url, "GOALPOST_GRANT_CONCURRENCY": "2",
                "GOALPOST_GRANT_TIMEOUT_SECONDS": "1",
            ]
        )
        let (file, events) = (directory.path + "/challenges.json", directory.path + "/events.ndjson")
        try LocalVolume().atomicWrite(Array(Self.challenges.utf8), to: file)
        let lines = (0..<200).map { number in
            """
            {"id":"i\(number)","name":"userLoggedIn","namespace":"demo","timestamp":"2026-01-05T10:00:00Z",\
            "userId":"p\(number)"}
            {"id":"c\(number)","name":"rewardClaimRequested","namespace":"demo",\
            "timestamp":"2026-01-05T10:00:01Z","userId":"p\(number)","payload":{"challengeId":"c","goalId":"g"}}
            """
        }
        try LocalVolume().atomicWrite(Array((lines.joined(separator: "\n") + "\n").utf8), to: events)
        try program.succeed("init", "--challenges", file)
        let server = try Server(program, directory)
        try program.succeed("ingest", events)
        try program.succeed("run", "fold")
        var kills = 0
        for count in [3, 40, 80]
        where try program.kill(["run", "grant"], when: { receiver.requests.count >= count }) {
            kills += 1
        }
        #expect(kills > 0)
        // The leases of the killed runs, as if their time had passed.
        let session = Database(conninfo: program.environment["GOALPOST_DATABASE_URL"] ?? "").session("test")
        try await session.statement("UPDATE goalpost.reward_grant SET next_attempt_at = NULL")
        try program.succeed("run", "grant", "--overlap", "wait", "--timeout", "600")
        #expect(receiver.keys.count == 200)
        #expect(receiver.requests.count <= 200 + kills * 8)
        #expect(try program.succeed("grants", "ls").contains("0 pending, 200 delivered, 0 dead"))
        // The server is the writer still, and has recorded each delivery once.
        #expect(server.process.isRunning)
        let log = LogDirectory(volume: LocalVolume(), path: program.data + "/log/events")
        #expect(try log.end() == 600)
        #expect(server.end() == 0)
        try program.succeed("run", "fold")
        #expect(try program.run("verify").status == 0)
    }
}
