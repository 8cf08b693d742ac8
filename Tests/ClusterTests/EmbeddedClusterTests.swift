import BlockingLane
import Cluster
import Foundation
import Glibc
import Postgres
import Testing

/// A data directory of its own and the cluster in it; both are gone when `body` ends.
private func withCluster(_ body: (EmbeddedCluster) async throws -> Void) async throws {
    // Under /tmp: the database's user must be able to pass through when the tests run as root.
    let directory = "/tmp/gp-cluster-\(UUID())"
    let cluster = EmbeddedCluster(dataDirectory: "\(directory)/data")
    func remove() async throws {
        try await cluster.stop(.immediate)
        for path in [directory, cluster.socketDirectory] where FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
    }
    do {
        try await body(cluster)
    } catch {
        try await remove()
        throw error
    }
    try await remove()
}

private func session(_ cluster: EmbeddedCluster) -> Session {
    Session(conninfo: cluster.conninfo, lane: BlockingLane(label: "cluster test"))
}

private func serverID(_ cluster: EmbeddedCluster) throws -> Int32? {
    guard case .running(let pid, let directory) = try cluster.status() else { return nil }
    #expect(directory == cluster.socketDirectory)
    return pid
}

/// Servers are heavy: one at a time.
@Suite(.serialized) struct EmbeddedClusterTests {
    @Test
    func `a cluster is made, started, stopped and started again with its data`() async throws {
        try await withCluster { cluster in
            #expect(try cluster.status() == .notInitialised)
            try await cluster.stop()
            try await cluster.start()
            let first = try #require(try serverID(cluster))
            try await cluster.start()
            #expect(try serverID(cluster) == first, "a second start finds the server running")
            let before = session(cluster)
            try await before.transaction { transaction in
                try transaction.script(
                    "CREATE TABLE public.kept (n int); INSERT INTO public.kept VALUES (42)"
                )
            }
            await before.close()
            try await cluster.stop()
            #expect(try cluster.status() == .stopped)
            try await cluster.stop()
            try await cluster.start()
            #expect(try serverID(cluster) != first)
            let kept = try await session(cluster).transaction { transaction in
                var kept: Int32 = 0
                try transaction.query("SELECT n FROM public.kept") { kept = try $0.int4(0) }
                return kept
            }
            #expect(kept == 42)
        }
    }

    @Test
    func `the server speaks no TCP, keeps UTF-8 and UTC, and syncs`() async throws {
        try await withCluster { cluster in
            try await cluster.start()
            let session = session(cluster)
            for (setting, value) in [
                ("listen_addresses", ""), ("server_encoding", "UTF8"), ("fsync", "on"),
                ("wal_compression", "lz4"),
                ("log_timezone", "UTC"), ("data_checksums", "on"), ("lc_collate", "C"),
            ] {
                let found = try await session.transaction { transaction in
                    var found = ""
                    try transaction.query("SELECT current_setting($1::text)", [.text(setting)]) {
                        found = try $0.text(0)
                    }
                    return found
                }
                #expect(found == value, "\(setting)")
            }
        }
    }

    @Test
    func `the URL is one that psql understands`() async throws {
        try await withCluster { cluster in
            try await cluster.start()
            let psql = Process()
            psql.executableURL = URL(filePath: "/usr/bin/psql")
            psql.arguments = ["-X", "-A", "-t", "-c", "SELECT 6 * 7", cluster.url]
            let output = Pipe()
            psql.standardOutput = output
            try psql.run()
            let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            psql.waitUntilExit()
            #expect(text == "42\n")
        }
    }

    @Test
    func `starts at once start one server`() async throws {
        try await withCluster { cluster in
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 { group.addTask { try await cluster.start() } }
                try await group.waitForAll()
            }
            #expect(try serverID(cluster) != nil)
        }
    }

    @Test
    func `the server is in a session of its own and holds nothing of ours open`() async throws {
        try await withCluster { cluster in
            // Open to children on purpose: what a careless library may do.
            let leaky = open("/etc/hostname", O_RDONLY)
            defer { close(leaky) }
            try await cluster.start()
            let pid = try #require(try serverID(cluster))
            #expect(getsid(pid) != getsid(0))
            var open: [String] = []
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd") {
                do {
                    open.append(
                        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\(name)")
                    )
                } catch CocoaError.fileReadNoSuchFile {
                    continue  // Closed between the two calls.
                }
            }
            #expect(!open.contains("/etc/hostname"))
            #expect(!open.contains { $0.contains("postgres.lock") })
            // Its standard streams are its own log's, not a pipe that we may close.
            for stream in 1...2 {
                let target = try FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/\(pid)/fd/\(stream)"
                )
                #expect(!target.isEmpty)
                let ours = try ourPipes()
                #expect(!ours.contains(target))
            }
        }
    }

    private func ourPipes() throws -> Set<String> {
        var pipes: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            do {
                pipes.insert(
                    try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
                )
            } catch CocoaError.fileReadNoSuchFile {
                continue  // The directory's own descriptor is closed by now.
            }
        }
        return pipes.filter { $0.hasPrefix("pipe:") }
    }

    @Test
    func `a server that was killed is seen as stopped, and starts again`() async throws {
        try await withCluster { cluster in
            try await cluster.start()
            let session = session(cluster)
            try await session.transaction { transaction in
                try transaction.script("CREATE TABLE public.kept (n int); INSERT INTO public.kept VALUES (1)")
            }
            await session.close()
            let pid = try #require(try serverID(cluster))
            #expect(kill(pid, SIGKILL) == 0)
            while try serverID(cluster) != nil { await Task.yield() }
            #expect(try cluster.status() == .stopped)
            try await cluster.start()
            let kept = try await self.count("kept", in: cluster)
            #expect(kept == 1)
        }
    }

    private func count(_ table: String, in cluster: EmbeddedCluster) async throws -> Int64 {
        try await session(cluster).transaction { transaction in
            var count: Int64 = 0
            try transaction.query("SELECT count(*) FROM public.\(table)") { count = try $0.int8(0) }
            return count
        }
    }

    @Test
    func `what a cut-short initdb left is made again`() async throws {
        try await withCluster { cluster in
            let draft = "\(cluster.clusterDirectory).init/base"
            try FileManager.default.createDirectory(atPath: draft, withIntermediateDirectories: true)
            #expect(FileManager.default.createFile(atPath: "\(draft)/junk", contents: Data([1])))
            try await cluster.start()
            #expect(!FileManager.default.fileExists(atPath: "\(cluster.clusterDirectory).init"))
        }
    }
}

@Suite struct ClusterRefusalTests {
    @Test
    func `files of another major version are refused by name`() async throws {
        try await withCluster { cluster in
            try FileManager.default.createDirectory(
                atPath: cluster.clusterDirectory,
                withIntermediateDirectories: true
            )
            try Data("9\n".utf8).write(to: URL(filePath: "\(cluster.clusterDirectory)/PG_VERSION"))
            let error = await #expect(throws: ClusterError.self) { try await cluster.start() }
            guard case .majorNotInstalled(cluster: 9, installed: let installed) = error else {
                Issue.record("expected majorNotInstalled, found \(String(describing: error))")
                return
            }
            #expect(!installed.isEmpty)
            #expect(try cluster.status() == .stopped)
        }
    }

    @Test
    func `a folder without PostgreSQL is refused`() async throws {
        try await withCluster { cluster in
            let other = EmbeddedCluster(dataDirectory: cluster.dataDirectory, binariesDirectory: "/usr/lib")
            await #expect(throws: ClusterError.binariesNotFound("in /usr/lib")) { try await other.start() }
        }
    }

    /// What somebody else could put in the socket directory's place.
    @Test(arguments: ["link", "file", "open", "foreign"])
    func `a socket directory that is not ours alone is refused`(kind: String) async throws {
        try await withCluster { cluster in
            let path = cluster.socketDirectory
            switch kind {
            case "link": try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/tmp")
            case "file": #expect(FileManager.default.createFile(atPath: path, contents: nil))
            case "open": #expect(mkdir(path, 0o700) == 0 && chmod(path, 0o755) == 0)
            default:
                // Only root can make what belongs to somebody else.
                guard geteuid() == 0 else { return }
                #expect(mkdir(path, 0o700) == 0 && chown(path, 65_534, 65_534) == 0)
            }
            defer { if kind == "link" || kind == "file" { unlink(path) } }
            let error = await #expect(throws: ClusterError.self) { try await cluster.start() }
            guard case .unsafeSocketDirectory(path, reason: _) = error else {
                Issue.record("expected unsafeSocketDirectory, found \(String(describing: error))")
                return
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root starts the server as somebody else"))
    func `a closed directory above the data is named`() async throws {
        try await withCluster { cluster in
            let closed = URL(filePath: cluster.dataDirectory).deletingLastPathComponent().path()
                .split(separator: "/").joined(separator: "/")
            let directory = "/\(closed)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            #expect(chmod(directory, 0o700) == 0)
            let error = await #expect(throws: ClusterError.self) { try await cluster.start() }
            #expect(error == .notTraversable(directory: directory, user: "postgres"))
            #expect(error?.description.contains("chmod o+x \(directory)") == true)
        }
    }

    @Test
    func `a socket's path is kept short, and one too long is refused`() async throws {
        let deep = EmbeddedCluster(dataDirectory: "/tmp/" + String(repeating: "d/", count: 200))
        #expect(deep.socketDirectory.utf8.count == "/tmp/goalpost-0123456789abcdef".utf8.count)
        #expect(deep.socketDirectory != EmbeddedCluster(dataDirectory: "/tmp/d").socketDirectory)
        #expect(
            deep.socketDirectory == EmbeddedCluster(dataDirectory: deep.dataDirectory + "/").socketDirectory
        )
    }
}
