import Glibc

/// A file-system call that failed: what was tried, where, and the system's error number.
package struct DiskError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done; the raw value is the verb of the message.
    package enum Operation: String, Sendable, CaseIterable {
        case open, create, read, write, sync, truncate, measure, rename, remove, list, lock, inspect, link
        case makeDirectory = "make directory"
        case syncDirectory = "sync directory"
        case setPermissions = "set permissions of"
    }

    package let operation: Operation
    /// The path as the caller gave it.
    package let path: String
    /// The `errno` of the failed call.
    package let code: Int32

    package init(_ operation: Operation, _ path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// One line: what failed, where, why, and what to do about it.
    package var description: String {
        let reason = String(cString: strerror(code))
        guard let advice else { return "cannot \(operation.rawValue) \(path): \(reason) (errno \(code))" }
        return "cannot \(operation.rawValue) \(path): \(reason); \(advice)"
    }

    /// What the operator can do, nil where the number says nothing useful.
    private var advice: String? {
        switch code {
        case ENOSPC: "free space or inodes on that file system, then run again"
        case EDQUOT: "raise the quota of the user this runs as, or free space, then run again"
        case EFBIG: "the file is larger than this program or the process limit (ulimit -f) allows"
        case EACCES, EPERM: "give the user this runs as access to it (see ls -ld on each parent directory)"
        case EROFS: "the file system is mounted read-only: remount it writable or use another directory"
        case ENOENT: "check that the path is right and that nothing removed it"
        case EEXIST: "something is there already: another process may be running, or a run was interrupted"
        case ENOTDIR: "a part of the path is a file where a directory is needed"
        case EISDIR: "a directory is in the place of the file"
        case EIO: "the device reports an error: look at dmesg, and replace the disk before trusting it again"
        case EMFILE, ENFILE: "too many files are open: raise the limit (ulimit -n)"
        case ENAMETOOLONG: "use a shorter path"
        case ELOOP: "a symbolic link in the path points in a circle"
        case ESTALE: "the network file system lost the file: check the mount"
        default: nil
        }
    }
}
