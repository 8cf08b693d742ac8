import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Logging
import Postgres
import Settings
import StatusReport
import Synchronization
import TestKit

/// A data directory with an empty log, and runs of jobs that do what a test says.
final class RunnerWorld: Sendable {
    /// A job's report with one figure.
    struct Report: JobSummary {
        var records = 0
        var offsets: (from: UInt64?, next: UInt64?) { (1, UInt64(records)) }

        /// Left out where there is none.
        var text: String?

        private enum CodingKeys: CodingKey { case records, text }
    }

    private let directory: TemporaryDirectory
    let settings: Settings
    let access: LogAccess
    let messages = Messages()
    /// What the clock says, in seconds since 1970.
    let clock = Mutex<Int64>(1_767_607_200)

    /// `databaseURL` nil is an embedded PostgreSQL that nobody has started.
    init(databaseURL: String? = nil, _ options: [SettingName: String] = [:]) async throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        var all = options.mapValues { (option: "test", text: $0) }
        all[.namespace] = ("test", "demo")
        if let databaseURL { all[.databaseURL] = ("test", databaseURL) }
        settings = try await Settings.load(data: directory.path, options: all, environment: [:])
        access = LogAccess(settings)
        try LogDirectory.create(
            volume: access.volume,
            path: access.directory.path,
            makeUUID: { UUID().uuidString }
        )
    }

    var path: String { settings.data }

    func later(by seconds: Int64) { clock.withLock { $0 += seconds } }

    private func runner(_ policy: RunPolicy) throws -> JobRunner {
        try JobRunner(
            settings: settings,
            access: access,
            policy: policy,
            version: "1.2.3",
            log: Logger(label: "test") { _ in messages },
            now: { [self] in Timestamp(microseconds: clock.withLock { $0 } * 1_000_000) }
        )
    }

    @discardableResult
    func run(
        _ job: JobName = .fold,
        overlap: RunPolicy.Overlap = .fail,
        timeout: Duration? = nil,
        _ body: @escaping @Sendable (ActiveRun) async throws -> Report = { _ in Report(records: 5) }
    ) async throws -> Report? {
        try await runner(RunPolicy(overlap: overlap, timeout: timeout)).run(job, body)
    }

    /// A run that needs the database, as most do.
    @discardableResult
    func runWithDatabase(_ job: JobName = .fold, records: Int) async throws -> Report? {
        try await run(job) { run in
            try await run.database().session("test").transaction { _ = try $0.execute("SELECT 1") }
            return Report(records: records)
        }
    }

    func jobs() -> JobsJob {
        JobsJob(
            settings: settings,
            access: access,
            version: "1.2.3",
            now: { [self] in Timestamp(microseconds: clock.withLock { $0 } * 1_000_000) }
        )
    }

    func job(_ name: JobName) async throws -> JobStatus? {
        try await jobs().run().jobs.map(\.status).first { $0.job == name.rawValue }
    }

    func history() async throws -> [RunRecord] { try await jobs().run(history: 1).history }

    func status() throws -> SystemStatus {
        try SystemStatus(json: try bytes(SystemStatus.fileName))
    }

    func bytes(_ name: String) throws -> [UInt8] {
        try LocalVolume().readFile(path + "/" + name, bytesMax: 1 << 24)
    }

    /// Puts a file in place as another program would.
    func write(_ text: String, _ name: String) throws {
        try LocalVolume().makeDirectory(path + "/jobs", mode: 0o755)
        try LocalVolume().atomicWrite(Array(text.utf8), to: path + "/" + name)
    }
}

/// A log that remembers what it was told.
struct Messages: LogHandler {
    private final class Kept: Sendable {
        let lines = Mutex<[String]>([])
    }

    private let kept = Kept()
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let reason = event.metadata?["reason"].map { ": \($0)" } ?? ""
        kept.lines.withLock { $0.append("\(event.level) \(event.message)\(reason)") }
    }

    var all: [String] { kept.lines.withLock { $0 } }
}
