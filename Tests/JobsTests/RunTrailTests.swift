import Disk
import Foundation
import Jobs
import Settings
import StatusReport
import TestKit
import Testing

/// What a run tells others: status.json, metrics, pings; none of which may cost the run its work.
@Suite struct RunTrailTests {
    private static func failing(_ world: RunnerWorld, _ message: String) async {
        await #expect(throws: JobError.self) {
            try await world.run { _ in throw JobError(.badData, message) }
        }
    }

    @Test func `status is there after every run, also a failed one`() async throws {
        let world = try await RunnerWorld()
        try await world.run()
        let first = try world.status()
        #expect(first.version == 1 && first.program == "1.2.3" && first.problems == [])
        #expect(first.log?.end == 0 && first.publish == nil && first.fold == nil)
        #expect(first.database == DatabaseStatus(isUp: false, error: "the embedded PostgreSQL is stopped"))
        #expect(first.disk.map { $0.freeBytes > 0 && $0.freeBytes <= $0.totalBytes } == true)
        #expect(first.jobs.map(\.job) == JobName.allCases.map(\.rawValue))
        world.later(by: 60)
        await Self.failing(world, "broken")
        let second = try world.status()
        #expect(second.generatedAt == first.generatedAt.addingTimeInterval(60))
        #expect(second.jobs[0].lastRun?.error == "broken" && second.jobs[0].running == nil)
    }

    @Test func `a reader of the status never sees half of one`() async throws {
        let world = try await RunnerWorld()
        try await world.run()
        let isOver = Flag()
        async let reads: Int = {
            var count = 0
            let over = Task { await isOver.wait() }
            let end = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < end, count < 2000 {
                _ = try world.status()
                count += 1
            }
            over.cancel()
            return count
        }()
        for _ in 0..<40 { try await world.run() }
        isOver.set()
        #expect(try await reads > 0)
    }

    @Test func `metrics go into their directory whole, and one that is missing fails nothing`() async throws {
        let directory = try TemporaryDirectory()
        let world = try await RunnerWorld([.metricsDirectory: directory.path])
        try await world.run()
        await Self.failing(world, "x")
        let path = directory.path + "/goalpost.prom"
        let text = String(decoding: try LocalVolume().readFile(path, bytesMax: 1 << 20), as: UTF8.self)
        #expect(text.contains("goalpost_job_runs_total{job=\"fold\",outcome=\"failed\"} 1\n"))
        #expect(text.contains("goalpost_job_last_exit_code{job=\"fold\"} 65\n"))
        #expect(try LocalVolume().list(directory.path) == ["goalpost.prom"])

        let other = try await RunnerWorld([.metricsDirectory: directory.path + "/nowhere"])
        #expect(try await other.run() != nil)
        #expect(
            other.messages.all.contains { $0.contains("metrics are not written") && $0.contains("nowhere") }
        )
        #expect(try other.status().jobs[0].totals.done == 1)
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool"), "needs promtool"))
    func `promtool has nothing against the metrics`() async throws {
        let directory = try TemporaryDirectory()
        let world = try await RunnerWorld([.metricsDirectory: directory.path])
        try await world.run()
        let command = "promtool check metrics < \(directory.path)/goalpost.prom"
        let result = try Command.run("/bin/sh", ["-c", command])
        #expect(result.status == 0 && result.error.isEmpty && result.output.isEmpty, "\(result.error)")
    }

    @Test func `pings tell of start, success and failure with its message`() async throws {
        let receiver = try PingReceiver()
        defer { receiver.close() }
        let world = try await RunnerWorld([.pingURL: receiver.url + "/"])
        try await world.run()
        await Self.failing(world, "the log is damaged: Łódź")
        #expect(
            receiver.pings == [
                .init(method: "GET", path: "/secret-key/fold/start", body: ""),
                .init(method: "GET", path: "/secret-key/fold", body: ""),
                .init(method: "GET", path: "/secret-key/fold/start", body: ""),
                .init(method: "POST", path: "/secret-key/fold/fail", body: "the log is damaged: Łódź"),
            ]
        )
        _ = try await world.jobs().pause("fold", reason: "x", by: "u")
        #expect(try await world.run(overlap: .skip) == nil)
        #expect(receiver.pings.count == 4 && world.messages.all.isEmpty)
    }

    @Test func `pings that fail are warned of without their URL`() async throws {
        let refusing = try PingReceiver(status: 404)
        defer { refusing.close() }
        let gone = try PingReceiver()
        gone.close()
        for (url, reason) in [
            (refusing.url, "it answered with HTTP status 404"), (gone.url, "nobody listens there"),
            ("http://no-such-host.invalid/secret-key", "its host is not known"),
        ] {
            let world = try await RunnerWorld([.pingURL: url])
            #expect(try await world.run() != nil)
            #expect(world.messages.all.count == 2, "\(world.messages.all)")
            for line in world.messages.all {
                #expect(line.hasPrefix("warning no ping of the") && line.contains(reason), "\(line)")
                #expect(!line.contains("secret-key") && !line.contains("127.0.0.1"), "\(line)")
            }
        }
    }

    @Test func `a watchdog that never answers is given up after ten seconds`() async throws {
        let silent = try PingReceiver(status: 0)
        defer { silent.close() }
        let world = try await RunnerWorld([.pingURL: silent.url])
        try await world.run { _ in
            // The work itself does not wait for the ping, which would have been told of by now.
            #expect(world.messages.all == [])
            return RunnerWorld.Report()
        }
        #expect(world.messages.all.count == 2 && world.messages.all[0].contains("no answer within 10 s"))
    }

    @Test func `a ping address that is none is a mistake in the settings, not shown`() async throws {
        for url in ["secret-key", "ftp://h/secret-key", "http:///secret-key"] {
            let world = try await RunnerWorld([.pingURL: url])
            do {
                try await world.run()
                Issue.record("\(url) was taken")
            } catch {
                let failure = JobError(error)
                #expect(failure.status == .configuration && failure.message.contains("ping_url"))
                #expect(!failure.message.contains("secret-key"))
            }
        }
    }
}
