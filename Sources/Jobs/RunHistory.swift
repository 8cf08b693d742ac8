import Foundation
package import Goals
package import Logging
import Tables

/// Leaves a row in `job_run` for every run, whatever became of it.
package struct RunHistory: Sendable {
    private let database: Database
    private let version: String
    private let log: Logger
    private let now: @Sendable () -> Timestamp

    /// `version` is the program's.
    package init(
        database: Database,
        version: String,
        log: Logger,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.database = database
        self.version = version
        self.log = log
        self.now = now
    }

    /// Runs `body` and notes its outcome; its error is rethrown.
    ///
    /// A history that cannot be written is logged and fails nothing: the run's work is what counts.
    package func recording<Summary: Encodable>(
        _ job: String,
        offsets: (Summary) -> (from: UInt64?, next: UInt64?),
        _ body: () async throws -> Summary
    ) async throws -> Summary {
        let startedAt = now()
        do {
            let summary = try await body()
            let (from, next) = offsets(summary)
            let counts = String(decoding: try JSONEncoder().encode(summary), as: UTF8.self)
            await note(job, startedAt, .done, nil, from, next, counts)
            return summary
        } catch {
            let failure = JobError(error)
            await note(job, startedAt, failure.status, failure.message, nil, nil, nil)
            throw error
        }
    }

    private func note(
        _ job: String,
        _ startedAt: Timestamp,
        _ status: ExitStatus,
        _ message: String?,
        _ from: UInt64?,
        _ next: UInt64?,
        _ counts: String?
    ) async {
        let run = JobRun(
            job: job,
            startedAt: startedAt,
            endedAt: now(),
            exitCode: status.rawValue,
            error: message,
            fromOffset: from,
            nextOffset: next,
            counts: counts,
            host: ProcessInfo.processInfo.hostName,
            version: version
        )
        do {
            try await JobRunTable(session: database.session("history")).add(run)
        } catch {
            log.warning("the run is not in the history", metadata: ["reason": "\(JobError(error).message)"])
        }
    }
}
