import Certificates
import GRPCCore
import GRPCNIOTransportHTTP2Posix
package import Intake
package import Listening
package import Logging
import NIOCore
import NIOSSL
import RPCMessages
import Synchronization
import Tokens

/// The gRPC side of ingest as a running server: the platform's two event services, batches, and a health check.
///
/// A call is answered once its events are durable. Speaks HTTP/2 only, plain or over TLS, without reflection.
package final class RPCServer: Sendable {
    /// Why the server could not start or go on.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// Nothing would keep strangers out.
        case openToAll(ListenAddress)
        case certificate(reason: String)
        case cannotListen(ListenAddress, reason: String)
        case portFile(PortFile.Failure)

        package var description: String {
            switch self {
            case .openToAll(let address):
                "without tokens or client certificates anybody who reaches \(address) could write: set "
                    + "ingest_token_file or ingest_tls_client_ca_file, or listen on 127.0.0.1:PORT or [::1]:PORT"
            case .certificate(let reason):
                "TLS cannot be spoken: \(reason); look at the ingest_tls_* settings"
            case .cannotListen(let address, let reason):
                "cannot listen on \(address): \(reason); choose another address with --grpc, or stop what uses it"
            case .portFile(let failure): failure.description
            }
        }

        /// The sysexits code of the process: 78 for a setting, 69 for an address, 73 for a file.
        package var exitCode: Int32 {
            switch self {
            case .openToAll, .certificate: 78
            case .cannotListen: 69
            case .portFile: 73
            }
        }
    }

    /// How long calls may take to end once the server is asked to.
    package static let drainSeconds: Int64 = 10

    private let configuration: RPCConfiguration
    private let logger: Logger
    private let server: GRPCServer<HTTP2ServerTransport.Posix>
    private let draining = OneTimeEvent()
    private let started = OneTimeEvent()
    private let ended = OneTimeEvent()
    private let announcingFailure = Mutex<Failure?>(nil)
    private let connections = ConnectionGauge()

    /// Does not listen yet.
    ///
    /// - Throws: `openToAll`, `certificate`.
    package init(
        queue: IntakeQueue,
        configuration: RPCConfiguration,
        logger: Logger
    ) throws(Failure) {
        let hasCallers = configuration.services.asksForToken || configuration.clientAuthorityFile != nil
        guard hasCallers || configuration.listen.isLoopback else { throw .openToAll(configuration.listen) }
        self.configuration = configuration
        self.logger = logger
        let sink = EventSink(queue: queue, now: configuration.now, logger: logger)
        let services: [any RegistrableRPCService] = [
            LoggedInService(sink: sink), StatItemService(sink: sink), AppendService(sink: sink),
            HealthService(queue: queue, draining: draining, services: Self.serviceNames),
        ]
        server = GRPCServer(
            transport: try Self.transport(configuration, connections),
            services: services,
            // Who has shown a certificate, as all must then, needs no token.
            interceptors: [
                CallerCheck(
                    access: configuration.clientAuthorityFile == nil
                        ? configuration.services : ServiceAccess()
                )
            ]
        )
    }

    private static let serviceNames: Set<String> = [
        Accelbyte_Iam_Account_V1_UserAuthenticationUserLoggedInService.descriptor.fullyQualifiedService,
        Accelbyte_Social_Statistic_V1_StatisticStatItemUpdatedService.descriptor.fullyQualifiedService,
        Goalpost_V1_Ingest.descriptor.fullyQualifiedService,
    ]

    /// Serves until `drain` or cancellation; says where it listens by `report`, which must not block.
    package func run(report: @escaping @Sendable (ListenAddress) -> Void = { _ in }) async throws(Failure) {
        defer {
            started.happen()
            ended.happen()
        }
        do throws(PortFile.Failure) {
            if let path = configuration.portFile { try PortFile.remove(path) }
        } catch { throw .portFile(error) }
        // Not awaited: where it listens is never told by a transport that could not listen.
        let announcing = Task { await announce(report) }
        defer { announcing.cancel() }
        let failure = await withTaskGroup(of: Failure?.self) { group in
            group.addTask { await self.serve() }
            group.addTask { await self.limitDrain() }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        if let failure = announcingFailure.withLock({ $0 }) ?? failure { throw failure }
    }

    /// Takes no more calls; `run` returns when those at work are done, after `drainSeconds` at the latest.
    package func drain() {
        draining.happen()
        server.beginGracefulShutdown()
    }

    /// Says whether calls are accepted, once they are or `run` has ended; for one caller.
    package func hasStarted() async -> Bool {
        await started.wait()
        return !ended.hasHappened
    }

    /// Drains, and returns when `run` has; for one caller.
    package func finish() async {
        drain()
        await ended.wait()
    }

    private func serve() async -> Failure? {
        do {
            try await server.serve()
            return nil
        } catch {
            if Task.isCancelled || draining.hasHappened { return nil }
            let cause = (error as? RuntimeError)?.cause ?? error
            return .cannotListen(configuration.listen, reason: "\(cause)")
        }
    }

    /// Ends what does not end by itself: a stream may stay open as long as its client likes.
    private func limitDrain() async -> Failure? {
        await draining.wait()
        do {
            try await Task.sleep(for: .seconds(Self.drainSeconds))
        } catch {
            // All was done before.
            return nil
        }
        return nil
    }

    private func announce(_ report: @Sendable (ListenAddress) -> Void) async {
        let port: Int
        do {
            let bound = try await server.transport.listeningAddress
            port = bound.ipv4?.port ?? bound.ipv6?.port ?? configuration.listen.port
        } catch {
            // `serve` knows why.
            return
        }
        let address = ListenAddress(host: configuration.listen.host, port: port)
        do throws(PortFile.Failure) {
            if let path = configuration.portFile { try PortFile.write(address, to: path) }
        } catch {
            announcingFailure.withLock { $0 = .portFile(error) }
            drain()
            return
        }
        logger.info("listening for gRPC on \(address)")
        report(address)
        started.happen()
    }

    private static func transport(
        _ configuration: RPCConfiguration,
        _ connections: ConnectionGauge
    ) throws(Failure) -> HTTP2ServerTransport.Posix {
        let host = configuration.listen.host
        let port = configuration.listen.port
        let connectionsMax = configuration.connectionsMax
        return HTTP2ServerTransport.Posix(
            address: host.contains(":") ? .ipv6(host: host, port: port) : .ipv4(host: host, port: port),
            transportSecurity: try security(configuration),
            config: .defaults { config in
                config.rpc.maxRequestPayloadSize = RPCLimits.messageBytesMax
                config.http2.maxConcurrentStreams = RPCLimits.streamsMax
                config.http2.targetWindowSize = RPCLimits.windowBytes
                config.connection.maxIdleTime = RPCLimits.idle
                config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls =
                    RPCLimits.pingInterval
                config.connection.keepalive.clientBehavior.allowWithoutCalls = true
                config.channelDebuggingCallbacks.onAcceptTCPConnection = { channel in
                    connections.admit(channel, max: connectionsMax)
                }
            }
        )
    }

    private static func security(
        _ configuration: RPCConfiguration
    ) throws(Failure) -> HTTP2ServerTransport.Posix.TransportSecurity {
        guard let certificate = configuration.certificate else {
            guard configuration.clientAuthorityFile == nil else {
                throw .certificate(
                    reason: "client certificates are asked for, but there is none of the server"
                )
            }
            return .plaintext
        }
        do {
            guard let authority = configuration.clientAuthorityFile else {
                return try .tls(certificateReloader: certificate.reloader)
            }
            // A missing file would be found at the first connection only.
            _ = try NIOSSLCertificate.fromPEMFile(authority)
            return try .mTLS(certificateReloader: certificate.reloader) { tls in
                // A client is known by who signed for it; its name is no host's.
                tls.clientCertificateVerification = .noHostnameVerification
                tls.trustRoots = .certificates([.file(path: authority, format: .pem)])
            }
        } catch { throw .certificate(reason: "\(error)") }
    }
}

/// Counts open connections, and closes those above the limit at once.
private final class ConnectionGauge: Sendable {
    private let open = Atomic(0)

    func admit(_ channel: any Channel, max: Int) -> EventLoopFuture<Void> {
        let count = open.add(1, ordering: .relaxed).newValue
        channel.closeFuture.whenComplete { _ in self.open.subtract(1, ordering: .relaxed) }
        guard count <= max else { return channel.close() }
        return channel.eventLoop.makeSucceededVoidFuture()
    }
}
