import Glibc

/// The PostgreSQL that Goalpost runs for itself, with its files in the data directory and no TCP port.
///
/// It outlives the process that started it. Starting is idempotent, and safe from any number of processes. When
/// root starts it, the server runs as user `postgres`, who must be able to pass through to the data directory.
/// All trust is in the socket's directory, which only the server's user and root may enter.
package struct EmbeddedCluster: Sendable {
    /// How a stop treats those who are connected.
    package enum StopMode: String, Sendable {
        /// Ends their sessions, rolls back, writes everything.
        case fast
        /// Stops at once; the next start recovers from the log.
        case immediate
    }

    /// The superuser and only role.
    private static let role = "goalpost"
    private static let database = "postgres"
    /// How long the server may take to start or stop, in seconds; recovery after a crash needs time.
    private static let waitSecondsMax = 300

    /// Goalpost's data directory, absolute.
    package let dataDirectory: String
    private let binariesDirectory: String?
    private let socket: SocketDirectory

    /// Touches nothing yet.
    ///
    /// `binariesDirectory` is the folder of `initdb` and `pg_ctl`, nil to find the newest installed.
    /// `socketParent` must be the same for all processes that use the cluster; it is a sticky directory, or one
    /// that nobody else may write in.
    package init(dataDirectory: String, binariesDirectory: String? = nil, socketParent: String = "/tmp") {
        self.dataDirectory = Files.resolved(dataDirectory)
        self.binariesDirectory = binariesDirectory
        socket = SocketDirectory(dataDirectory: self.dataDirectory, parent: socketParent)
    }

    /// Where the database's files are.
    package var clusterDirectory: String { "\(dataDirectory)/postgres" }
    /// Where the server's socket is while it runs.
    package var socketDirectory: String { socket.path }
    /// The connection string, as libpq's key and value pairs.
    package var conninfo: String { "host=\(socket.path) user=\(Self.role) dbname=\(Self.database)" }
    /// The same as a URL, for `psql` and for GOALPOST_DATABASE_URL.
    package var url: String {
        let host = socket.path.split(separator: "/", omittingEmptySubsequences: false).joined(
            separator: "%2F"
        )
        return "postgresql://\(Self.role)@\(host)/\(Self.database)"
    }

    /// Whether the server runs, from its own files; starts nothing.
    package func status() throws(ClusterError) -> ClusterStatus {
        if let file = PostmasterFile(cluster: clusterDirectory) {
            return .running(pid: file.pid, socketDirectory: file.socketDirectory)
        }
        return try Files.exists("\(clusterDirectory)/PG_VERSION") ? .stopped : .notInitialised
    }

    /// Makes the cluster if there is none, starts it if it does not run, and returns when it takes connections.
    package func start() async throws(ClusterError) {
        let user = try DatabaseUser.current()
        try prepareDataDirectory(for: user)
        let lock = try await ClusterLock(path: "\(dataDirectory)/postgres.lock")
        defer { withExtendedLifetime(lock) {} }
        let runner = ProgramRunner(user: user)
        if PostmasterFile(cluster: clusterDirectory) != nil { return try await waitUntilReady() }
        let binaries = try await Binaries.find(
            major: try major(),
            chosen: binariesDirectory,
            runner: runner
        )
        if try !Files.exists("\(clusterDirectory)/PG_VERSION") {
            try await ClusterFiles(directory: clusterDirectory, role: Self.role).make(
                binaries: binaries,
                user: user,
                runner: runner
            )
        }
        try socket.prepare(for: user)
        try PostmasterFile.disown(cluster: clusterDirectory, socketDirectory: socket.path, user: user)
        do {
            try await runner.run(
                binaries.pgCtl,
                [
                    "start", "--wait", "--timeout=\(Self.waitSecondsMax)", "--pgdata=\(clusterDirectory)",
                    "--log=\(startLog)",
                    "--options=-c unix_socket_directories='\(socket.path)' -c listen_addresses=''",
                ]
            )
        } catch .failed(let program, let output) {
            let log = Files.tail(startLog).split(whereSeparator: \.isNewline).suffix(8).joined(
                separator: "; "
            )
            throw .failed(program: program, output: "\(output); \(startLog) ends: \(log)")
        }
    }

    /// Stops the server if it runs and returns when it is gone.
    package func stop(_ mode: StopMode = .fast) async throws(ClusterError) {
        guard case .running = try status() else { return }
        let user = try DatabaseUser.current()
        let lock = try await ClusterLock(path: "\(dataDirectory)/postgres.lock")
        defer { withExtendedLifetime(lock) {} }
        guard case .running = try status() else { return }
        let runner = ProgramRunner(user: user)
        let binaries = try await Binaries.find(major: try major(), chosen: binariesDirectory, runner: runner)
        try await runner.run(
            binaries.pgCtl,
            [
                "stop", "--wait", "--timeout=\(Self.waitSecondsMax)", "--mode=\(mode.rawValue)",
                "--pgdata=\(clusterDirectory)",
            ]
        )
    }

    /// What the server says before its own log is open.
    private var startLog: String { "\(clusterDirectory)/start.log" }

    /// The major version that the files are of, nil where there are none.
    private func major() throws(ClusterError) -> Int? {
        let path = "\(clusterDirectory)/PG_VERSION"
        guard try Files.exists(path) else { return nil }
        guard let text = Files.read(path, limit: 32), let major = Int(text.prefix(while: \.isWholeNumber))
        else {
            throw .io(path: path, operation: "read a version from", errno: EINVAL)
        }
        return major
    }

    /// Makes the data directory, and lets the database's user pass through it when that is somebody else.
    private func prepareDataDirectory(for user: DatabaseUser) throws(ClusterError) {
        try Files.makeDirectories(dataDirectory)
        guard user.isOther else { return }
        guard let found = try Files.attributes(dataDirectory, followingLinks: true) else { return }
        if found.st_mode & 0o001 == 0 {
            try Files.setMode(dataDirectory, (found.st_mode & 0o7777) | 0o011)
        }
        try user.checkTraversable(to: dataDirectory)
    }

    /// Another process began the start and went away before the server was ready.
    private func waitUntilReady() async throws(ClusterError) {
        let deadline = ContinuousClock.now + .seconds(Self.waitSecondsMax)
        while ContinuousClock.now < deadline {
            guard let file = PostmasterFile(cluster: clusterDirectory) else { break }
            if file.isReady { return }
            do {
                try await Task.sleep(for: .milliseconds(50))
            } catch {
                throw .failed(program: "postgres", output: "cancelled while it was starting")
            }
        }
        throw .failed(
            program: "postgres",
            output: "it did not become ready; see \(startLog) and log/ beside it"
        )
    }
}
