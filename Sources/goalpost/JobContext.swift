import EventLog
import Jobs
import Logging
import Settings

/// What a job runs with.
struct JobContext {
    let settings: Settings
    let access: LogAccess
    let database: Database
    let log: Logger

    /// Opens everything; the log first, so that a wrong data directory makes no database.
    init(_ common: CommonOptions) async throws {
        settings = try await common.settings()
        log = common.log(settings)
        access = LogAccess(settings)
        _ = try access.directory.identity()
        database = try await Database.open(settings, log: log)
    }

    /// The history that the job's run goes into.
    var history: RunHistory { RunHistory(database: database, version: Goalpost.version, log: log) }
}
