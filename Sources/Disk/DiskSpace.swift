import Glibc

/// How much a file system holds.
package struct DiskSpace: Hashable, Sendable {
    /// Bytes that a user without privileges can still write.
    package let freeBytes: UInt64
    package let totalBytes: UInt64
}

extension LocalVolume {
    /// The space of the file system that `path` lies on.
    package func space(_ path: String) throws(DiskError) -> DiskSpace {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw DiskError(.measure, path, code: errno) }
        let block = UInt64(status.f_frsize)
        return DiskSpace(
            freeBytes: UInt64(status.f_bavail) * block,
            totalBytes: UInt64(status.f_blocks) * block
        )
    }

    /// When the file's contents last changed, in milliseconds since 1970.
    package func modifiedAt(_ path: String) throws(DiskError) -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw DiskError(.inspect, path, code: errno) }
        return Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
    }
}
