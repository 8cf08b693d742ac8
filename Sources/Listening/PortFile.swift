import Glibc

/// The file that tells other programs where a server listens: one line, `HOST:PORT`.
package enum PortFile {
    /// Why the file could not be written.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let path: String
        package let reason: String

        package var description: String { "port file \(path) cannot be written: \(reason)" }
    }

    /// Writes the line beside `path` and renames it there, so that readers see all of it or no file.
    ///
    /// Not synced: after a crash of the machine nobody listens at that address anyway.
    package static func write(_ address: ListenAddress, to path: String) throws(Failure) {
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path) }
        var text = Array("\(address)\n".utf8)
        while !text.isEmpty {
            let written = Glibc.write(descriptor, text, text.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let problem = failure(path)
                _ = close(descriptor)
                _ = unlink(temporary)
                throw problem
            }
            text.removeFirst(written)
        }
        guard close(descriptor) == 0, rename(temporary, path) == 0 else {
            let problem = failure(path)
            _ = unlink(temporary)
            throw problem
        }
    }

    /// Removes a file of an earlier run, which would name a place where nobody listens; absent is fine.
    package static func remove(_ path: String) throws(Failure) {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure(path) }
    }

    private static func failure(_ path: String) -> Failure {
        Failure(path: path, reason: String(cString: strerror(errno)))
    }
}
