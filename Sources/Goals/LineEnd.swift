#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Finds where lines end.
package enum LineEnd {
    /// The position of the first newline at or after `start`, nil when there is none.
    package static func next(in text: Span<UInt8>, from start: Int) -> Int? {
        text.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, 0x0A, bytes.count - start)
            else { return nil }
            return base.distance(to: UnsafeRawPointer(found))
        }
    }
}
