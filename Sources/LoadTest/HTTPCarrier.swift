import NIOCore
import NIOHTTP1
import NIOPosix

/// Sends arrivals over persistent HTTP/1.1 connections, one exchange at a time each.
///
/// Belongs to its event loop. A connection that breaks is dialled anew until the carrier is closed.
final class HTTPCarrier: Carrier {
    /// How requests are made and answers judged.
    struct Exchange {
        /// The whole request.
        let request: ([Arrival]) -> [UInt8]
        /// Whether the answer's body is kept for `verdict`.
        let wantsBody: ([Arrival]) -> Bool
        /// What to think of an answer: its head, its body where kept, and when the request was sent.
        let verdict: ([Arrival], HTTPResponseHead, ByteBuffer?, Int64, Int64) -> Outcome
    }

    private static let redialAfter = TimeAmount.milliseconds(100)

    private let loop: any EventLoop
    private let address: SocketAddress
    private let timeout: Int64
    private let clock: LoadClock
    let exchange: Exchange
    /// Hears of every exchange's end: arrivals, outcome, when it was sent, now.
    let onFinished: ([Arrival], Outcome, Int64, Int64) -> Void
    private var free = CircularBuffer<HTTPConnection>()
    private var all: [HTTPConnection] = []
    private var isClosed = false

    /// `timeout` in nanoseconds is for one exchange.
    init(
        loop: any EventLoop,
        address: SocketAddress,
        timeout: Int64,
        clock: LoadClock,
        exchange: Exchange,
        onFinished: @escaping ([Arrival], Outcome, Int64, Int64) -> Void
    ) {
        self.loop = loop
        self.address = address
        self.timeout = timeout
        self.clock = clock
        self.exchange = exchange
        self.onFinished = onFinished
    }

    var now: Int64 { clock.now }

    /// Begins to dial so many connections.
    func open(_ count: Int) {
        for _ in 0..<count { dial() }
    }

    /// Connections that stand.
    var connectionCount: Int { all.count }

    private func dial() {
        guard !isClosed else { return }
        let own = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.nanoseconds(timeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = HTTPConnection(carrier: own.value)
                    try channel.pipeline.syncOperations.addHandlers([
                        connection.writer, ByteToMessageHandler(HTTPResponseDecoder()), connection,
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

    var hasRoom: Bool { !free.isEmpty }

    func send(_ arrivals: [Arrival], now: Int64) {
        // The one that was idle longest, so that none is idle long enough for the server to close it.
        guard let connection = free.popFirst() else { preconditionFailure("sent without room") }
        connection.send(
            arrivals,
            exchange.request(arrivals),
            keepsBody: exchange.wantsBody(arrivals),
            now: now
        )
    }

    func opened(_ connection: HTTPConnection) {
        guard !isClosed else { return connection.close() }
        all.append(connection)
        free.append(connection)
        // Something may have waited for it.
        onFinished([], .answered, 0, clock.now)
    }

    func becameFree(_ connection: HTTPConnection) {
        free.append(connection)
    }

    func closed(_ connection: HTTPConnection) {
        all.removeAll { $0 === connection }
        if let place = free.firstIndex(where: { $0 === connection }) { free.remove(at: place) }
        redial()
    }

    /// Gives up on exchanges that take too long.
    func sweep(now: Int64) {
        for connection in all where connection.isOverdue(before: now - timeout) {
            connection.giveUp(.timedOut, now: now)
        }
    }

    /// Ends everything; exchanges under way are unanswered.
    func close(now: Int64) {
        isClosed = true
        for connection in all { connection.giveUp(.unanswered, now: now) }
    }
}

/// One connection of a carrier; belongs to its event loop.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// Puts the bytes of a whole request in place of its head, which only tells the decoder the method.
    final class Writer: ChannelOutboundHandler {
        typealias OutboundIn = HTTPClientRequestPart
        typealias OutboundOut = ByteBuffer
        fileprivate var bytes = ByteBuffer()

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            context.write(wrapOutboundOut(bytes), promise: promise)
        }
    }

    private static let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")

    let writer = Writer()
    private let carrier: HTTPCarrier
    private var context: ChannelHandlerContext?
    private var flight: (arrivals: [Arrival], sentAt: Int64)?
    private var head: HTTPResponseHead?
    private var keepsBody = false
    private var body: ByteBuffer?

    init(carrier: HTTPCarrier) { self.carrier = carrier }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        carrier.opened(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        finish(.connectionLost, isOver: true)
        carrier.closed(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Whatever it was, the connection is of no more use; its end is accounted for when it is closed.
        context.close(promise: nil)
    }

    func send(_ arrivals: [Arrival], _ bytes: [UInt8], keepsBody: Bool, now: Int64) {
        flight = (arrivals, now)
        self.keepsBody = keepsBody
        body = nil
        head = nil
        guard let context else { return finish(.connectionLost, isOver: true) }
        writer.bytes.clear()
        writer.bytes.writeBytes(bytes)
        context.writeAndFlush(wrapOutboundOut(.head(Self.head)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(var part):
            guard keepsBody else { return }
            if body == nil { body = part } else { body?.writeBuffer(&part) }
        case .end:
            guard let head, let flight else { return context.close(promise: nil) }
            let outcome = carrier.exchange.verdict(
                flight.arrivals,
                head,
                body,
                flight.sentAt,
                carrier.now
            )
            finish(outcome, isOver: !head.isKeepAlive)
            if !head.isKeepAlive { context.close(promise: nil) }
        }
    }

    private func finish(_ outcome: Outcome, isOver: Bool) {
        guard let flight else { return }
        self.flight = nil
        body = nil
        if !isOver { carrier.becameFree(self) }
        carrier.onFinished(flight.arrivals, outcome, flight.sentAt, carrier.now)
    }

    func isOverdue(before time: Int64) -> Bool { flight.map { $0.sentAt < time } ?? false }

    func giveUp(_ outcome: Outcome, now: Int64) {
        finish(outcome, isOver: true)
        close()
    }

    func close() { context?.close(promise: nil) }
}
