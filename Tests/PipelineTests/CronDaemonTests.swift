import Foundation
import StatusReport
import TestKit
import Testing

/// The newcomer's story, minute by minute, through a real cron daemon.
@Suite(.serialized) struct CronDaemonTests {
    private struct Late: Error, CustomStringConvertible {
        let description: String
    }

    /// Looks until `condition` holds; cron needs up to a minute to begin, so most take two at the worst.
    private static func wait(
        _ what: String,
        seconds: Int = 150,
        _ condition: () throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try !condition() {
            guard ContinuousClock.now < deadline else { throw Late(description: what) }
            // Only how often the condition is looked at, not what is waited for.
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private struct Report: Decodable {
        let history: [RunRecord]
    }

    /// The minute's runs so far, oldest first; the upkeep that is due now and then is not this story's.
    private static func runs(_ world: CronWorld, _ goalpost: String) throws -> [RunRecord] {
        let output = try world.run("\(goalpost) jobs --json --history 100 --data \(world.home)/data")
        return try StatusJSON.decode(Report.self, from: Array(output.utf8)).history.reversed()
            .filter { ["fold", "publish"].contains($0.job) }
    }

    /// What cron has mailed of the minute's runs.
    private static func mails(_ world: CronWorld) throws -> [String] {
        try world.mails().filter { $0.contains("/jobs/cycle'") }
    }

    /// Events arrive all the time, PostgreSQL is away for a minute; nobody does anything but start it again.
    ///
    /// The server is one that `database_url` names, so that no job may start it: the embedded one would be running
    /// again at the next minute. The daemon's day is the next one already for most of the UTC day.
    @Test(
        .enabled(if: geteuid() == 0, "only root can give a cron daemon namespaces of its own"),
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/sbin/cron"), "no cron is installed"),
        .timeLimit(.minutes(30))
    )
    func `everything catches up after a minute without PostgreSQL, and the jobs tell the story`() async throws
    {
        let world = try CronWorld()
        let goalpost = "'\(ScheduleProgram.binaries)/goalpost'"
        let (data, server) = (world.home + "/data", world.home + "/server")
        let fixtures = ScheduleProgram.root + "fixtures/demo"
        let piece = 10_000
        try world.run("zstdcat \(fixtures)/events.ndjson.zst | split -l \(piece) - \(world.home)/piece.")
        try world.run("\(goalpost) db start --data \(server)")
        let url = try world.run("\(goalpost) db url --data \(server)")
        try world.run(
            "\(goalpost) init --data \(data) --challenges \(fixtures)/challenges.json --namespace demo"
        )
        try world.run("echo 'database_url: \(url.trimmingCharacters(in: .newlines))' >>\(data)/goalpost.yaml")
        try world.run("echo '# a line of mine' | crontab -")
        try world.run(
            "\(ScheduleProgram.root)jobs/install-cron --user --data \(data) --bin '\(ScheduleProgram.binaries)'"
        )
        #expect(try world.run("crontab -l").hasPrefix("# a line of mine\n# BEGIN Goalpost"))

        var pieces = try FileManager.default.contentsOfDirectory(atPath: world.home)
            .filter { $0.hasPrefix("piece.") }.sorted()
        var fed: UInt64 = 0
        func feed() throws {
            try world.run("\(goalpost) ingest --data \(data) \(world.home)/\(pieces.removeFirst())")
            fed += UInt64(piece)
        }
        func published() throws -> UInt64 {
            try Self.runs(world, goalpost).last { $0.job == "publish" && $0.isGood }?.nextOffset ?? 0
        }
        try feed()
        try world.startCron(timeZone: "Pacific/Kiritimati")
        try await Self.wait("the first events are published") { try published() == fed }
        try feed()
        try await Self.wait("the next minute's too") { try published() == fed }
        #expect(try Self.mails(world).isEmpty)
        let before = try Self.runs(world, goalpost)
        #expect(before.allSatisfy { $0.isGood })

        try world.run("\(goalpost) db stop --data \(server)")
        let stopped = ContinuousClock.now
        try await Self.wait("a minute without PostgreSQL is over, and was mailed of") {
            if pieces.count > 2 { try feed() }
            return try ContinuousClock.now - stopped > .seconds(60) && !Self.mails(world).isEmpty
        }
        #expect(try published() < fed)
        try world.run("\(goalpost) db start --data \(server)")
        while !pieces.isEmpty { try feed() }
        try await Self.wait("all is published") { try published() == fed }
        #expect(fed == 100_000)
        try Self.expectStory(try Self.runs(world, goalpost), after: before.count, fed: fed)

        let status = try world.run("\(goalpost) status --json --data \(data)")
        #expect(status.contains("\"lagRecords\":0") && status.contains("\"publishedOffset\":\(fed)"))
        let told = try world.run("\(goalpost) jobs --history 100 --data \(data)")
        #expect(told.contains("failed (69)") && told.contains(/publish +idle/))

        // One mail a failed minute, each one paragraph that says what is wrong; none for all the others.
        let failed = try Self.runs(world, goalpost).filter { !$0.isGood }
        let mails = try Self.mails(world)
        #expect(!mails.isEmpty && mails.count == failed.count)
        for mail in mails {
            #expect(mail.contains("\nTo: \(CronWorld.user)\n"))
            let body = try #require(mail.firstRange(of: "\n\n").map { mail[$0.upperBound...] })
            #expect(body.hasPrefix("goalpost: ") && body.split(separator: "\n").count == 1, "\(body)")
        }

        // Taken out again, the crontab is what it was.
        try world.run("\(ScheduleProgram.root)jobs/install-cron --user --remove --data \(data)")
        #expect(try world.run("crontab -l") == "# a line of mine\n")
        try world.run("\(goalpost) db stop --data \(server)")
    }

    /// Good runs, then failed ones, then good ones to the end; each went on where the last good one ended, and all of
    /// them are in the database's table, the failed ones too.
    private static func expectStory(_ runs: [RunRecord], after before: Int, fed: UInt64) throws {
        let failed = runs.indices.filter { !runs[$0].isGood }
        let (first, last) = (try #require(failed.first), try #require(failed.last))
        #expect(first >= before && runs[first...last].allSatisfy { !$0.isGood && $0.exitCode == 69 })
        #expect(runs[first...last].allSatisfy { $0.error?.isEmpty == false })
        var next: UInt64 = 0
        for fold in runs where fold.job == "fold" && fold.isGood {
            #expect((fold.fromOffset ?? 0) == next)
            next = fold.nextOffset ?? 0
        }
        #expect(next == fed)
        #expect(runs.allSatisfy { $0.isStored })
    }
}
