import Foundation
import IntakeServer
import Logging
import ServiceManager

/// Tells the service manager, if there is one, what becomes of the server.
///
/// That it cannot be told is a warning, not a reason to serve nobody: a manager that hears nothing acts by itself.
struct ServiceReport: Sendable {
    private let manager: ServiceManager?
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
        do throws(ServiceManagerError) {
            manager = try ServiceManager(environment: ProcessInfo.processInfo.environment)
        } catch {
            logger.warning("\(error)")
            manager = nil
        }
    }

    /// Half of what the manager allows, as sd_watchdog_enabled(3) advises; `nil` when it awaits nothing.
    var aliveInterval: Duration? { manager?.watchdogInterval.map { $0 / 2 } }

    /// Passes a moment on.
    func report(_ moment: IngestServer.Moment) {
        guard let manager else { return }
        let message: ServiceManager.Message =
            switch moment {
            case .listening(let address): .ready(status: "listening on http://\(address)")
            case .alive: .alive
            case .draining: .stopping(status: "finishing the requests that are being answered")
            }
        do throws(ServiceManagerError) {
            try manager.send(message)
        } catch {
            logger.warning("\(error)")
        }
    }
}
