import Glibc

/// How the embedded cluster stands.
package enum ClusterStatus: Hashable, Sendable {
    /// The server runs, and its socket is in this directory.
    case running(pid: Int32, socketDirectory: String)
    case stopped
    /// There are no database files yet.
    case notInitialised
}

/// The file in which a server says that it runs: `postmaster.pid`.
struct PostmasterFile {
    let pid: Int32
    let socketDirectory: String
    /// Whether the server has said that it takes connections.
    let isReady: Bool

    /// Nil when there is none, or when it was left by a server that is gone.
    init?(cluster: String) {
        // Lines: pid, data directory, start time, port, socket directory, address, shared memory, status.
        guard let text = Files.read("\(cluster)/postmaster.pid") else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, let pid = Int32(first), pid > 0, Self.isServer(pid, of: cluster) else {
            return nil
        }
        self.pid = pid
        socketDirectory = lines.count > 4 ? String(lines[4]) : ""
        isReady = lines.count > 7 && lines[7].hasPrefix("ready")
    }

    /// Whether the process lives and works in the cluster's directory: pids are used again.
    private static func isServer(_ pid: Int32, of cluster: String) -> Bool {
        guard kill(pid, 0) == 0 || errno == EPERM, !isUncollected(pid) else { return false }
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/\(pid)/cwd", &bytes, Int(PATH_MAX))
        // Another user's process does not show its directory; then its own word must do.
        guard count >= 0 else { return errno == EACCES || errno == EPERM }
        let directory = String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return directory == Files.resolved(cluster)
    }

    /// Whether the process is dead, but its parent has not asked for its exit status yet.
    private static func isUncollected(_ pid: Int32) -> Bool {
        // "pid (name) state …"
        guard let line = Files.read("/proc/\(pid)/stat"), let end = line.lastIndex(of: ")") else {
            return false
        }
        let state = line[line.index(after: end)...].drop { $0 == " " }.first
        return state == "Z" || state == "X"
    }

    /// Makes the file of a killed server that nobody collected say what is true: that its process is gone.
    ///
    /// In a container whose first process collects nobody, such a server has its pid for ever, and PostgreSQL,
    /// which only asks whether the pid is in use, would refuse to start. The other lines stay: by them
    /// PostgreSQL makes sure that no process of the dead server still uses its shared memory.
    static func disown(cluster: String, socketDirectory: String, user: DatabaseUser) throws(ClusterError) {
        let path = "\(cluster)/postmaster.pid"
        guard let text = Files.read(path), let end = text.firstIndex(of: "\n"),
            let pid = Int32(text[..<end]), isUncollected(pid)
        else { return }
        try Files.replace(path, with: "\(unusedPID)\(text[end...])", for: user)
        for name in Files.names(in: socketDirectory) where name.hasPrefix(".s.PGSQL.") {
            try Files.removeTree("\(socketDirectory)/\(name)")
        }
    }

    /// Beyond the largest pid that Linux gives out (4,194,304).
    private static let unusedPID: Int32 = 2_147_483_646
}
