import Hummingbird
import HummingbirdCore
import Ingest
import Intake
import Listening
import Logging
import NIOCore
import NIOPosix

/// The unix socket beside the network's addresses, through which programs of the log's owner write.
///
/// A server that cannot have it goes on without: those programs then end as if another program held the log.
struct OwnerListener: Sendable {
    /// Programs connected at once; the others wait to be accepted.
    private static let connectionsMax = 16
    private static let idleSeconds: Int64 = 60

    let application: Application<OwnerResponder>
    private let socket: OwnerSocket
    private let running: AsyncStream<Void>

    /// Nil, with a warning, where there can be no socket in `directory`.
    init?(directory: String, responder: OwnerResponder, logger: Logger) {
        let socket: OwnerSocket
        let address: String
        do throws(OwnerSocket.Failure) {
            socket = try OwnerSocket(directory: directory, name: Handover.socketName)
            address = try socket.addressToBind()
        } catch {
            logger.warning("\(error); `goalpost ingest` and its like cannot write while this server runs")
            return nil
        }
        let (running, isRunning) = AsyncStream.makeStream(of: Void.self)
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        application = Application(
            responder: responder,
            server: .http1(
                configuration: HTTP1Channel.Configuration(idleTimeout: .seconds(Self.idleSeconds))
            ),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: address),
                serverName: "goalpost-ingest",
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionsMax)
            ),
            onServerRunning: { _ in
                do throws(OwnerSocket.Failure) {
                    try socket.publish()
                    logger.info("listening on socket \(socket.path)")
                } catch {
                    logger.warning("\(error)")
                }
                isRunning.finish()
            },
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
            logger: quiet
        )
        self.socket = socket
        self.running = running
    }

    /// Waits until the socket can be connected to.
    func awaitRunning() async {
        for await _ in running {}
    }

    /// Removes the socket's file; before the log's lock goes to another.
    func remove() { socket.remove() }
}
