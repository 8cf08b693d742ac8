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
    private let isEmbedded: Bool

    /// Finds the server and, where it is the embedded one, starts it.
    package static func open(_ settings: Settings, log: Logger) async throws -> Database {
        try await open(url: settings.databaseURL, data: settings.data, settings.postgresBin, log: log)
    }

    /// As above, for a data directory that has no settings yet.
    static func open(url: String?, data: String, _ binaries: String?, log: Logger) async throws -> Database {
        if let url { return Database(conninfo: url) }
        let cluster = EmbeddedCluster(dataDirectory: data, binariesDirectory: binaries)
        if case .running = try cluster.status() {
        } else {
            log.info("starting the embedded PostgreSQL", metadata: ["data": "\(data)"])
            try await cluster.start()
        }
        return Database(conninfo: cluster.conninfo, isEmbedded: true)
    }

    /// As `open`; nil where the embedded server would have to be made first.
    static func existing(_ settings: Settings, log: Logger) async throws -> Database? {
        if settings.databaseURL == nil {
            let cluster = EmbeddedCluster(
                dataDirectory: settings.data,
                binariesDirectory: settings.postgresBin
            )
            if try cluster.status() == .notInitialised { return nil }
        }
        return try await open(settings, log: log)
    }

    /// The server as it is: nil where it is the embedded one and does not run.
    ///
    /// Starts nothing.
    package static func running(_ settings: Settings) throws -> Database? {
        if let url = settings.databaseURL { return Database(conninfo: url) }
        let cluster = EmbeddedCluster(dataDirectory: settings.data, binariesDirectory: settings.postgresBin)
        guard case .running = try cluster.status() else { return nil }
        return Database(conninfo: cluster.conninfo, isEmbedded: true)
    }

    package init(conninfo: String) { self.init(conninfo: conninfo, isEmbedded: false) }

    private init(conninfo: String, isEmbedded: Bool) {
        (self.conninfo, self.isEmbedded) = (conninfo, isEmbedded)
    }

    /// The way there for pg_dump and psql.
    func clientTarget() throws -> ClientTarget {
        let connection = try ClientConnection(conninfo)
        return ClientTarget(
            conninfo: connection.conninfo,
            password: connection.password,
            usesOwnEnvironment: !isEmbedded
        )
    }

    /// A connection of its own on a lane of its own; it dials at first use.
    package func session(_ name: String) -> Session {
        Session(conninfo: conninfo, lane: BlockingLane(label: "goalpost.postgres.\(name)"))
    }
}
