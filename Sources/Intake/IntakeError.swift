package import EventLog

/// Why a batch was not taken in; none of it is in the log then, and it may be sent again.
package enum IntakeError: Error, Equatable, CustomStringConvertible {
    /// Too many bytes wait to be committed; refused at once. Both in bytes.
    case overloaded(waitingBytes: Int, limit: Int)
    /// The log or the quarantine cannot be written now; the next attempts try to recover.
    ///
    /// `reason` is for the operator: it names files.
    case unavailable(reason: String)
    /// The intake is ending.
    case closed
    /// The log cannot be opened.
    case log(LogError)
    /// No configuration governs the log's next record, so that it could never be folded.
    case noConfiguration(directory: String)

    package var description: String {
        switch self {
        case .overloaded(let waitingBytes, let limit):
            "\(waitingBytes) bytes wait to be written, and at most \(limit) may: send again later"
        case .unavailable(let reason): "the log cannot be written: \(reason)"
        case .closed: "the intake is ending: send again to the one that follows"
        case .log(let error): "\(error)"
        case .noConfiguration(let directory):
            "no configuration governs the next record in \(directory): "
                + "run `goalpost init` or `goalpost challenges apply FILE`"
        }
    }
}
