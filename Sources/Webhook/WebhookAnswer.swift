/// What became of one request, sorted by what its sender does next.
package enum WebhookAnswer: Hashable, Sendable {
    /// The receiver has it: status 200 to 299.
    case accepted
    /// It may well succeed later: 408, 429, 500 and above, no connection, no answer in time.
    case postponed(reason: String)
    /// It would fail again: any other status. `isCredentials` where the receiver does not know us (401, 403).
    case refused(reason: String, isCredentials: Bool)

    /// Sorts a status; `excerpt` is the beginning of the answer's body.
    package init(status: Int, excerpt: String) {
        let reason = "HTTP status \(status)" + (excerpt.isEmpty ? "" : ": \(excerpt)")
        switch status {
        case 200..<300: self = .accepted
        case 408, 429, 500...: self = .postponed(reason: reason)
        default: self = .refused(reason: reason, isCredentials: status == 401 || status == 403)
        }
    }
}
