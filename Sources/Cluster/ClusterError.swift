/// Why the embedded PostgreSQL could not be started, stopped or asked; a case for each thing a caller does.
package enum ClusterError: Error, Hashable, Sendable {
    /// No PostgreSQL that Goalpost can use is installed, or none where it was told to look.
    case binariesNotFound(String)
    /// The files were made by another major version than those installed.
    case majorNotInstalled(cluster: Int, installed: [Int])
    /// No client programs are installed that are new enough.
    case clientsNotFound(needed: Int, installed: [Int])
    /// A file is no dump that pg_restore can read.
    case unreadableDump(String, reason: String)
    /// Root may not run PostgreSQL, and there is no user `postgres` to run it.
    case noUnprivilegedUser
    /// The database's user cannot reach the data directory through this one.
    case notTraversable(directory: String, user: String)
    /// The socket's directory is not ours alone: somebody made it first.
    case unsafeSocketDirectory(String, reason: String)
    /// A path is longer than a socket's may be.
    case socketPathTooLong(String)
    /// Another process has been starting or stopping the cluster for too long.
    case busy(lock: String, seconds: Int)
    /// One of PostgreSQL's programs failed.
    case failed(program: String, output: String)
    /// The file system refused.
    case io(path: String, operation: String, errno: Int32)
}

extension ClusterError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .binariesNotFound(let place):
            "no PostgreSQL \(Binaries.majorMin) or newer found \(place): install one (apt install postgresql), "
                + "or set GOALPOST_PG_BIN to the folder of initdb and pg_ctl, or GOALPOST_DATABASE_URL to a server"
        case .majorNotInstalled(let cluster, let installed):
            "the database files are of PostgreSQL \(cluster), installed is \(Self.list(installed)): "
                + "install postgresql-\(cluster), or move the folder away and fold the log anew"
        case .clientsNotFound(let needed, let installed):
            "pg_dump, pg_restore and psql of PostgreSQL \(needed) or newer are needed, installed is "
                + "\(Self.list(installed)): install postgresql-client-\(needed), or set GOALPOST_PG_BIN to their folder"
        case .unreadableDump(let path, let reason): "\(path) is no dump that pg_restore can read: \(reason)"
        case .noUnprivilegedUser:
            "PostgreSQL does not run as root, and there is no user postgres to run it as: "
                + "install the postgresql package, or run Goalpost as another user"
        case .notTraversable(let directory, let user):
            "user \(user), who runs the database, cannot pass through \(directory): chmod o+x \(directory)"
        case .unsafeSocketDirectory(let path, let reason):
            "the socket's directory \(path) cannot be trusted, \(reason): see who made it, then remove it"
        case .socketPathTooLong(let path): "a socket's path may have 107 bytes, \(path) is longer"
        case .busy(let lock, let seconds):
            "another process has held \(lock) for \(seconds) s: it is starting or stopping the database"
        case .failed(let program, let output): "\(program) failed: \(output)"
        case .io(let path, let operation, let errno): "cannot \(operation) \(path): \(Files.text(errno))"
        }
    }

    private static func list(_ majors: [Int]) -> String {
        majors.isEmpty ? "none" : majors.map(String.init).joined(separator: ", ")
    }
}
