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
    private var context: ChannelHandlerContext?

    init(times: ConnectionTimes, now: NIODeadline) {
        self.times = times
        readAt = now
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        readAt = .now()
        times.bytesCame(readAt)
        context.fireChannelRead(data)
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
