import Glibc

/// The few file-system calls that the cluster needs, with errors that name the path.
enum Files {
    static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

    static func failure(_ operation: String, _ path: String) -> ClusterError {
        .io(path: path, operation: operation, errno: errno)
    }

    /// What `path` itself is, links not followed; nil when there is nothing.
    static func attributes(_ path: String, followingLinks: Bool = false) throws(ClusterError) -> stat? {
        var found = stat()
        let result = followingLinks ? stat(path, &found) : lstat(path, &found)
        guard result != 0 else { return found }
        guard errno == ENOENT || errno == ENOTDIR else { throw failure("examine", path) }
        return nil
    }

    static func exists(_ path: String) throws(ClusterError) -> Bool { try attributes(path) != nil }

    /// Makes the directory and those above it that are missing, for everybody to pass through.
    static func makeDirectories(_ path: String) throws(ClusterError) {
        if try attributes(path, followingLinks: true) != nil { return }
        let parent = parent(of: path)
        if parent != path { try makeDirectories(parent) }
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("make directory", path) }
    }

    static func setMode(_ path: String, _ mode: mode_t) throws(ClusterError) {
        guard chmod(path, mode) == 0 else { throw failure("set the mode of", path) }
    }

    static func setOwner(_ path: String, _ owner: uid_t, _ group: gid_t) throws(ClusterError) {
        guard chown(path, owner, group) == 0 else { throw failure("set the owner of", path) }
    }

    static func rename(_ from: String, to: String) throws(ClusterError) {
        guard Glibc.rename(from, to) == 0 else { throw failure("rename \(from) to", to) }
    }

    /// Puts a new file with `text` in the place of `path`, for `user` alone; whole or not at all.
    static func replace(_ path: String, with text: String, for user: DatabaseUser) throws(ClusterError) {
        let draft = "\(path).tmp"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("open", draft) }
        defer { close(descriptor) }
        try write(text, to: descriptor, path: draft)
        if user.isOther, fchown(descriptor, user.user, user.group) != 0 {
            throw failure("set the owner of", draft)
        }
        try rename(draft, to: path)
        try syncDirectory(parent(of: path))
    }

    /// Writes all of `text` and syncs.
    static func write(_ text: String, to descriptor: Int32, path: String) throws(ClusterError) {
        var text = text
        let (written, count) = text.withUTF8 { (Glibc.write(descriptor, $0.baseAddress, $0.count), $0.count) }
        guard written == count else { throw failure("write", path) }
        guard fsync(descriptor) == 0 else { throw failure("sync", path) }
    }

    /// Makes directory entries durable.
    static func syncDirectory(_ path: String) throws(ClusterError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", path) }
    }

    /// The first `limit` bytes of a file as text, nil when it is not there or may not be read.
    static func read(_ path: String, limit: Int = 4096) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return text(from: descriptor, limit: limit)
    }

    /// The last bytes of a file as text, for messages; empty when there is none.
    static func tail(_ path: String, bytes: Int = 2048) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        let length = lseek(descriptor, 0, Int32(SEEK_END))
        lseek(descriptor, max(0, length - bytes), Int32(SEEK_SET))
        return text(from: descriptor, limit: bytes)
    }

    private static func text(from descriptor: Int32, limit: Int) -> String {
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let more = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), limit - count)
            }
            guard more > 0 else { break }
            count += more
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Names in a directory; none when it is not there.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a directory and all that is in it; links are removed, not followed.
    static func removeTree(_ path: String) throws(ClusterError) {
        guard let found = try attributes(path) else { return }
        if found.st_mode & S_IFMT == S_IFDIR {
            for name in names(in: path) { try removeTree("\(path)/\(name)") }
            guard rmdir(path) == 0 else { throw failure("remove", path) }
        } else {
            guard unlink(path) == 0 else { throw failure("remove", path) }
        }
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The absolute path with links resolved as far as it exists, so that one directory has one name.
    static func resolved(_ path: String) -> String {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        guard path.hasPrefix("/") else {
            guard let here = getcwd(nil, 0) else { return path }
            defer { free(here) }
            return resolved("\(String(cString: here))/\(path)")
        }
        var parts = path.split(separator: "/")
        guard let last = parts.popLast() else { return "/" }
        let above = resolved("/" + parts.joined(separator: "/"))
        if last == "." { return above }
        if last == ".." { return parent(of: above) }
        return above == "/" ? "/\(last)" : "\(above)/\(last)"
    }
}
