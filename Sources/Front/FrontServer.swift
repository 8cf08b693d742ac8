import Foundation
import Glibc
import Hummingbird
import HummingbirdCore
package import Listening
package import Logging
import NIOCore
import NIOPosix
import Synchronization
package import Tokens

/// The front as a running server: listens, answers, and drains on SIGTERM or SIGINT.
package struct FrontServer: Sendable {
    /// Why the server could not start or go on.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// The combination of settings is refused.
        case refused(FrontConfiguration.Failure)
        /// The address cannot be listened on.
        case cannotListen(ListenAddress, reason: String)
        case portFile(PortFile.Failure)
        /// The operator's token cannot be had.
        case operatorToken(OperatorAccess.Failure)
        /// The file of the keys that tokens are checked with cannot be used.
        case tokenKeys(KeySource.Failure)
        /// Certificate or key cannot be had.
        case tls(TLSCredentials.Failure)

        package var description: String {
            switch self {
            case .refused(let failure): failure.description
            case .cannotListen(let address, let reason):
                "cannot listen on \(address): \(reason); choose another address with --listen, or stop what uses it"
            case .portFile(let failure): failure.description
            case .operatorToken(let failure): failure.description
            case .tokenKeys(let failure): failure.description
            case .tls(let failure): failure.description
            }
        }

        /// The sysexits code of the process: 78 for a setting, 69 for an address, 73 for a file.
        package var exitCode: Int32 {
            switch self {
            case .refused, .operatorToken, .tokenKeys, .tls: 78
            case .cannotListen: 69
            case .portFile: 73
            }
        }
    }

    /// Clients that wait in the kernel until they are accepted.
    private static let backlog = 1024

    /// What whoever started the front may want to hear of it.
    package enum Moment: Sendable, Equatable {
        /// Connections are accepted at this address from now on, and speak TLS or do not.
        case listening(ListenAddress, isSecure: Bool)
        /// All threads that serve connections have turned since the last time: none of them hangs.
        case alive
        /// No more connections are accepted; requests that are being answered are finished.
        case draining
    }

    private let configuration: FrontConfiguration
    private let logger: Logger
    private let aliveInterval: Duration?
    private let report: @Sendable (Moment) -> Void

    /// `report` is called on threads that serve connections, so it must not block; `alive` comes every
    /// `aliveInterval`, and never where that is `nil`.
    package init(
        configuration: FrontConfiguration,
        logger: Logger,
        aliveInterval: Duration? = nil,
        report: @escaping @Sendable (Moment) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.aliveInterval = aliveInterval
        self.report = report
    }

    /// Runs until a signal asks it to end; requests that are being answered then are finished first.
    package func run() async throws(Failure) {
        do throws(FrontConfiguration.Failure) { try configuration.validate() } catch { throw .refused(error) }
        do throws(PortFile.Failure) {
            if let path = configuration.portFile { try PortFile.remove(path) }
        } catch { throw .portFile(error) }
        let access: OperatorAccess
        do throws(OperatorAccess.Failure) {
            access =
                try configuration.operatorTokenFile.map { path throws(OperatorAccess.Failure) in
                    try OperatorAccess(tokenFile: path)
                } ?? OperatorAccess()
        } catch { throw .operatorToken(error) }
        let tokens = configuration.tokens.map { TokenIdentity($0) }
        let credentials = try loadCredentials()
        let refreshing = try await startRefreshing(tokens)
        defer { refreshing?.cancel() }
        let failed = FirstFailure()
        do {
            try await application(failed, access, tokens, credentials).runService()
        } catch {
            throw failed.failure.withLock { $0 } ?? .cannotListen(configuration.listen, reason: "\(error)")
        }
        if let failure = failed.failure.withLock({ $0 }) { throw failure }
    }

    /// Reads the keys of tokens and goes on doing so.
    ///
    /// A file that cannot be used now is a mistake of whoever starts this; a URL may come back, and until then
    /// players are answered 503.
    private func startRefreshing(_ tokens: TokenIdentity?) async throws(Failure) -> Task<Void, Never>? {
        guard let tokens, let configuration = configuration.tokens else { return nil }
        let source = tokens.source(now: Self.milliseconds, logger: logger)
        do throws(KeySource.Failure) {
            try await source.refresh()
        } catch {
            guard case .url = configuration.keys else { throw .tokenKeys(error) }
            logger.error("token keys cannot be read yet", metadata: ["reason": "\(error)"])
        }
        return Task { await source.run() }
    }

    /// The server as Hummingbird runs it; what fails once it listens is noted in `failed` and ends it.
    private func application(
        _ failed: FirstFailure,
        _ access: OperatorAccess,
        _ tokens: TokenIdentity?,
        _ credentials: TLSCredentials?
    ) async throws -> Application<FrontResponder> {
        let limits = effectiveLimits
        let group = Self.loops
        let (configuration, logger) = (configuration, logger)
        let shelf = TemplateShelf()
        let states = try await EventLoopStates(group, clock: Self.milliseconds) {
            FrontAnswerer(
                configuration: configuration,
                shelf: shelf,
                clock: Self.milliseconds,
                logger: logger,
                tokens: tokens
            )
        }
        let answerers = FrontAnswerers(
            configuration: configuration,
            laneCount: Self.laneCount,
            shelf: shelf,
            clock: Self.milliseconds,
            logger: logger,
            tokens: tokens
        )
        let connections = ConnectionCount(limit: limits.connectionsMax)
        let metrics = MetricsPage(
            states: states,
            answerers: answerers,
            shelf: shelf,
            connections: connections,
            tokens: tokens,
            clock: Self.milliseconds
        )
        let status = StatusSource(
            path: configuration.statusFile,
            answerers: answerers,
            clock: Self.milliseconds
        )
        return Application(
            responder: FrontResponder(answerers: answerers, limits: limits, access: access) { route in
                if case .status(let isJSON) = route { return try await status.response(isJSON: isJSON) }
                return try await metrics.response()
            },
            server: server(states, limits, connections, credentials),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.listen.host, port: configuration.listen.port),
                serverName: ResponseHead.serverName,
                backlog: Self.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    limits.connectionsMax + FrontLimits.refusalsMax
                )
            ),
            onServerRunning: { channel in listening(channel, failed, credentials) },
            eventLoopGroupProvider: .shared(group),
            logger: quietLogger
        )
    }

    private func server(
        _ states: EventLoopStates,
        _ limits: FrontLimits,
        _ connections: ConnectionCount,
        _ credentials: TLSCredentials?
    ) -> HTTPServerBuilder {
        let answersOnEventLoop = configuration.answersOnEventLoop
        return HTTPServerBuilder { responder in
            let plain = FrontChannel(
                base: HTTP1Channel(
                    responder: responder,
                    // Without a time limit of its own: it does not see the requests answered before it.
                    configuration: HTTP1Channel.Configuration(
                        httpDecoderConfiguration: .init(
                            maxHeaderFieldSize: limits.headerBytesMax,
                            maxHeaderListSize: limits.headerBytesMax,
                            maxHeaderFieldCount: FrontLimits.headerFieldsMax
                        )
                    )
                ),
                states: states,
                limits: limits,
                connections: connections,
                answersOnEventLoop: answersOnEventLoop
            )
            guard let credentials else { return plain }
            return SecureChannel(http1: plain, credentials: credentials, responder: responder)
        }
    }

    /// The limits as far as the system lets them be: every connection takes a file.
    private var effectiveLimits: FrontLimits {
        var limits = configuration.limits
        let possible = ProcessLimits.connectionsPossible()
        if limits.connectionsMax > possible {
            logger.warning(
                "the system allows fewer open files than front_connections_max needs; raise `ulimit -n`",
                metadata: ["connections": "\(possible)", "wanted": "\(limits.connectionsMax)"]
            )
            limits.connectionsMax = possible
        }
        return limits
    }

    private func listening(
        _ channel: any Channel,
        _ failed: FirstFailure,
        _ credentials: TLSCredentials?
    ) {
        let port = channel.localAddress?.port ?? configuration.listen.port
        let address = ListenAddress(host: configuration.listen.host, port: port)
        do throws(PortFile.Failure) {
            if let path = configuration.portFile { try PortFile.write(address, to: path) }
            logger.info("listening on \(credentials == nil ? "http" : "https")://\(address)")
            report(.listening(address, isSecure: credentials != nil))
            reportAlive(on: channel.eventLoop)
            if let credentials { follow(credentials, on: channel) }
            // The listening socket is the first that a drain closes.
            channel.closeFuture.whenComplete { [report] _ in report(.draining) }
        } catch {
            failed.failure.withLock { $0 = .portFile(error) }
            channel.close(promise: nil)
        }
    }

    /// Reads certificate and key, where there are any.
    private func loadCredentials() throws(Failure) -> TLSCredentials? {
        guard let files = configuration.tls else { return nil }
        do throws(TLSCredentials.Failure) {
            let credentials = try TLSCredentials(files)
            if credentials.isKeyExposed {
                logger.warning(
                    "everybody on this machine can read the TLS key",
                    metadata: ["file": "\(files.key)"]
                )
            }
            return credentials
        } catch { throw .tls(error) }
    }

    /// Takes a renewed certificate, as long as the front listens.
    private func follow(_ credentials: TLSCredentials, on channel: any Channel) {
        let interval = TimeAmount.seconds(Int64(FrontLimits.certificateCheckSeconds))
        let task = channel.eventLoop.scheduleRepeatedAsyncTask(initialDelay: interval, delay: interval) {
            [logger] _ in
            NIOThreadPool.singleton.runIfActive(eventLoop: channel.eventLoop) {
                switch credentials.reload() {
                case .unchanged: break
                case .replaced: logger.info("the TLS certificate was renewed")
                case .kept(let failure):
                    logger.warning("the last TLS certificate stays in use", metadata: ["error": "\(failure)"])
                }
            }
        }
        channel.closeFuture.whenComplete { _ in task.cancel() }
    }

    /// Says so again and again, each time once every thread has done a piece of work given to it.
    private func reportAlive(on loop: any EventLoop) {
        guard let aliveInterval else { return }
        let (seconds, attoseconds) = aliveInterval.components
        let interval = TimeAmount.seconds(seconds) + .nanoseconds(attoseconds / 1_000_000_000)
        loop.scheduleRepeatedAsyncTask(initialDelay: .zero, delay: interval) { [report] _ in
            let turns = Self.loops.makeIterator().map { $0.submit {} }
            return EventLoopFuture.andAllSucceed(turns, on: loop).map { report(.alive) }
        }
    }

    /// Hummingbird's own start and stop lines say nothing that ours do not; its warnings pass.
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .notice)
        return logger
    }

    /// Says how many threads serve connections, at least 1; only before the first server of a process, once.
    package static func setThreads(_ count: Int) { NIOSingletons.groupLoopCountSuggestion = count }

    /// The threads that serve connections; the process's own, never shut down.
    private static let loops = MultiThreadedEventLoopGroup.singleton

    /// Twice the processors: the threads that run requests, and some that were interrupted in one.
    private static var laneCount: Int { 2 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    private static func milliseconds() -> Int64 {
        Int64((Date.now.timeIntervalSince1970 * 1000).rounded(.down))
    }
}

/// Carries a failure out of a callback that cannot throw.
private final class FirstFailure: Sendable {
    let failure = Mutex<FrontServer.Failure?>(nil)
}
