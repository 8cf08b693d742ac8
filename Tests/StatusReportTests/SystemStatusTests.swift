import Foundation
import StatusReport
import Testing

/// The form of status.json, which readers of other programs rely on.
@Suite struct SystemStatusTests {
    static let time = Date(timeIntervalSince1970: 1_767_607_200.25)

    /// A status with every part.
    static var whole: SystemStatus {
        var status = SystemStatus(generatedAt: time, program: "1.2.3", host: "h")
        status.log = LogStatus(
            end: 10,
            first: 2,
            segments: 1,
            bytes: 300,
            lastCommitAt: time,
            quarantineBytes: 4
        )
        status.database = DatabaseStatus(isUp: true)
        status.fold = FoldStatus(
            asOf: time,
            lagRecords: 3,
            lagSeconds: 1.5,
            partitions: [.init(partition: 0, watermark: 7, lagRecords: 3, sequence: 5, foldedAt: time)]
        )
        status.publish = PublishStatus(
            day: "2026-01-05",
            offset: 7,
            publishedAt: time,
            players: 9,
            payloadBytes: 4096,
            templateBytes: ["initialize": 225],
            isFullPublishPending: false
        )
        status.disk = DiskStatus(freeBytes: 5, totalBytes: 6)
        var run = RunRecord(
            run: "u",
            job: "verify",
            startedAt: time,
            endedAt: time.addingTimeInterval(2),
            exitCode: 1,
            host: "h",
            version: "1.2.3"
        )
        run.error = "drift"
        run.counts = .object(["driftRows": .integer(12)])
        var verify = JobStatus(job: "verify", gapLimitSeconds: nil)
        verify.lastRun = run
        verify.lastReport = run
        verify.totals.failed = 1
        var fold = JobStatus(job: "fold", gapLimitSeconds: 900)
        fold.state = .paused
        fold.paused = JobPause(reason: "r", by: "u@h", since: time)
        fold.lastSuccessAt = time
        var publish = JobStatus(job: "publish", gapLimitSeconds: 900)
        publish.state = .running
        publish.running = RunningJob(run: "v", job: "publish", processID: 1, host: "h", startedAt: time)
        status.jobs = [fold, publish, verify]
        return status
    }

    @Test func `what is written is read again`() throws {
        let status = Self.whole
        #expect(try SystemStatus(json: status.json()) == status)
    }

    @Test func `the names and forms of the file stay`() throws {
        var status = SystemStatus(generatedAt: Self.time, program: "1.2.3", host: "h")
        status.disk = DiskStatus(freeBytes: 5, totalBytes: 6)
        status.log = Self.whole.log
        let text = String(decoding: try status.json(), as: UTF8.self)
        #expect(
            text
                == #"{"database":{"isUp":false},"disk":{"freeBytes":5,"totalBytes":6},"#
                + #""generatedAt":"2026-01-05T10:00:00.250Z","host":"h","jobs":[],"#
                + #""log":{"bytes":300,"end":10,"first":2,"lastCommitAt":"2026-01-05T10:00:00.250Z","#
                + #""quarantineBytes":4,"segments":1},"problems":[],"program":"1.2.3","version":1}"#
        )
    }

    @Test func `bytes of something else are refused`() {
        for text in ["", "{}", "[]", "{\"version\":1}"] {
            #expect(throws: (any Error).self) { try SystemStatus(json: Array(text.utf8)) }
        }
    }

    @Test func `any JSON passes through unchanged`() throws {
        let text = #"{"a":[1,-2,3.5,true,null,"x\ny"],"b":{"c":9007199254740993}}"#
        let value = try StatusJSON.decode(JSONValue.self, from: Array(text.utf8))
        #expect(String(decoding: try StatusJSON.encode(value), as: UTF8.self) == text)
        #expect(value["b"]?["c"] == .integer(9_007_199_254_740_993))
        #expect(value["a"] != nil && value["d"] == nil && value["b"]?["c"]?.double != nil)
    }

    @Test func `a job is overdue only behind its limit`() {
        var job = JobStatus(job: "fold", gapLimitSeconds: 60)
        #expect(job.overdueSeconds(at: Self.time) == nil)
        job.lastSuccessAt = Self.time
        #expect(job.overdueSeconds(at: Self.time.addingTimeInterval(60)) == nil)
        #expect(job.overdueSeconds(at: Self.time.addingTimeInterval(61)) == 61)
    }

    @Test func `a time that was read is written as it was`() throws {
        for millisecond in 0..<1000 {
            let digits = String(1000 + millisecond).dropFirst()
            let text = "\"2026-11-24T15:25:19.\(digits)Z\""
            let date = try StatusJSON.decode(Date.self, from: Array(text.utf8))
            #expect("\"\(StatusJSON.text(date))\"" == text)
        }
    }
}
