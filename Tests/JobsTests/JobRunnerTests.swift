import Disk
import EventLog
import Foundation
import Jobs
import Settings
import StatusReport
import Synchronization
import TestKit
import Testing

/// When a run begins, when it ends, and what it leaves in the data directory.
@Suite struct JobRunnerTests {
    private static func failure(_ body: () async throws -> Void) async -> JobError? {
        do {
            try await body()
            return nil
        } catch {
            return JobError(error)
        }
    }

    @Test func `a run leaves its outcome, a failed one its message`() async throws {
        let world = try await RunnerWorld()
        #expect(try await world.run()?.records == 5)
        world.later(by: 60)
        let failed = await Self.failure {
            try await world.run { run in
                run.progress.note(from: 5, next: 7)
                throw JobError(.badData, "the log is damaged")
            }
        }
        #expect(failed?.status == .badData)
        let runs = try await world.jobs().run(history: 10).history
        #expect(runs.map(\.exitCode) == [65, 0] && runs.allSatisfy { $0.version == "1.2.3" && !$0.isStored })
        #expect(runs[0].error == "the log is damaged" && runs[0].fromOffset == 5 && runs[0].nextOffset == 7)
        #expect(runs[1].counts == .object(["records": .integer(5)]))
        #expect(runs[1].fromOffset == 1 && runs[1].nextOffset == 5)
        let fold = try #require(try await world.job(.fold))
        #expect(fold.totals.done == 1 && fold.totals.failed == 1 && fold.state == .idle)
        #expect(fold.lastRun == runs[0] && fold.lastSuccessAt == runs[1].endedAt)
        #expect(fold.lastReport == runs[1])
    }

    @Test func `a paused job is skipped by the schedule and refused by hand, with the reason`() async throws {
        let world = try await RunnerWorld()
        #expect(try await world.jobs().pause("fold", reason: "disk swap", by: "ann@db1") == [.fold])
        #expect(try await world.run(overlap: .skip) == nil)
        for overlap in [RunPolicy.Overlap.fail, .wait] {
            let failed = await Self.failure { try await world.run(overlap: overlap) }
            #expect(failed?.status == .tryAgain)
            for word in ["ann@db1", "disk swap", "2026-01-05T10:00:00.000Z", "goalpost jobs resume fold"] {
                #expect(failed?.message.contains(word) == true, "\(failed?.message ?? "")")
            }
        }
        // Others are not concerned.
        #expect(try await world.run(.publish) != nil)
        let fold = try #require(try await world.job(.fold))
        #expect(fold.state == .paused && fold.totals.skipped == 3 && fold.lastRun == nil)
        #expect(try await world.jobs().resume("all") == [.fold])
        #expect(try await world.jobs().resume("all") == [])
        #expect(try await world.run(overlap: .skip) != nil)
        #expect(
            await Self.failure { _ = try await world.jobs().pause("fould", reason: "x", by: "u") }?.status
                == .usage
        )
        #expect(
            await Self.failure { _ = try await world.jobs().pause("all", reason: "", by: "u") }?.status
                == .usage
        )
        #expect(try await world.jobs().pause("all", reason: "x", by: "u").count == JobName.allCases.count)
    }

    @Test func `while a run is at work another fails, is skipped, or waits for it`() async throws {
        let world = try await RunnerWorld()
        let (begun, isOver) = (Flag(), Flag())
        async let first = world.run { _ in
            begun.set()
            await isOver.wait()
            return RunnerWorld.Report(records: 1)
        }
        await begun.wait()
        let failed = await Self.failure { try await world.run() }
        #expect(failed?.status == .tryAgain && failed?.message.contains("process \(getpid())") == true)
        #expect(try await world.run(overlap: .skip) == nil)
        let late = await Self.failure { try await world.run(overlap: .wait, timeout: .milliseconds(200)) }
        #expect(late?.status == .tryAgain)
        async let waiting = world.run(overlap: .wait) { _ in RunnerWorld.Report(records: 2) }
        #expect(try await world.job(.fold)?.state == .running)
        isOver.set()
        #expect(try await first?.records == 1)
        #expect(try await waiting?.records == 2)
        let fold = try #require(try await world.job(.fold))
        #expect(fold.totals.done == 2 && fold.totals.skipped == 3 && fold.state == .idle)
    }

    @Test func `a run elsewhere that is at it is passed over or waited for too`() async throws {
        let world = try await RunnerWorld()
        let busy: @Sendable (ActiveRun) throws -> RunnerWorld.Report = { _ in
            throw JobError(.tryAgain, "another fold is running on this database", isOverlap: true)
        }
        #expect(try await world.run(.fold, overlap: .skip, busy) == nil)
        #expect(await Self.failure { try await world.run(.fold, busy) }?.status == .tryAgain)
        let tries = Mutex(0)
        let waited = try await world.run(overlap: .wait) { run in
            if tries.withLock({
                $0 += 1; return $0
            }) < 3 {
                return try busy(run)
            }
            return RunnerWorld.Report(records: 3)
        }
        #expect(waited?.records == 3)
        let fold = try #require(try await world.job(.fold))
        #expect(fold.totals.done == 1 && fold.totals.failed == 1 && fold.totals.skipped == 1)
    }

    @Test func `the time limit ends a run between two batches, and says so`() async throws {
        let world = try await RunnerWorld()
        let batches = Mutex(0)
        let failed = await Self.failure {
            try await world.run(timeout: .seconds(1)) { _ in
                while true {
                    try Task.checkCancellation()
                    batches.withLock { $0 += 1 }
                    await Task.yield()
                }
            }
        }
        #expect(
            failed?.status == .tryAgain
                && failed?.message.hasPrefix("stopped at its time limit of 1 s") == true
        )
        #expect(batches.withLock { $0 } > 0)
        #expect(try await world.job(.fold)?.lastRun?.exitCode == 75)
        // One that ends in time is not touched.
        #expect(try await world.run(timeout: .seconds(60)) != nil)
    }

    @Test func `a cancelled run leaves its trail all the same`() async throws {
        let world = try await RunnerWorld()
        let begun = Flag()
        let task = Task {
            try await world.run { _ in
                begun.set()
                while true {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
        }
        await begun.wait()
        task.cancel()
        #expect(await Self.failure { _ = try await task.value }?.status == .tryAgain)
        #expect(try await world.job(.fold)?.lastRun?.error?.hasPrefix("cancelled") == true)
        #expect(try world.status().jobs.first?.lastRun?.exitCode == 75)
    }

    @Test func `missed runs are warned of once, and kept with the run that does their work`() async throws {
        let world = try await RunnerWorld([.jobGapSeconds: "900"])
        try await world.run()
        world.later(by: 900)
        try await world.run()
        #expect(world.messages.all.isEmpty)
        world.later(by: 901)
        #expect(try await world.jobs().run().jobs[0].overdueSeconds == 901)
        try await world.run()
        let warning = "warning no good run of fold for 901 s: this one does the work of all that were missed"
        #expect(world.messages.all == [warning])
        world.later(by: 60)
        try await world.run()
        #expect(world.messages.all == [warning])
        let report = try await world.jobs().run(history: 2)
        #expect(report.history[1].gapSeconds == 901 && report.history[0].gapSeconds == nil)
        #expect(report.jobs[0].gaps == 1 && report.jobs[0].gapSecondsMax == 901)
        #expect(report.jobs[0].overdueSeconds == nil)
        // A job without a limit is never late.
        try await world.run(.compact)
        world.later(by: 86_400)
        try await world.run(.compact)
        #expect(world.messages.all == [warning])
    }

    @Test func `a run whose process died is in the history once the job runs again`() async throws {
        let world = try await RunnerWorld()
        var left = RunningJob(
            run: "11111111-1111-1111-1111-111111111111",
            job: "fold",
            processID: 4242,
            host: "h",
            startedAt: Date(timeIntervalSince1970: 1_767_600_000)
        )
        left.updatedAt = left.startedAt.addingTimeInterval(10)
        try world.write(
            String(decoding: try StatusJSON.encode(left), as: UTF8.self),
            "jobs/fold.running.json"
        )
        // Its lock is free, so nobody takes it for a run at work.
        #expect(try await world.job(.fold)?.state == .idle)
        try await world.run()
        let runs = try await world.jobs().run(history: 9).history
        #expect(runs.map(\.exitCode) == [0, 137] && runs[1].run == left.run && runs[1].seconds == 10)
        #expect(runs[1].error?.contains("process 4242") == true)
        #expect(try await world.job(.fold)?.totals.failed == 1)
        #expect(try !LocalVolume().exists(world.path + "/jobs/fold.running.json"))
    }

    @Test func `progress is in the run's file at most once a second`() async throws {
        let world = try await RunnerWorld()
        try await world.run { run in
            let path = world.path + "/jobs/fold.running.json"
            func seen() throws -> RunningJob {
                try StatusJSON.decode(RunningJob.self, from: LocalVolume().readFile(path, bytesMax: 1 << 20))
            }
            #expect(try seen().processID == getpid() && seen().percent == nil)
            run.progress.show(done: 1, total: 4, count: 100, unit: "records")
            #expect(try seen().percent == 25 && seen().count == 100 && seen().unit == "records")
            run.progress.show(done: 2, total: 4, count: 200, unit: "records")
            #expect(try seen().count == 100)
            let shown = try await world.job(.fold)
            #expect(shown?.state == .running && shown?.running?.percent == 25)
            return RunnerWorld.Report()
        }
        #expect(try await world.job(.fold)?.running == nil)
    }

    @Test func `the history in the data directory is bounded and outlives a torn line`() async throws {
        let world = try await RunnerWorld()
        let lines = try (0..<1005).map { number in
            var run = RunRecord(
                run: "old-\(number)",
                job: "publish",
                startedAt: Date(timeIntervalSince1970: 1_767_500_000 + Double(number)),
                endedAt: Date(timeIntervalSince1970: 1_767_500_000 + Double(number)),
                exitCode: 0,
                host: "h",
                version: "1"
            )
            run.isStored = true
            return String(decoding: try StatusJSON.encode(run), as: UTF8.self)
        }
        try world.write(lines.joined(separator: "\n") + "\n{\"run\":\"to", "jobs/history.ndjson")
        let huge = String(repeating: "x", count: 10_000)
        #expect(await Self.failure { try await world.run { _ in throw JobError(.software, huge) } } != nil)
        let kept = try world.bytes("jobs/history.ndjson").split(separator: UInt8(ascii: "\n"))
        #expect(kept.count == 1000 && kept.last.map { $0.count < 5000 } == true)
        let report = try await world.jobs().run(history: 1000)
        #expect(report.history.first?.job == "fold" && report.history.last?.run == "old-6")
        // The totals of a job do not go with its runs.
        #expect(try await world.job(.fold)?.totals.failed == 1)
    }

    @Test func `a directory without a log gets nothing`() async throws {
        let world = try await RunnerWorld()
        try LocalVolume().remove(world.access.directory.path + "/stream.json")
        #expect(await Self.failure { try await world.run() }?.status == .noInput)
        #expect(try !LocalVolume().exists(world.path + "/jobs"))
    }
}

/// Something that happens once, and that others wait for.
final class Flag: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func set() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}
