import Glibc

/// The short directory that holds the server's socket; nobody but the database's user and root may enter it.
///
/// A socket's path may have 107 bytes, a data directory's any number: hence a directory of its own, named by a
/// hash of the data directory's path.
struct SocketDirectory: Sendable {
    /// `sun_path` without its terminating zero, less the socket's own name.
    private static let pathBytesMax = 107 - "/.s.PGSQL.65535.lock".utf8.count

    let path: String

    /// `parent` is a directory in which everybody may make others, but not remove those of others.
    init(dataDirectory: String, parent: String) {
        // FNV-1a: no secret, only short and always the same.
        let hash = dataDirectory.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        let digits = String(hash, radix: 16)
        path = "\(parent)/goalpost-\(String(repeating: "0", count: 16 - digits.count))\(digits)"
    }

    /// Makes the directory for `user` alone, or makes sure that it is so already.
    func prepare(for user: DatabaseUser) throws(ClusterError) {
        guard path.utf8.count <= Self.pathBytesMax else { throw .socketPathTooLong(path) }
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw Files.failure("make directory", path) }
        guard let found = try Files.attributes(path) else { throw Files.failure("examine", path) }
        guard found.st_mode & S_IFMT == S_IFDIR else {
            throw .unsafeSocketDirectory(path, reason: "it is not a directory")
        }
        // Root's own is safe to take when we are root: a start that was cut short left it.
        guard found.st_uid == user.user || found.st_uid == geteuid() else {
            throw .unsafeSocketDirectory(path, reason: "it belongs to user \(found.st_uid)")
        }
        guard found.st_mode & 0o077 == 0 else {
            throw .unsafeSocketDirectory(
                path,
                reason: "others may enter it (mode \(String(found.st_mode & 0o777, radix: 8)))"
            )
        }
        if found.st_uid != user.user { try Files.setOwner(path, user.user, user.group) }
    }
}
