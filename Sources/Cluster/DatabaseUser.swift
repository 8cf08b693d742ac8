import Glibc

/// The system user that PostgreSQL runs as: ourselves, or `postgres` when we are root.
struct DatabaseUser: Sendable {
    /// Who runs the server when root asks for it.
    private static let unprivilegedName = "postgres"

    let name: String
    let user: uid_t
    let group: gid_t
    /// Whether programs must be run as somebody else than ourselves.
    let isOther: Bool

    static func current() throws(ClusterError) -> DatabaseUser {
        let me = geteuid()
        guard me == 0 else {
            return DatabaseUser(name: "\(me)", user: me, group: getegid(), isOther: false)
        }
        guard let entry = getpwnam(unprivilegedName), entry.pointee.pw_uid != 0 else {
            throw .noUnprivilegedUser
        }
        return DatabaseUser(
            name: unprivilegedName,
            user: entry.pointee.pw_uid,
            group: entry.pointee.pw_gid,
            isOther: true
        )
    }

    /// Whoever this process runs as.
    static var ourselves: DatabaseUser {
        DatabaseUser(name: "\(geteuid())", user: geteuid(), group: getegid(), isOther: false)
    }

    /// The command line that runs `program` as this user.
    func command(_ program: String, _ arguments: [String]) -> (program: String, arguments: [String]) {
        guard isOther else { return (program, arguments) }
        let switching = ["--reuid=\(user)", "--regid=\(group)", "--init-groups", "--", program]
        return ("setpriv", switching + arguments)
    }

    /// Throws for the first directory on the way to `path` that this user may not pass through.
    func checkTraversable(to path: String) throws(ClusterError) {
        var directories = [path]
        while let last = directories.last, last != "/" { directories.append(Files.parent(of: last)) }
        for directory in directories.reversed() {
            guard let found = try Files.attributes(directory, followingLinks: true) else { continue }
            let bit: mode_t =
                found.st_uid == user ? 0o100 : found.st_gid == group ? 0o010 : 0o001
            guard found.st_mode & bit != 0 else { throw .notTraversable(directory: directory, user: name) }
        }
    }
}
