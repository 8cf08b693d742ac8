import Certificates
import Dispatch
import Glibc
import IngestRPC
import IntakeServer
import Logging
import Tokens

/// What runs beside the HTTP server for as long as it does: gRPC, players' keys, the certificate and SIGHUP.
///
/// The log is closed when both servers have ended: see `IngestServer`'s `beforeClose`.
struct Beside {
    let certificate: ServerCertificate?
    let keys: KeySource?
    let remote: RPCServer?
    let logger: Logger

    /// Runs until the HTTP server ends or gRPC cannot go on; throws why, as either says it.
    func run(with server: IngestServer) async throws {
        let hangup = watchHangup()
        defer { hangup.cancel() }
        let tending = [
            Task { [certificate] in await certificate?.run() },
            Task { [keys] in await keys?.run() },
        ]
        defer { tending.forEach { $0.cancel() } }
        guard let remote else { return try await server.run() }
        async let calls: Void = remote.run()
        guard await remote.hasStarted() else { return try await calls }
        // Ends `calls` too, before it returns.
        async let requests: Void = server.run()
        do {
            try await calls
        } catch {
            // The way that the HTTP server ends for any other reason.
            kill(getpid(), SIGTERM)
            try await requests
            throw error
        }
        try await requests
    }

    private func watchHangup() -> any DispatchSourceSignal {
        signal(SIGHUP, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler { [certificate, logger] in
            guard let certificate else {
                return logger.notice("SIGHUP: there is no certificate to read anew")
            }
            certificate.reload()
        }
        source.activate()
        return source
    }
}
