/// Why the service manager cannot be told.
package enum ServiceManagerError: Error, Equatable, Sendable {
    /// An environment variable holds what no service manager puts there.
    case badVariable(String, String, wanted: String)
    /// The system refused to send.
    case cannotSend(socket: String, reason: String)
}

extension ServiceManagerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badVariable(let name, let value, let wanted):
            "\(name) is '\(value)', not \(wanted): unset it, or let the service manager set it"
        case .cannotSend(let socket, let reason):
            "the service manager cannot be told over NOTIFY_SOCKET \(socket): \(reason)"
        }
    }
}
