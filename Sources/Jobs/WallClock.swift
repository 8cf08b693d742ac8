package import Goals

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The computer's clock; jobs take it as a value, so that tests can set it.
package enum WallClock {
    /// Now, to the microsecond.
    package static let now: @Sendable () -> Timestamp = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
