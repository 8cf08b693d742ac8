import BlockingLane
import Cluster
package import Logging
package import Postgres
package import Settings
import Tables

/// The way to PostgreSQL: the server that the settings name, else the one in the data directory.
///
/// The embedded server is started when it does not run and is left running; `goalpost db stop` ends it.
package struct Database: Sendable {
    private let conninfo: String

    /// Finds the server and, where it is the embedded one, starts it.
    package static func open(_ settings: Settings, log: Logger) async throws -> Database {
        if let url = settings.databaseURL { return Database(conninfo: url) }
        let cluster = EmbeddedCluster(dataDirectory: settings.data, binariesDirectory: settings.postgresBin)
        if case .running = try cluster.status() {
        } else {
            log.info("starting the embedded PostgreSQL", metadata: ["data": "\(settings.data)"])
            try await cluster.start()
        }
        return Database(conninfo: cluster.conninfo)
    }

    /// The server as it is: nil where it is the embedded one and does not run.
    ///
    /// Starts nothing.
    package static func running(_ settings: Settings) throws -> Database? {
        if let url = settings.databaseURL { return Database(conninfo: url) }
        let cluster = EmbeddedCluster(dataDirectory: settings.data, binariesDirectory: settings.postgresBin)
        guard case .running = try cluster.status() else { return nil }
        return Database(conninfo: cluster.conninfo)
    }

    package init(conninfo: String) { self.conninfo = conninfo }

    /// A connection of its own on a lane of its own; it dials at first use.
    package func session(_ name: String) -> Session {
        Session(conninfo: conninfo, lane: BlockingLane(label: "goalpost.postgres.\(name)"))
    }
}
