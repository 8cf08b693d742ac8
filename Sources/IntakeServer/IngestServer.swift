import Certificates
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Intake
package import Listening
package import Logging
import NIOCertificateReloading
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
package import Tokens

/// The HTTP side of ingest as a running server: listens, answers, and drains on SIGTERM or SIGINT.
package struct IngestServer: Sendable {
    /// Why the server could not start or go on.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// Nothing would keep strangers out.
        case openToAll(ListenAddress)
        case insecureOffLoopback(ListenAddress)
        case tokens(ServiceAccess.Failure)
        case certificate(reason: String)
        case cannotListen(ListenAddress, reason: String)
        case portFile(PortFile.Failure)

        package var description: String {
            switch self {
            case .openToAll(let address):
                "without tokens or client certificates anybody who reaches \(address) could write: set "
                    + "ingest_token_file or ingest_tls_client_ca_file, or listen on 127.0.0.1:PORT or [::1]:PORT"
            case .insecureOffLoopback(let address):
                "--insecure-header-auth lets anybody who reaches \(address) be any player, so it is only allowed "
                    + "on loopback: listen on 127.0.0.1:PORT or [::1]:PORT, or leave the option away"
            case .tokens(let failure): failure.description
            case .certificate(let reason):
                "TLS cannot be spoken: \(reason); look at the ingest_tls_* settings"
            case .cannotListen(let address, let reason):
                "cannot listen on \(address): \(reason); choose another address with --http, or stop what uses it"
            case .portFile(let failure): failure.description
            }
        }

        /// The sysexits code of the process: 78 for a setting, 69 for an address, 73 for a file.
        package var exitCode: Int32 {
            switch self {
            case .openToAll, .insecureOffLoopback, .tokens, .certificate: 78
            case .cannotListen: 69
            case .portFile: 73
            }
        }
    }

    /// What whoever started the server may want to hear of it.
    package enum Moment: Sendable, Equatable {
        /// Connections are accepted at this address from now on.
        case listening(ListenAddress)
        /// The threads that serve connections turn, and the log's writer answers.
        case alive
        /// No more connections are accepted; requests that are being answered are finished.
        case draining
    }

    /// How long requests may take to end once the server is asked to.
    package static let drainSeconds: Int64 = 10
    private static let idleSeconds: Int64 = 60
    /// How often a quiet log is looked after, in seconds.
    private static let tendSeconds: Int64 = 1

    private let queue: IntakeQueue
    private let configuration: IngestConfiguration
    private let logger: Logger
    private let aliveInterval: Duration?
    private let report: @Sendable (Moment) -> Void
    private let beforeClose: @Sendable () async -> Void
    private let draining = DrainFlag()

    /// `report` must not block; `alive` comes every `aliveInterval`, and never where that is `nil`.
    ///
    /// `beforeClose` is awaited when the last request is answered, before the queue is closed: for others that write
    /// to it.
    package init(
        queue: IntakeQueue,
        configuration: IngestConfiguration,
        logger: Logger,
        aliveInterval: Duration? = nil,
        report: @escaping @Sendable (Moment) -> Void = { _ in },
        beforeClose: @escaping @Sendable () async -> Void = {}
    ) {
        self.queue = queue
        self.configuration = configuration
        self.logger = logger
        self.aliveInterval = aliveInterval
        self.report = report
        self.beforeClose = beforeClose
    }

    /// Runs until a signal asks it to end, answers what it has begun, and closes the queue.
    ///
    /// However it ends, `beforeClose` is awaited and the queue closed.
    package func run() async throws(Failure) {
        let prepared: (services: ServiceAccess, builder: HTTPServerBuilder)
        do throws(Failure) {
            prepared = try prepare()
        } catch {
            draining.set()
            await beforeClose()
            await queue.close()
            throw error
        }
        let failed = FirstFailure()
        let owner = ownerListener(prepared.services)
        var application = application(prepared.services, owner, prepared.builder, failed)
        if let owner { application.addServices(owner.application) }
        let running = Task { try await application.runService() }
        failed.running.withLock { $0 = running }
        let result = await running.result
        draining.set()
        await beforeClose()
        // While the log's lock still says whose socket it is.
        owner?.remove()
        await queue.close()
        if let failure = failed.failure.withLock({ $0 }) { throw failure }
        if case .failure(let error) = result, !failed.wasCancelled.withLock({ $0 }) {
            throw .cannotListen(configuration.listen, reason: "\(error)")
        }
    }

    private func prepare() throws(Failure) -> (ServiceAccess, HTTPServerBuilder) {
        let services = try services()
        do throws(PortFile.Failure) {
            if let path = configuration.portFile { try PortFile.remove(path) }
        } catch { throw .portFile(error) }
        return (services, try builder())
    }

    private func services() throws(Failure) -> ServiceAccess {
        let address = configuration.listen
        if configuration.players.isLoopbackOnly, !address.isLoopback { throw .insecureOffLoopback(address) }
        guard let path = configuration.tokenFile else {
            if configuration.players is NoPlayers, configuration.clientAuthorityFile == nil,
                !address.isLoopback
            {
                throw .openToAll(address)
            }
            return ServiceAccess()
        }
        do throws(ServiceAccess.Failure) {
            return try ServiceAccess(tokenFile: path)
        } catch { throw .tokens(error) }
    }

    private func builder() throws(Failure) -> HTTPServerBuilder {
        let plain = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                idleTimeout: .seconds(Self.idleSeconds),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16_384,
                    maxHeaderListSize: 16_384,
                    maxHeaderFieldCount: 64
                )
            )
        )
        guard let certificate = configuration.certificate else {
            guard configuration.clientAuthorityFile == nil else {
                throw .certificate(
                    reason: "client certificates are asked for, but there is none of the server"
                )
            }
            return plain
        }
        do {
            var tls = try TLSConfiguration.makeServerConfiguration(
                certificateReloader: certificate.reloader
            )
            tls.minimumTLSVersion = .tlsv12
            if let file = configuration.clientAuthorityFile {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
                // Players have none.
                tls.certificateVerification = .optionalVerification
            }
            return try .tls(plain, tlsConfiguration: tls)
        } catch { throw .certificate(reason: "\(error)") }
    }

    private func ownerListener(_ services: ServiceAccess) -> OwnerListener? {
        guard let directory = configuration.logDirectory else { return nil }
        let responder = OwnerResponder(
            queue: queue,
            events: IngestResponder(
                queue: queue,
                configuration: configuration,
                services: services,
                draining: draining,
                logger: logger,
                isOwner: true
            ),
            draining: draining,
            logger: logger,
            now: configuration.now
        )
        return OwnerListener(directory: directory, responder: responder, logger: logger)
    }

    private func application(
        _ services: ServiceAccess,
        _ owner: OwnerListener?,
        _ builder: HTTPServerBuilder,
        _ failed: FirstFailure
    ) -> Application<IngestResponder> {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        return Application(
            responder: IngestResponder(
                queue: queue,
                configuration: configuration,
                services: services,
                draining: draining,
                logger: logger
            ),
            server: builder,
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.listen.host, port: configuration.listen.port),
                serverName: "goalpost-ingest",
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.connectionsMax)
            ),
            onServerRunning: { channel in
                await owner?.awaitRunning()
                listening(channel, failed)
            },
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
            logger: quiet
        )
    }

    private func listening(_ channel: any Channel, _ failed: FirstFailure) {
        let address = ListenAddress(
            host: configuration.listen.host,
            port: channel.localAddress?.port ?? configuration.listen.port
        )
        do throws(PortFile.Failure) {
            if let path = configuration.portFile { try PortFile.write(address, to: path) }
        } catch {
            failed.failure.withLock { $0 = .portFile(error) }
            failed.cancel()
            return
        }
        logger.info("listening on \(configuration.certificate == nil ? "http" : "https")://\(address)")
        report(.listening(address))
        let loop = channel.eventLoop
        let tending = tend(on: loop)
        // The listening socket is the first that a drain closes.
        channel.closeFuture.whenComplete { [draining, report] _ in
            tending.forEach { $0.cancel() }
            draining.set()
            report(.draining)
            loop.scheduleTask(in: .seconds(Self.drainSeconds)) { failed.cancel() }
        }
    }

    /// Looks after a quiet log, and says that all is alive once the writer has answered.
    private func tend(on loop: any EventLoop) -> [RepeatedTask] {
        let queue = queue
        let logger = logger
        let tend = loop.scheduleRepeatedAsyncTask(
            initialDelay: .seconds(Self.tendSeconds),
            delay: .seconds(Self.tendSeconds)
        ) { _ in
            loop.makeFutureWithTask {
                await queue.tend()
                if let failure = queue.failure { logger.error("the log cannot be written: \(failure)") }
            }
        }
        guard let aliveInterval else { return [tend] }
        let (seconds, attoseconds) = aliveInterval.components
        let interval = TimeAmount.seconds(seconds) + .nanoseconds(attoseconds / 1_000_000_000)
        let alive = loop.scheduleRepeatedAsyncTask(initialDelay: .zero, delay: interval) { [report] _ in
            loop.makeFutureWithTask {
                await queue.tend()
                report(.alive)
            }
        }
        return [tend, alive]
    }
}

/// Carries a failure out of a callback that cannot throw, and the end that it means into the server.
private final class FirstFailure: Sendable {
    let failure = Mutex<IngestServer.Failure?>(nil)
    let running = Mutex<Task<Void, any Error>?>(nil)
    let wasCancelled = Mutex(false)

    func cancel() {
        wasCancelled.withLock { $0 = true }
        running.withLock { $0?.cancel() }
    }
}
