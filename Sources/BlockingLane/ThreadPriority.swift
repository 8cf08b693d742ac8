#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The scheduling priority of the calling thread.
package enum ThreadPriority {
    /// The niceness of work that must not slow anything else down.
    package static let low: Int32 = 10

    /// Lets threads with more urgent work go first, for as long as this thread lives.
    ///
    /// On Linux niceness belongs to the thread. A refusal changes nothing but the priority, so that it is no
    /// error; raising niceness is never refused.
    package static func lower() {
        #if canImport(Glibc)
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, low)
        #endif
    }
}
