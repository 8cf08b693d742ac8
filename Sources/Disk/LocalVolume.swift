import Glibc

/// The machine's own file system.
package struct LocalVolume: Volume {
    package init() {}

    package func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> any OpenFile {
        let flags: Int32
        var operation = DiskError.Operation.open
        switch mode {
        case .read: flags = O_RDONLY
        case .readWrite: flags = O_RDWR
        case .createNew: (flags, operation) = (O_RDWR | O_CREAT | O_EXCL, .create)
        case .append: (flags, operation) = (O_RDWR | O_CREAT | O_APPEND, .create)
        case .replace: (flags, operation) = (O_RDWR | O_CREAT | O_TRUNC, .create)
        }
        let descriptor = try Self.openDescriptor(path, flags, operation)
        return LocalFile(path: path, descriptor: descriptor, isAppending: mode == .append)
    }

    package func rename(_ path: String, to target: String) throws(DiskError) {
        guard Glibc.rename(path, target) == 0 else { throw DiskError(.rename, path, code: errno) }
    }

    package func remove(_ path: String) throws(DiskError) {
        guard unlink(path) == 0 else { throw DiskError(.remove, path, code: errno) }
    }

    package func list(_ directory: String) throws(DiskError) -> [String] {
        guard let stream = opendir(directory) else { throw DiskError(.list, directory, code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw DiskError(.list, directory, code: errno) }
                return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    package func exists(_ path: String) throws(DiskError) -> Bool {
        var status = stat()
        if lstat(path, &status) == 0 { return true }
        guard errno == ENOENT else { throw DiskError(.inspect, path, code: errno) }
        return false
    }

    package func fileSize(_ path: String) throws(DiskError) -> UInt64 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw DiskError(.measure, path, code: errno) }
        return UInt64(status.st_size)
    }

    package func makeDirectory(_ path: String, mode: UInt32) throws(DiskError) {
        if mkdir(path, mode_t(mode)) == 0 {
            try syncDirectory(parentDirectory(of: path))
            return
        }
        let code = errno
        var status = stat()
        if code == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        let parent = parentDirectory(of: path)
        guard code == ENOENT, parent != path, parent != "." else {
            throw DiskError(.makeDirectory, path, code: code == EEXIST ? ENOTDIR : code)
        }
        try makeDirectory(parent, mode: mode)
        guard mkdir(path, mode_t(mode)) == 0 || errno == EEXIST else {
            throw DiskError(.makeDirectory, path, code: errno)
        }
        try syncDirectory(parent)
    }

    package func syncDirectory(_ path: String) throws(DiskError) {
        let descriptor = try Self.openDescriptor(path, O_RDONLY | O_DIRECTORY, .syncDirectory)
        defer { close(descriptor) }
        guard retrying({ fsync(descriptor) }) == 0 else {
            throw DiskError(.syncDirectory, path, code: errno)
        }
    }

    package func tryLock(_ path: String) throws(DiskError) -> (any FileLock)? {
        let descriptor = try Self.openDescriptor(path, O_RDWR | O_CREAT, .lock)
        guard retrying({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 else {
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { return nil }
            throw DiskError(.lock, path, code: code)
        }
        let file = LocalFile(path: path, descriptor: descriptor, isAppending: false)
        do throws(DiskError) {
            try file.truncate(to: 0)
            try file.write(Array("\(getpid())\n".utf8), at: 0)
        } catch {
            // The process id only helps whoever reads the message; the lock holds without it.
        }
        return LocalLock(file)
    }

    package func realPath(_ path: String) throws(DiskError) -> String {
        guard let resolved = realpath(path, nil) else { throw DiskError(.inspect, path, code: errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    package func identity(_ path: String) throws(DiskError) -> FileIdentity {
        var status = stat()
        guard stat(path, &status) == 0 else { throw DiskError(.inspect, path, code: errno) }
        return FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    package func hardLink(_ path: String, to target: String) throws(DiskError) {
        guard link(path, target) == 0 else { throw DiskError(.link, target, code: errno) }
    }

    package func isDirectory(_ path: String) throws(DiskError) -> Bool {
        var status = stat()
        if stat(path, &status) == 0 { return status.st_mode & S_IFMT == S_IFDIR }
        guard errno == ENOENT || errno == ENOTDIR else { throw DiskError(.inspect, path, code: errno) }
        return false
    }

    package func permissions(_ path: String) throws(DiskError) -> UInt32 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw DiskError(.inspect, path, code: errno) }
        return UInt32(status.st_mode & 0o7777)
    }

    package func setPermissions(_ path: String, _ mode: UInt32) throws(DiskError) {
        guard chmod(path, mode_t(mode)) == 0 else { throw DiskError(.setPermissions, path, code: errno) }
    }

    package func freeBytes(_ path: String) throws(DiskError) -> UInt64 {
        try space(path).freeBytes
    }

    /// Every descriptor is closed on exec: a child must not inherit a lock or an old segment.
    private static func openDescriptor(
        _ path: String,
        _ flags: Int32,
        _ operation: DiskError.Operation
    ) throws(DiskError) -> Int32 {
        let descriptor = retrying { Glibc.open(path, flags | O_CLOEXEC, 0o644) }
        guard descriptor >= 0 else { throw DiskError(operation, path, code: errno) }
        return descriptor
    }
}

/// Calls again while a signal interrupts.
func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}

/// A `flock` on a descriptor of its own.
private final class LocalLock: FileLock {
    private var file: LocalFile?

    init(_ file: LocalFile) { self.file = file }

    deinit { release() }

    func release() {
        guard let file else { return }
        // Unlocked by name as well: a duplicate in a child that is between fork and exec would hold it on.
        _ = flock(file.descriptor, LOCK_UN)
        self.file = nil
    }
}
