import Glibc
import Hummingbird
import HummingbirdCore
package import Listening
package import Logging
import NIOCore
import NIOPosix
import Synchronization

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

        package var description: String {
            switch self {
            case .refused(let failure): failure.description
            case .cannotListen(let address, let reason):
                "cannot listen on \(address): \(reason); choose another address with --listen, or stop what uses it"
            case .portFile(let failure): failure.description
            case .operatorToken(let failure): failure.description
            }
        }

        /// The sysexits code of the process: 78 for a setting, 69 for an address, 73 for a file.
        package var exitCode: Int32 {
            switch self {
            case .refused, .operatorToken: 78
            case .cannotListen: 69
            case .portFile: 73
            }
        }
    }

    /// Clients that wait in the kernel until they are accepted.
    private static let backlog = 1024

    /// What whoever started the front may want to hear of it.
    package enum Moment: Sendable, Equatable {
        /// Connections are accepted at this address from now on.
        case listening(ListenAddress)
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
        let failed = FirstFailure()
        do {
            try await application(failed, access).runService()
        } catch {
            throw failed.failure.withLock { $0 } ?? .cannotListen(configuration.listen, reason: "\(error)")
        }
        if let failure = failed.failure.withLock({ $0 }) { throw failure }
    }

    /// The server as Hummingbird runs it; what fails once it listens is noted in `failed` and ends it.
    private func application(
        _ failed: FirstFailure,
        _ access: OperatorAccess
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
                logger: logger
            )
        }
        let answerers = FrontAnswerers(
            configuration: configuration,
            laneCount: Self.laneCount,
            shelf: shelf,
            clock: Self.milliseconds,
            logger: logger
        )
        let connections = ConnectionCount(limit: limits.connectionsMax)
        let metrics = MetricsPage(
            states: states,
            answerers: answerers,
            shelf: shelf,
            connections: connections,
            clock: Self.milliseconds
        )
        return Application(
            responder: FrontResponder(answerers: answerers, limits: limits, access: access) {
                try await metrics.response()
            },
            server: server(states, limits, connections),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.listen.host, port: configuration.listen.port),
                serverName: ResponseHead.serverName,
                backlog: Self.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    limits.connectionsMax + FrontLimits.refusalsMax
                )
            ),
            onServerRunning: { channel in listening(channel, failed) },
            eventLoopGroupProvider: .shared(group),
            logger: quietLogger
        )
    }

    private func server(
        _ states: EventLoopStates,
        _ limits: FrontLimits,
        _ connections: ConnectionCount
    ) -> HTTPServerBuilder {
        let answersOnEventLoop = configuration.answersOnEventLoop
        return HTTPServerBuilder { responder in
            FrontChannel(
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

    private func listening(_ channel: any Channel, _ failed: FirstFailure) {
        let port = channel.localAddress?.port ?? configuration.listen.port
        let address = ListenAddress(host: configuration.listen.host, port: port)
        do throws(PortFile.Failure) {
            if let path = configuration.portFile { try PortFile.write(address, to: path) }
            logger.info("listening on http://\(address)")
            report(.listening(address))
            reportAlive(on: channel.eventLoop)
            // The listening socket is the first that a drain closes.
            channel.closeFuture.whenComplete { [report] _ in report(.draining) }
        } catch {
            failed.failure.withLock { $0 = .portFile(error) }
            channel.close(promise: nil)
        }
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

    /// The threads that serve connections; the process's own, never shut down.
    private static let loops = MultiThreadedEventLoopGroup.singleton

    /// Twice the processors: the threads that run requests, and some that were interrupted in one.
    private static var laneCount: Int { 2 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    private static func milliseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}

/// Carries a failure out of a callback that cannot throw.
private final class FirstFailure: Sendable {
    let failure = Mutex<FrontServer.Failure?>(nil)
}
