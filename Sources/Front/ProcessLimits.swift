import Glibc

/// What the front asks of the system for its process as a whole.
enum ProcessLimits {
    /// Files that are open besides clients' connections: the store, event loops, logs.
    private static let filesBesides = 64

    /// How many connections can be served, after asking for as many open files as this user may have.
    static func connectionsPossible() -> Int {
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(files, &limit) == 0 else { return FrontLimits().connectionsMax }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(files, &raised) == 0 { limit = raised }
        }
        return max(1, Int(clamping: limit.rlim_cur) - filesBesides - FrontLimits.refusalsMax)
    }
}
