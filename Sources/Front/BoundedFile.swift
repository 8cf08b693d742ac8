import Glibc

/// A small file read whole, or refused.
enum BoundedFile {
    /// Why there are no bytes.
    enum Failure: Error, Equatable {
        case absent
        case tooLarge
        /// What the system said.
        case unreadable(String)
    }

    /// The bytes of the file at `path`, at most `bytesMax`.
    static func read(_ path: String, bytesMax: Int) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw errno == ENOENT ? .absent : Self.failure() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(bytesMax + 1, 1 << 16))
        while true {
            let got = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Self.failure() }
            if got == 0 { return bytes }
            bytes += chunk[..<got]
            guard bytes.count <= bytesMax else { throw .tooLarge }
        }
    }

    private static func failure() -> Failure { .unreadable(String(cString: strerror(errno))) }
}
