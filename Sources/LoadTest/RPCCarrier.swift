import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix

/// Sends events over gRPC, by HTTP/2 frames alone: one event a call, or batches on a stream that stays open.
///
/// Belongs to its event loop. A connection that breaks is dialled anew until the carrier is closed.
final class RPCCarrier: Carrier {
    enum Way {
        /// The platform's `OnMessage`, one event a call.
        case unary
        /// `goalpost.v1.Ingest/AppendStream`.
        case stream
    }

    private static let redialAfter = TimeAmount.milliseconds(100)
    /// Calls at once over one connection; the server allows 512.
    private static let callsMax = 128
    /// Batches of a stream that wait for their answers.
    private static let batchesMax = 4

    private let loop: any EventLoop
    private let address: SocketAddress
    private let timeout: Int64
    private let clock: LoadClock
    let way: Way
    private var events: EventBytes
    private let heads: [HPACKHeaders]
    let onFinished: ([Arrival], Outcome, Int64, Int64) -> Void
    private var all: [RPCConnection] = []
    private var next = 0
    private var isClosed = false

    init(
        loop: any EventLoop,
        address: SocketAddress,
        authority: String,
        timeout: Int64,
        clock: LoadClock,
        way: Way,
        events: EventBytes,
        onFinished: @escaping ([Arrival], Outcome, Int64, Int64) -> Void
    ) {
        self.loop = loop
        self.address = address
        self.timeout = timeout
        self.clock = clock
        self.way = way
        self.events = events
        self.onFinished = onFinished
        heads = [
            "/accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService/OnMessage",
            "/accelbyte.social.statistic.v1.StatisticStatItemUpdatedService/OnMessage",
            "/goalpost.v1.Ingest/AppendStream",
        ].map { path in
            HPACKHeaders([
                (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", authority),
                ("content-type", "application/grpc"), ("te", "trailers"),
            ])
        }
    }

    var now: Int64 { clock.now }
    var streamHead: HPACKHeaders { heads[2] }
    private var roomMax: Int { way == .unary ? Self.callsMax : Self.batchesMax }

    func open(_ count: Int) {
        for _ in 0..<count { dial() }
    }

    var connectionCount: Int { all.count }

    private func dial() {
        guard !isClosed else { return }
        let own = NIOLoopBound(self, eventLoop: loop)
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .initialWindowSize, value: RPCConnection.windowBytes),
        ]
        ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.nanoseconds(timeout))
            .channelInitializer { [configuration] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOHTTP2Handler(mode: .client, connectionConfiguration: configuration),
                        RPCConnection(carrier: own.value),
                    ])
                }
            }
            .connect(to: address)
            .whenFailure { _ in own.value.redial() }
    }

    private func redial() {
        guard !isClosed else { return }
        let own = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: Self.redialAfter) { own.value.dial() }
    }

    var hasRoom: Bool { all.contains { $0.underWay < roomMax } }

    func send(_ arrivals: [Arrival], now: Int64) {
        for _ in all.indices {
            next = (next + 1) % all.count
            guard all[next].underWay < roomMax else { continue }
            switch way {
            case .unary:
                let head = arrivals[0].kind == .login ? heads[0] : heads[1]
                all[next].call(arrivals, head, events.message(arrivals[0]), now: now)
            case .stream: all[next].append(arrivals, events.appendRequest(arrivals), now: now)
            }
            return
        }
        preconditionFailure("sent without room")
    }

    func opened(_ connection: RPCConnection) {
        guard !isClosed else { return connection.close() }
        all.append(connection)
        onFinished([], .answered, 0, clock.now)
    }

    func closed(_ connection: RPCConnection) {
        all.removeAll { $0 === connection }
        redial()
    }

    /// Gives up on exchanges that take too long, and with them on their connections.
    func sweep(now: Int64) {
        for connection in all where connection.isOverdue(before: now - timeout) {
            connection.giveUp(.timedOut, now: now)
        }
    }

    func close(now: Int64) {
        isClosed = true
        for connection in all { connection.giveUp(.unanswered, now: now) }
    }
}
