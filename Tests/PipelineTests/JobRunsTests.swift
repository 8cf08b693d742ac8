import Disk
import EventLog
import Foundation
import Jobs
import Postgres
import StatusReport
import TestKit
import Testing

/// Runs of the real program that meet each other, are watched, stopped, paused, and told of afterwards.
@Suite(.serialized) struct JobRunsTests {
    private let directory: TemporaryDirectory
    private let program: GoalpostProgram

    /// A log of 100,000 events, which this program folds in a hundred small batches.
    init() async throws {
        directory = try TemporaryDirectory()
        program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: ["GOALPOST_FOLD_BATCH_RECORDS": "1000"]
        )
        try program.succeed("init", "--challenges", RefusalTests.fixtures + "/challenges.json")
        try program.succeed("ingest", RefusalTests.fixtures + "/events.ndjson.zst")
    }

    private struct Late: Error {}

    /// Looks until `condition` holds, at most five minutes: other tests keep the machine busy.
    ///
    /// Blocks, on purpose: a task that suspends is resumed when it is its turn among all tests, and by then the fold
    /// that it wants to meet at work may have ended.
    private func wait(_ condition: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(300)
        while try !condition() {
            guard ContinuousClock.now < deadline else { throw Late() }
            // Only how often the condition is looked at, not what is waited for.
            Thread.sleep(forTimeInterval: 0.005)
        }
    }

    private struct Report: Decodable {
        struct Line: Decodable { let status: JobStatus }
        let jobs: [Line]
        let history: [RunRecord]
    }

    private func jobs(history: Int = 0) throws -> Report {
        let output = try program.succeed("jobs", "--json", "--history", "\(history)")
        return try StatusJSON.decode(Report.self, from: Array(output.utf8))
    }

    private func job(_ name: String) throws -> JobStatus? {
        try jobs().jobs.map(\.status).first { $0.job == name }
    }

    /// Waits until the fold has left its progress, then until it has committed something.
    private func begun() throws {
        let path = program.data + "/jobs/fold.running.json"
        try wait {
            guard try LocalVolume().exists(path) else { return false }
            let bytes = try LocalVolume().readFile(path, bytesMax: 1 << 20)
            return try StatusJSON.decode(RunningJob.self, from: bytes).count > 0
        }
    }

    @Test func `a long fold is watched from another process, and others meet it as they asked to`()
        async throws
    {
        let fold = try RunningProgram(program, "run", "fold")
        try begun()
        // All of this happens while the fold is at work.
        let seen = try #require(try job("fold"))
        #expect(seen.state == .running && seen.running?.unit == "records")
        #expect(seen.running?.percent.map { $0 > 0 && $0 < 100 } == true && seen.running?.etaSeconds != nil)
        #expect(try program.succeed("jobs").contains(/fold +running \d+ % [\d,]+ records\/s ETA \d+ s/))
        RefusalTests.expect(try program.run("run", "fold"), 75, "another fold is running", "goalpost jobs")
        let skipped = try program.run("run", "fold", "--overlap", "skip", "--quiet")
        #expect(skipped.status == 0 && skipped.output.isEmpty && skipped.error.isEmpty)
        RefusalTests.expect(
            try program.run("run", "fold", "--overlap", "wait", "--timeout", "1"),
            75,
            "another fold"
        )
        let waiting = try RunningProgram(program, "run", "fold", "--overlap", "wait", "--json")
        #expect(fold.isRunning, "the fold was too quick for this test")
        let first = try fold.end()
        #expect(first.status == 0, "\(first.error)")
        let second = try waiting.end()
        #expect(second.status == 0 && second.output.contains("\"nextOffset\":100000"), "\(second.error)")
        let ended = try #require(try job("fold"))
        #expect(ended.state == .idle && ended.running == nil)
        #expect(ended.totals.done == 2 && ended.totals.skipped == 3 && ended.totals.failed == 0)
    }

    @Test(arguments: [(SIGTERM, Int32(75), "SIGTERM"), (SIGINT, Int32(130), "Ctrl-C")])
    func `a signal ends a run between two batches, with its place in the history`(
        signal: Int32,
        status: Int32,
        word: String
    ) async throws {
        let fold = try RunningProgram(program, "run", "fold", "--quiet")
        try begun()
        fold.signal(signal)
        let ended = try fold.end()
        #expect(ended.status == status && ended.output.isEmpty)
        #expect(ended.error.hasPrefix("goalpost: stopped by \(word)"), "\(ended.error)")
        #expect(ended.error.split(separator: "\n").count == 1)
        let run = try #require(try jobs(history: 1).history.first)
        #expect(run.exitCode == status && run.isStored)
        // How far it got is known though it did not live to report it.
        let next = try #require(run.nextOffset)
        #expect(next > 0 && next < 100_000)
        try program.succeed("run", "fold")
        let after = try #require(try jobs(history: 1).history.first)
        #expect(after.fromOffset.map { $0 >= next } == true && after.nextOffset == 100_000)
    }

    @Test func `a run of which no word is left is told of by the next`() async throws {
        let fold = try RunningProgram(program, "run", "fold")
        try begun()
        fold.signal(SIGKILL)
        _ = try fold.end()
        #expect(try job("fold")?.state == .idle)
        try program.succeed("run", "fold", "--overlap", "skip")
        #expect(try jobs(history: 5).history.map(\.exitCode) == [0, 137])
    }

    @Test func `the time limit ends a fold, and the next one goes on`() async throws {
        let slow = GoalpostProgram(
            data: program.data,
            databaseURL: try #require(program.environment["GOALPOST_DATABASE_URL"]),
            extra: ["GOALPOST_FOLD_BATCH_RECORDS": "50"]
        )
        RefusalTests.expect(
            try slow.run("run", "fold", "--timeout", "1"),
            75,
            "time limit of 1 s",
            "goes on from there"
        )
        #expect(try program.succeed("run", "cycle", "--quiet", "--timeout", "600") == "")
        let history = try jobs(history: 9).history
        #expect(history.map(\.job) == ["publish", "fold", "fold"] && history.map(\.exitCode) == [0, 0, 75])
        #expect(history[0].nextOffset == 100_000 && history[0].fromOffset == nil)
        #expect(history[1].fromOffset.map { $0 > 0 } == true)
        #expect(try program.run("run", "fold", "--timeout", "0").status == 64)
    }

    @Test func `a pause holds the schedule, is told to people, and ends`() async throws {
        #expect(
            try program.succeed("jobs", "pause", "fold", "--reason", "disk swap")
                == "paused fold: disk swap\n"
        )
        let skipped = try program.run("run", "cycle", "--overlap", "skip", "--quiet")
        // The fold is passed over; publish, which needs its tables, says what is missing.
        #expect(skipped.status == 78 && skipped.error.contains("no Goalpost tables"))
        RefusalTests.expect(
            try program.run("run", "fold"),
            75,
            "is paused since",
            "disk swap",
            "jobs resume fold"
        )
        #expect(try program.succeed("jobs").contains("paused: disk swap"))
        #expect(try program.succeed("jobs", "resume", "fold") == "resumed fold\n")
        #expect(try program.succeed("jobs", "resume", "fold") == "nothing was paused\n")
        try program.succeed("run", "cycle")
        #expect(try program.run("jobs", "pause", "fould", "--reason", "x").status == 64)
        let history = try program.succeed("jobs", "--history", "3")
        #expect(history.contains(/publish +done .*– → 100,000/), "\(history)")
    }

    @Test func `history and status are told while PostgreSQL is away, and carried over when it is back`()
        async throws
    {
        let words = try #require(program.environment["GOALPOST_DATABASE_URL"]).split(separator: " ")
        let link = directory.path + "/socket"
        let server = String(words[0].dropFirst("host=".count))
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: server)
        let metrics = directory.path + "/metrics"
        try LocalVolume().makeDirectory(metrics, mode: 0o755)
        let behind = GoalpostProgram(
            data: program.data,
            databaseURL: "host=\(link) user=postgres \(words[2])",
            extra: ["GOALPOST_METRICS_DIR": metrics]
        )
        try behind.succeed("run", "cycle")
        let good = try SystemStatus(
            json: LocalVolume().readFile(program.data + "/status.json", bytesMax: 1 << 20)
        )
        #expect(good.fold?.partitions.count == 16 && good.fold?.lagRecords == 0 && good.database.isUp)
        #expect(good.publish?.offset == 100_000 && good.publish.map { $0.players > 0 } == true)
        #expect(good.publish?.templateBytes["initialize"].map { $0 > 100 } == true && good.problems == [])
        #expect(good.log?.end == 100_000 && good.log?.lastCommitAt != nil)

        try FileManager.default.removeItem(atPath: link)
        let quiet = try behind.run("run", "fold", "--overlap", "skip", "--quiet")
        RefusalTests.expect(quiet, 69)
        #expect(quiet.output.isEmpty && quiet.error.split(separator: "\n").count == 1, "\(quiet.error)")
        let told = try behind.succeed("jobs", "--history", "2")
        #expect(told.contains("failed (69)") && told.contains("not in job_run yet"))
        let away = try SystemStatus(
            json: LocalVolume().readFile(program.data + "/status.json", bytesMax: 1 << 20)
        )
        #expect(
            !away.database.isUp && away.fold?.asOf == good.fold?.asOf && away.generatedAt > good.generatedAt
        )
        let text = String(
            decoding: try LocalVolume().readFile(metrics + "/goalpost.prom", bytesMax: 1 << 20),
            as: UTF8.self
        )
        #expect(text.contains("goalpost_database_up 0\n"))
        #expect(text.contains("goalpost_job_last_exit_code{job=\"fold\"} 69\n"))

        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: server)
        try behind.succeed("run", "fold")
        let session = Database(conninfo: program.environment["GOALPOST_DATABASE_URL"] ?? "").session(
            "history"
        )
        let stored = try await session.readOnlySnapshot { transaction in
            var runs: [String] = []
            let sql = "SELECT job || ' ' || exit_code FROM goalpost.job_run ORDER BY started_at"
            try transaction.query(sql) { row in runs.append(try row.text(0)) }
            return runs
        }
        await session.close()
        #expect(stored == ["fold 0", "publish 0", "fold 69", "fold 0"])
        #expect(try jobs(history: 9).history.allSatisfy(\.isStored))
    }

    @Test func `log lines and the last word are JSON where that is asked for`() async throws {
        let chatty = GoalpostProgram(
            data: program.data,
            databaseURL: "host=\(directory.path) dbname=x",
            extra: ["GOALPOST_LOG_FORMAT": "json", "GOALPOST_PING_URL": "http://127.0.0.1:1/secret-key"]
        )
        let failed = try chatty.run("run", "fold")
        #expect(failed.status == 69)
        let lines = failed.error.split(separator: "\n")
        #expect(lines.count == 3, "\(failed.error)")
        for line in lines {
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                "\(line)"
            )
            for key in ["time", "level", "message"] { #expect(object[key] is String, "\(line)") }
        }
        #expect(lines.last?.contains("\"level\":\"error\"") == true)
        #expect(!failed.error.contains("secret-key"))
    }
}
