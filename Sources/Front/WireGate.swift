import NIOCore

/// The pipeline's first handler: notes when bytes come, and is where whole responses are written.
///
/// Responses of the event loop's own go around NIO's encoder, which would build a head of them once more.
final class WireGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = IOData

    /// Set by whoever reads the requests.
    var times: ConnectionTimes
    /// When the bytes being read came.
    private(set) var readAt: NIODeadline
    /// Reads the requests, and knows when one comes again; it takes itself away when it leaves the pipeline.
    var handler: FrontHandler?
    private var context: ChannelHandlerContext?
    /// The decoder has got something since the last end of reading.
    private var hasPassedOn = false

    init(times: ConnectionTimes, now: NIODeadline) {
        self.times = times
        readAt = now
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        readAt = .now()
        let bytes = Self.unwrapInboundIn(data)
        if let handler, handler.answerAgain(bytes) { return }
        times.bytesCame(readAt)
        hasPassedOn = true
        handler?.repeated.readBegins()
        context.fireChannelRead(data)
        handler?.readEnded(bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if hasPassedOn || handler == nil {
            hasPassedOn = false
            context.fireChannelReadComplete()
        } else {
            // Nobody behind this handler has heard of anything.
            handler?.flushAnswers()
        }
    }

    /// Writes bytes behind all that was written before; nothing is flushed.
    func write(_ bytes: ByteBuffer) {
        context?.write(Self.wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
    }

    /// Flushes, and calls `done` on the event loop when all that was written has been sent, or cannot be.
    func flushAll(_ done: @escaping () -> Void) {
        guard let context else { return }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in done() }
        context.writeAndFlush(Self.wrapOutboundOut(.byteBuffer(ByteBuffer())), promise: sent)
    }
}
