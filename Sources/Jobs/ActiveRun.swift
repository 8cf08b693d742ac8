package import Logging
package import Settings
import Synchronization

/// What a job works with while it runs; ``JobRunner`` makes one for each run.
package final class ActiveRun: Sendable {
    package let settings: Settings
    package let access: LogAccess
    package let log: Logger
    package let progress: RunProgress
    private let opened = Mutex<Database?>(nil)

    init(settings: Settings, access: LogAccess, log: Logger, progress: RunProgress) {
        self.settings = settings
        self.access = access
        self.log = log
        self.progress = progress
    }

    /// The database, found and where it is the embedded one started when first asked for.
    package func database() async throws -> Database {
        if let database = opened.withLock({ $0 }) { return database }
        let database = try await Database.open(settings, log: log)
        opened.withLock { $0 = database }
        return database
    }

    /// The database where a job has opened it, else the one that runs; nil where it is embedded and stopped.
    func databaseIfRunning() throws -> Database? {
        if let database = opened.withLock({ $0 }) { return database }
        return try Database.running(settings)
    }
}
