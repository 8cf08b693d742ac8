import Foundation
import Jobs

/// Standard output for many bytes: written whole, and given up quietly when nobody reads it any more.
enum OutputPipe {
    /// Makes a reader that went away an error of the write, instead of a signal that kills the program.
    static func prepare() { signal(SIGPIPE, SIG_IGN) }

    /// Writes all of `bytes`; false when the reader is gone, as `head` is when it has enough.
    static func write(_ bytes: [UInt8]) throws -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                Foundation.write(STDOUT_FILENO, all.baseAddress.map { $0 + done }, all.count - done)
            }
            if count >= 0 {
                done += count
            } else if errno == EPIPE {
                return false
            } else if errno != EINTR {
                throw JobError(
                    .system,
                    "cannot write to standard output: \(String(cString: strerror(errno)))"
                )
            }
        }
        return true
    }
}
