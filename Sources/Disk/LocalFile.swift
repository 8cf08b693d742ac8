import Glibc

/// A file of the machine's file system, by its descriptor.
final class LocalFile: OpenFile {
    let path: String
    let descriptor: Int32
    private let isAppending: Bool

    /// Takes ownership of `descriptor`.
    init(path: String, descriptor: Int32, isAppending: Bool) {
        self.path = path
        self.descriptor = descriptor
        self.isAppending = isAppending
    }

    deinit { close(descriptor) }

    func read(at offset: UInt64, into buffer: inout [UInt8], range: Range<Int>) throws(DiskError) -> Int {
        precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count)
        var done = 0
        while done < range.count {
            let count = buffer.withUnsafeMutableBytes { bytes in
                let rest = UnsafeMutableRawBufferPointer(
                    rebasing: bytes[(range.lowerBound + done)..<range.upperBound]
                )
                return retrying {
                    pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
                }
            }
            guard count >= 0 else { throw DiskError(.read, path, code: errno) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(DiskError) {
        try writeAll(bytes) { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset) + off_t($1)) }
    }

    func append(_ bytes: [UInt8]) throws(DiskError) {
        guard isAppending else { throw DiskError(.write, path, code: EINVAL) }
        try writeAll(bytes) { rest, _ in Glibc.write(descriptor, rest.baseAddress, rest.count) }
    }

    func syncData() throws(DiskError) {
        guard retrying({ fdatasync(descriptor) }) == 0 else { throw DiskError(.sync, path, code: errno) }
    }

    func sync() throws(DiskError) {
        guard retrying({ fsync(descriptor) }) == 0 else { throw DiskError(.sync, path, code: errno) }
    }

    func truncate(to byteCount: UInt64) throws(DiskError) {
        guard retrying({ ftruncate(descriptor, off_t(byteCount)) }) == 0 else {
            throw DiskError(.truncate, path, code: errno)
        }
    }

    func size() throws(DiskError) -> UInt64 { UInt64(try status().st_size) }

    func identity() throws(DiskError) -> FileIdentity {
        let status = try status()
        return FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    private func status() throws(DiskError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw DiskError(.measure, path, code: errno) }
        return status
    }

    /// Calls `write` with what is left, and the bytes done so far, until all is written.
    private func writeAll(
        _ bytes: [UInt8],
        _ write: (UnsafeRawBufferPointer, Int) -> Int
    ) throws(DiskError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                let rest = UnsafeRawBufferPointer(rebasing: all[done...])
                return retrying { write(rest, done) }
            }
            guard count >= 0 else { throw DiskError(.write, path, code: errno) }
            // A disk that takes nothing and reports nothing must not hold us in this loop.
            guard count > 0 else { throw DiskError(.write, path, code: EIO) }
            done += count
        }
    }
}
