import Foundation
import StatusPages
import StatusReport

/// Statuses as jobs and a front leave them, made without any.
enum SampleStatus {
    static let now = Date(timeIntervalSince1970: 1_780_000_000)

    /// A Goalpost of `partitions` partitions that did its work up to half a minute ago.
    static func healthy(partitions: Int = 16) -> StatusView {
        var status = SystemStatus(
            generatedAt: now - 12,
            program: "0.4.0",
            host: "db-3.example",
            database: DatabaseStatus(isUp: true),
            jobs: [job("fold", seconds: 4), job("publish", seconds: 2.5), job("verify", seconds: 38)]
        )
        status.log = LogStatus(
            end: 52_431_008,
            first: 1_200_000,
            segments: 118,
            bytes: 1_934_220_113,
            lastCommitAt: now - 3,
            quarantineBytes: 2048
        )
        status.fold = FoldStatus(
            asOf: now - 12,
            lagRecords: 2710,
            lagSeconds: 41,
            partitions: (0..<partitions).map { number in
                FoldStatus.Partition(
                    partition: number,
                    watermark: 52_428_298 + UInt64(number * 97),
                    lagRecords: UInt64(max(0, 2710 - number * 97)),
                    sequence: 8800 + UInt64(number),
                    foldedAt: now - 20 - Double(number),
                    rows: 1_700_000 + UInt64(number * 37_113 % 140_000),
                    bytes: 310_000_000
                )
            }
        )
        status.disk = DiskStatus(freeBytes: 120_000_000_000, totalBytes: 500_000_000_000)
        return StatusView(now: now, status: status, store: store, problems: [])
    }

    /// All that can go wrong at once, with names that are no friends of HTML.
    static func troubled() -> StatusView {
        var view = healthy(partitions: 3)
        view.status?.generatedAt = now - 7200
        view.status?.host = "<script>alert(1)</script>"
        view.status?.database = DatabaseStatus(isUp: false, error: "connection refused & \"quoted\"")
        view.status?.problems = ["log: no space left on device"]
        var jobs = view.status?.jobs ?? []
        jobs[0].state = .running
        var running = RunningJob(
            run: "r",
            job: "fold",
            processID: 1,
            host: "h",
            startedAt: now - 75
        )
        (running.percent, running.ratePerSecond, running.unit) = (43.4, 128_000, "records")
        running.etaSeconds = 99
        jobs[0].running = running
        jobs[1].state = .paused
        jobs[1].paused = JobPause(reason: "moving <b>disks</b>", by: "ana@ops", since: now - 600)
        jobs[2].lastRun?.exitCode = 75
        jobs[2].lastRun?.error = "PostgreSQL is away"
        jobs[2].lastSuccessAt = now - 90_000
        jobs[2].gapLimitSeconds = 86_400
        view.status?.jobs = jobs
        view.store?.isFullPublishPending = true
        view.problems = ["status.json: Permission denied"]
        return view
    }

    static let nothing = StatusView(now: now, status: nil, store: nil, problems: [])

    private static var store: ShownStore {
        ShownStore(
            day: "2026-05-28",
            publishedAt: now - 26,
            offset: 52_428_298,
            foldedAt: now - 35,
            players: 1_012_404,
            usedBytes: 7_430_000_000,
            mapBytes: 64 << 30,
            readerSlots: 6,
            isFullPublishPending: false,
            templates: [
                ShownStore.Template(
                    kind: "initialize",
                    id: String(repeating: "a7", count: 32),
                    bytes: 225_318
                ),
                ShownStore.Template(
                    kind: "challenges",
                    id: String(repeating: "0c", count: 32),
                    bytes: 231_902
                ),
            ]
        )
    }

    private static func job(_ name: String, seconds: Double) -> JobStatus {
        var job = JobStatus(job: name, gapLimitSeconds: 300)
        var runs: [RecentRun] = []
        for number in 0..<48 {
            let wave: Double = 1 + 0.6 * sin(Double(number))
            let isFailed = name == "fold" && number % 17 == 9
            let age = Double((48 - number) * 60)
            runs.append(
                RecentRun(startedAt: now - age, seconds: seconds * wave, exitCode: isFailed ? 75 : 0)
            )
        }
        job.recentRuns = runs
        job.totals.done = 8812
        job.totals.failed = name == "fold" ? 3 : 0
        job.totals.skipped = 41
        job.lastSuccessAt = now - 20
        job.lastRun = RunRecord(
            run: "r",
            job: name,
            startedAt: now - 20 - seconds,
            endedAt: now - 20,
            exitCode: 0,
            host: "db-3.example",
            version: "0.4.0"
        )
        return job
    }
}
