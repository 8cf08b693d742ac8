/// Everything the house asks of a file system; `LocalVolume` is the real one.
///
/// Paths are absolute or relative to the process; each call may block. Nothing here is durable unless it says
/// so.
package protocol Volume: Sendable {
    /// Opens or makes a file as `mode` says; the descriptor is closed when the handle is released.
    func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> any OpenFile
    /// Renames a file, replacing `target`; durable after `syncDirectory`.
    func rename(_ path: String, to target: String) throws(DiskError)
    /// Removes a file; durable after `syncDirectory`.
    func remove(_ path: String) throws(DiskError)
    /// The names in a directory without `.` and `..`, in ascending byte order.
    func list(_ directory: String) throws(DiskError) -> [String]
    /// Whether anything has that path; an unreachable parent counts as absent only when it does not exist.
    func exists(_ path: String) throws(DiskError) -> Bool
    /// Bytes in the file.
    func fileSize(_ path: String) throws(DiskError) -> UInt64
    /// Makes a directory and each missing parent with permission bits `mode`; durable when it returns.
    func makeDirectory(_ path: String, mode: UInt32) throws(DiskError)
    /// Makes renames, creations and removals in the directory durable.
    func syncDirectory(_ path: String) throws(DiskError)
    /// Takes the lock that the file `path` stands for, nil when some process (this one included) holds it.
    ///
    /// The file is made when it is not there and holds the process id of the last holder as text. The lock
    /// ends when it is released or its process dies, however it dies.
    func tryLock(_ path: String) throws(DiskError) -> (any FileLock)?
    /// The absolute path without symbolic links; it has to exist.
    func realPath(_ path: String) throws(DiskError) -> String
    /// Which file a path names now: two paths with one identity are one file.
    func identity(_ path: String) throws(DiskError) -> FileIdentity
    /// Gives a file the further name `target`, which must be free; durable after `syncDirectory`.
    ///
    /// Works within one file system only, and not on every one.
    func hardLink(_ path: String, to target: String) throws(DiskError)
    /// Whether a path names a directory; false where nothing has that path.
    func isDirectory(_ path: String) throws(DiskError) -> Bool
    /// A file's permission bits, such as 0o644.
    func permissions(_ path: String) throws(DiskError) -> UInt32
    /// Sets a file's permission bits; durable after its `sync`.
    func setPermissions(_ path: String, _ mode: UInt32) throws(DiskError)
    /// Bytes that may still be written to the file system that holds `path`.
    func freeBytes(_ path: String) throws(DiskError) -> UInt64
}

/// How `Volume.open` opens a file.
package enum OpenMode: Sendable, CaseIterable {
    /// For reading; the file has to exist.
    case read
    /// For reading and writing at any place; the file has to exist.
    case readWrite
    /// Makes a new file; fails with EEXIST where there is one.
    case createNew
    /// For `append`; the file is made when it is not there.
    case append
    /// Makes an empty file, or empties the one that is there.
    case replace
}

/// Device and inode of a file.
package struct FileIdentity: Hashable, Sendable {
    package let device: UInt64
    package let inode: UInt64

    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}

/// A held lock; released by `release`, with the last reference, or with the process.
package protocol FileLock: AnyObject {
    /// Gives the lock up; later calls do nothing.
    func release()
}

extension Volume {
    /// Reads a whole file of at most `bytesMax` bytes; a larger one is EFBIG.
    package func readFile(_ path: String, bytesMax: Int) throws(DiskError) -> [UInt8] {
        let file = try open(path, .read)
        let size = try file.size()
        guard size <= UInt64(bytesMax) else { throw DiskError(.read, path, code: DiskErrorCode.fileTooLarge) }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = try file.read(at: 0, into: &bytes, range: 0..<bytes.count)
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Puts `bytes` in place of the file `path`: after a crash it holds the old or the new bytes, whole.
    ///
    /// Writes `path` + ".tmp", syncs it, renames it and syncs the directory; durable when it returns. An
    /// error before the rename leaves the old file; the temporary file may stay behind and is replaced next
    /// time.
    package func atomicWrite(_ bytes: [UInt8], to path: String) throws(DiskError) {
        let temporary = path + ".tmp"
        let file = try open(temporary, .replace)
        try file.write(bytes, at: 0)
        try file.sync()
        try rename(temporary, to: path)
        try syncDirectory(parentDirectory(of: path))
    }
}

/// The directory part of a path, "." where there is none.
package func parentDirectory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
}
