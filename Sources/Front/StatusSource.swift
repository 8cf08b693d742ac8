import BlockingLane
import Foundation
import NIOCore
import PayloadStore
import StatusPages
import StatusReport

/// Makes the status page: reads the jobs' file and the store on a thread of its own, one request after the other.
///
/// What cannot be read is said on the page, which always comes.
actor StatusSource {
    private let lane = BlockingLane(label: "goalpost.front.status")
    private let path: String?
    private let answerers: FrontAnswerers
    private let clock: @Sendable () -> Int64

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

    /// `path` is that of `status.json`, `clock` in milliseconds since 1970.
    init(path: String?, answerers: FrontAnswerers, clock: @escaping @Sendable () -> Int64) {
        self.path = path
        self.answerers = answerers
        self.clock = clock
    }

    /// The page, or the same as JSON.
    func response(isJSON: Bool) throws -> FrontResponse {
        var problems: [String] = []
        var status = status(&problems)
        if let jobs = status?.jobs { status?.jobs = jobs.map(live) }
        let view = StatusView(
            now: Self.date(clock()),
            status: status,
            store: answerers.withAnswerer { $0.storeView() },
            problems: problems
        )
        return FrontResponse(
            status: 200,
            fields: [
                .init("Content-Type", isJSON ? "application/json" : "text/html; charset=utf-8"),
                .init("Cache-Control", "no-store"), .init("X-Content-Type-Options", "nosniff"),
                .init("Referrer-Policy", "no-referrer"),
                .init(
                    "Content-Security-Policy",
                    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
                ),
            ],
            content: ByteBuffer(bytes: isJSON ? try view.json() : StatusPage.render(view))
        )
    }

    private func status(_ problems: inout [String]) -> SystemStatus? {
        guard let path else { return nil }
        let name = SystemStatus.fileName
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.read(path, bytesMax: SystemStatus.bytesMax)
        } catch {
            switch error {
            // Before the first run of a job: no failure, and the page says so.
            case .absent: break
            case .tooLarge: problems.append("\(name) has more than \(SystemStatus.bytesMax) bytes")
            case .unreadable(let reason): problems.append("\(name): \(reason)")
            }
            return nil
        }
        do {
            let status = try SystemStatus(json: bytes)
            guard status.version <= SystemStatus.versionKnown else {
                problems.append(
                    "\(name) is of version \(status.version), this front knows \(SystemStatus.versionKnown): "
                        + "bring it up to date"
                )
                return nil
            }
            return status
        } catch {
            problems.append("\(name) is no status; the next run of a job writes it anew")
            return nil
        }
    }

    /// A job as its own file says while it runs; the status is written when runs end.
    ///
    /// A file that was not renewed for `runningSecondsMax` is that of a process that died.
    private func live(_ job: JobStatus) -> JobStatus {
        // A name from a file is looked up as one only where it is one.
        guard let path, !job.job.isEmpty, job.job.utf8.allSatisfy({ $0 >= 97 && $0 <= 122 }) else {
            return job
        }
        let directory = String(path.dropLast(SystemStatus.fileName.utf8.count))
        let running: RunningJob
        do {
            let bytes = try BoundedFile.read(
                directory + "jobs/\(job.job).running.json",
                bytesMax: Self.runningBytesMax
            )
            running = try StatusJSON.decode(RunningJob.self, from: bytes)
        } catch {
            // Nothing runs, or the file was being replaced: the next look finds it.
            return job
        }
        guard Self.date(clock()).timeIntervalSince(running.updatedAt) <= Self.runningSecondsMax,
            running.run != job.lastRun?.run
        else { return job }
        var job = job
        (job.state, job.running) = (.running, running)
        return job
    }

    private static let runningBytesMax = 1 << 16
    private static let runningSecondsMax: Double = 120

    static func date(_ milliseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
