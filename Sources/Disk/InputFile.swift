import Glibc

/// Bytes that arrive in order and once: standard input, a pipe or a file read from its start.
///
/// Belongs to one task at a time. Standard input is not closed with it, other descriptors are.
package final class InputFile {
    package let path: String
    private let descriptor: Int32
    private let isOwned: Bool

    private init(path: String, descriptor: Int32, isOwned: Bool) {
        self.path = path
        self.descriptor = descriptor
        self.isOwned = isOwned
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    package static var standardInput: InputFile {
        InputFile(path: "standard input", descriptor: 0, isOwned: false)
    }

    package static func open(_ path: String) throws(DiskError) -> InputFile {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DiskError(.open, path, code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw DiskError(.inspect, path, code: code)
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw DiskError(.read, path, code: EISDIR)
        }
        return InputFile(path: path, descriptor: descriptor, isOwned: true)
    }

    /// Bytes in all when this is a regular file, nil for pipes and terminals.
    package var byteCount: UInt64? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return UInt64(status.st_size)
    }

    /// Replaces the contents of `buffer` with the next bytes, at most `byteCountMax`; 0 at the end.
    ///
    /// Waits until there is at least one.
    package func read(into buffer: inout [UInt8], byteCountMax: Int) throws(DiskError) -> Int {
        if buffer.count != byteCountMax { buffer = [UInt8](repeating: 0, count: byteCountMax) }
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 { return count }
            guard errno == EINTR else { throw DiskError(.read, path, code: errno) }
        }
    }

    /// Whether a `read` would return at once, waiting up to so many milliseconds for that.
    package func isReadable(withinMilliseconds milliseconds: Int32) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // An interrupted or failed poll says "read": the read then waits or reports the error.
        return Glibc.poll(&poll, 1, milliseconds) != 0
    }
}
