/// Why a load test could not be made; a test whose thresholds are not met is no error.
package enum LoadTestError: Error, Equatable, CustomStringConvertible {
    /// An option is out of its range or does not fit another one.
    case invalidOption(String)
    /// A directory that the test would make is there already, and holds something.
    case directoryInUse(String)
    /// A server does not answer: which, where and why.
    case unreachable(server: String, address: String, reason: String)
    /// A program that the test started failed: its words are the last lines of its log.
    case programFailed(program: String, status: Int32, words: String)
    /// A program that the test started does not say where it listens: its words are the last lines of its log.
    case notStarted(program: String, seconds: Int64, words: String)
    /// The challenges hold nothing that the scenario could send.
    case unfitChallenges(String)
    /// Somebody asked it to end before the load was over; what was started has been stopped.
    case interrupted

    package var description: String {
        switch self {
        case .invalidOption(let words): words
        case .directoryInUse(let path):
            "\(path) is in use: name a directory that does not exist yet, or an empty one"
        case .unreachable(let server, let address, let reason):
            "\(server) at \(address) does not answer (\(reason)): start it, or mend the address"
        case .programFailed(let program, let status, let words):
            "\(program) ended with \(status): \(words)"
        case .notStarted(let program, let seconds, let words):
            "\(program) did not listen within \(seconds) s: \(words)"
        case .unfitChallenges(let words): words
        case .interrupted: "stopped before the load was over: nothing was judged"
        }
    }
}
