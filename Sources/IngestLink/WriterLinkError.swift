import Ingest

/// Why the server that writes the log did not take what was handed over.
package enum WriterLinkError: Error, Equatable, CustomStringConvertible {
    /// The server ended, or its answer did not come; what it has acknowledged is in the log.
    case lost(socket: String, reason: String)
    /// It cannot write now: too much waits, the disk is full, or it is ending.
    case unavailable(detail: String)
    /// Another program ingests the same source at the same time.
    case conflict(detail: String)
    /// It found the request wrong; the detail says why.
    case refused(detail: String)
    /// It answered what this program does not understand: the two are of different versions.
    case notUnderstood(socket: String, reason: String)

    package var description: String {
        switch self {
        case .lost(let socket, let reason):
            "goalpost-ingest at \(socket) did not answer: \(reason). What it acknowledged is in the log; run again"
        case .unavailable(let detail): "goalpost-ingest does not write now: \(detail) Run again later"
        case .conflict(let detail): "goalpost-ingest refused: \(detail) Run again when that has ended"
        case .refused(let detail): detail
        case .notUnderstood(let socket, let reason):
            "goalpost-ingest at \(socket) answered otherwise than this program expects (\(reason)): "
                + "install the same version of both and restart the server"
        }
    }
}
