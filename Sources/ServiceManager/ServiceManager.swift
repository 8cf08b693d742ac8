internal import Glibc

/// The program that started this one and watches over it, systemd for one, and what it is told.
///
/// The protocol is that of sd_notify(3): each message is one datagram of `NAME=VALUE` lines to the unix socket that
/// `NOTIFY_SOCKET` names. Without that variable there is nobody to tell, and `ServiceManager` is `nil`.
package struct ServiceManager: Sendable {
    /// What a service says of itself.
    package enum Message: Sendable, Equatable {
        /// It does its work from now on.
        case ready(status: String)
        /// It ends: what it has begun is finished, nothing new is taken.
        case stopping(status: String)
        /// It is alive; due at least every ``watchdogInterval``.
        case alive

        var text: String {
            switch self {
            case .ready(let status): "READY=1\nSTATUS=\(Self.line(status))"
            case .stopping(let status): "STOPPING=1\nSTATUS=\(Self.line(status))"
            case .alive: "WATCHDOG=1"
            }
        }

        /// A line break would begin another message.
        private static func line(_ text: String) -> String {
            String(text.map { $0.isNewline ? " " : $0 })
        }
    }

    /// Longest silence before the service is taken for hung and restarted; `nil` when nobody watches.
    package let watchdogInterval: Duration?
    private let socket: NotifySocket

    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`; `nil` when nobody is to be told.
    ///
    /// Throws for values that no service manager gives. Sends nothing yet.
    package init?(environment: [String: String], processID: Int32 = getpid()) throws(ServiceManagerError) {
        guard let address = environment["NOTIFY_SOCKET"], !address.isEmpty else { return nil }
        socket = try NotifySocket(address)
        watchdogInterval = try Self.watchdogInterval(environment, processID)
    }

    /// Sends one datagram; never waits.
    package func send(_ message: Message) throws(ServiceManagerError) {
        try socket.send(message.text)
    }

    /// `WATCHDOG_PID` says whose beats are awaited, where several processes inherit the variables.
    private static func watchdogInterval(
        _ environment: [String: String],
        _ processID: Int32
    ) throws(ServiceManagerError) -> Duration? {
        guard let text = environment["WATCHDOG_USEC"], !text.isEmpty else { return nil }
        if let whose = environment["WATCHDOG_PID"], !whose.isEmpty {
            guard let number = Int32(whose) else {
                throw .badVariable("WATCHDOG_PID", whose, wanted: "a process id")
            }
            guard number == processID else { return nil }
        }
        guard let microseconds = Int64(text), microseconds > 0 else {
            throw .badVariable("WATCHDOG_USEC", text, wanted: "a whole number of microseconds above 0")
        }
        return .microseconds(microseconds)
    }
}
