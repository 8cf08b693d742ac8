import Cluster
package import Settings

/// `goalpost db`: the embedded PostgreSQL; never a server that the settings name.
package struct DatabaseJob: Sendable {
    /// How the server is.
    package struct State: Sendable, Encodable {
        package let isRunning: Bool
        /// The postmaster's process id while it runs.
        package let processID: Int32?
        /// One line for people.
        package let line: String
    }

    private let cluster: EmbeddedCluster

    /// Throws when the settings name a server of their own: that one is somebody else's to start and stop.
    package init(settings: Settings) throws(JobError) {
        guard settings.databaseURL == nil else {
            throw JobError(
                .configuration,
                "GOALPOST_DATABASE_URL is set: Goalpost uses that server and leaves starting and stopping to its owner"
            )
        }
        cluster = EmbeddedCluster(dataDirectory: settings.data, binariesDirectory: settings.postgresBin)
    }

    package func start() async throws -> State {
        try await cluster.start()
        return try status()
    }

    package func stop() async throws -> State {
        try await cluster.stop()
        return try status()
    }

    package func status() throws -> State {
        switch try cluster.status() {
        case .running(let processID, _):
            State(
                isRunning: true,
                processID: processID,
                line: "running as process \(processID), \(cluster.url)"
            )
        case .stopped: State(isRunning: false, processID: nil, line: "stopped")
        case .notInitialised:
            State(isRunning: false, processID: nil, line: "not made yet; the first job makes it")
        }
    }

    package var url: String { cluster.url }
}
