import NIOCore
import NIOHPACK
import NIOHTTP2

/// One HTTP/2 connection with its calls; belongs to its event loop.
final class RPCConnection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// Bytes that the server may send ahead on a stream.
    static let windowBytes = 1 << 20
    /// Bytes received after which the server is told to go on.
    private static let windowStep = 16 << 10

    private struct Flight {
        let arrivals: [Arrival]
        let sentAt: Int64
    }

    private let carrier: RPCCarrier
    private var context: ChannelHandlerContext?
    private var nextID = 1
    /// Unary calls under way.
    private var calls: [HTTP2StreamID: Flight] = [:]
    /// The open stream, its batches that wait for answers in their order, and what came of the next answer.
    private var stream: HTTP2StreamID?
    private var batches = CircularBuffer<Flight>()
    private var received = ByteBuffer()
    private var unreported = 0
    private var needsFlush = false
    private var isEnding = false

    init(carrier: RPCCarrier) { self.carrier = carrier }

    /// Calls or batches that wait for answers; no more are taken once the connection ends.
    var underWay: Int { context == nil || isEnding ? .max : calls.count + batches.count }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        context.fireChannelActive()
        carrier.opened(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        end(.connectionLost)
        carrier.closed(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What is under way is accounted for when the connection has closed.
        context.close(promise: nil)
    }

    func call(_ arrivals: [Arrival], _ head: HPACKHeaders, _ message: [UInt8], now: Int64) {
        guard let context else { return }
        let id = newStream()
        calls[id] = Flight(arrivals: arrivals, sentAt: now)
        write(.headers(.init(headers: head)), id, context)
        write(.data(.init(data: .byteBuffer(ByteBuffer(bytes: message)), endStream: true)), id, context)
        flushSoon(context)
    }

    func append(_ arrivals: [Arrival], _ message: [UInt8], now: Int64) {
        guard let context else { return }
        let id: HTTP2StreamID
        if let stream {
            id = stream
        } else {
            id = newStream()
            stream = id
            write(.headers(.init(headers: carrier.streamHead)), id, context)
        }
        batches.append(Flight(arrivals: arrivals, sentAt: now))
        write(.data(.init(data: .byteBuffer(ByteBuffer(bytes: message)))), id, context)
        flushSoon(context)
    }

    private func newStream() -> HTTP2StreamID {
        defer { nextID += 2 }
        return HTTP2StreamID(nextID)
    }

    private func write(
        _ payload: HTTP2Frame.FramePayload,
        _ id: HTTP2StreamID,
        _ context: ChannelHandlerContext
    ) {
        context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: nil)
    }

    /// One write to the socket for all calls that are due at the same moment.
    private func flushSoon(_ context: ChannelHandlerContext) {
        guard !needsFlush else { return }
        needsFlush = true
        context.eventLoop.assumeIsolated().execute {
            self.needsFlush = false
            self.context?.flush()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let headers) where headers.endStream: ended(frame.streamID, headers.headers)
        case .data(let data):
            guard case .byteBuffer(var bytes) = data.data else { return }
            acknowledge(bytes.readableBytes, context)
            guard frame.streamID == stream else { return }
            received.writeBuffer(&bytes)
            readAnswers()
        case .rstStream: ended(frame.streamID, HPACKHeaders())
        case .goAway: context.close(promise: nil)
        default: break
        }
    }

    private func acknowledge(_ byteCount: Int, _ context: ChannelHandlerContext) {
        unreported += byteCount
        guard unreported >= Self.windowStep else { return }
        write(.windowUpdate(windowSizeIncrement: unreported), .rootStream, context)
        if let stream { write(.windowUpdate(windowSizeIncrement: unreported), stream, context) }
        unreported = 0
        flushSoon(context)
    }

    private func ended(_ id: HTTP2StreamID, _ trailers: HPACKHeaders) {
        let status = trailers.first(name: "grpc-status")
        if id == stream {
            // A stream that ends early takes its batches with it; the next batch opens another.
            stream = nil
            received.clear()
            let lost = batches
            batches.removeAll()
            for flight in lost { finish(flight, Self.outcome(status == "0" ? nil : status)) }
        } else if let flight = calls.removeValue(forKey: id) {
            finish(flight, Self.outcome(status))
        }
    }

    /// gRPC's codes: 8 is RESOURCE_EXHAUSTED, 14 is UNAVAILABLE.
    private static func outcome(_ status: String?) -> Outcome {
        switch status {
        case "0": .answered
        case "8", "14": .refused
        case nil: .connectionLost
        default: .wrongStatus
        }
    }

    private func readAnswers() {
        while let length: UInt32 = received.getInteger(at: received.readerIndex + 1),
            received.readableBytes >= 5 + Int(length)
        {
            received.moveReaderIndex(forwardBy: 5)
            let bytes = received.readBytes(length: Int(length)) ?? []
            guard let flight = batches.popFirst() else { continue }
            finish(flight, AppendAnswer(bytes).takenCount == flight.arrivals.count ? .answered : .wrongAnswer)
        }
        received.discardReadBytes()
    }

    private func finish(_ flight: Flight, _ outcome: Outcome) {
        carrier.onFinished(flight.arrivals, outcome, flight.sentAt, carrier.now)
    }

    private func end(_ outcome: Outcome) {
        let lost = Array(calls.values) + batches
        calls = [:]
        batches.removeAll()
        stream = nil
        for flight in lost { finish(flight, outcome) }
    }

    func isOverdue(before time: Int64) -> Bool {
        calls.values.contains { $0.sentAt < time } || batches.contains { $0.sentAt < time }
    }

    func giveUp(_ outcome: Outcome, now: Int64) {
        isEnding = true
        end(outcome)
        close()
    }

    func close() { context?.close(promise: nil) }
}
