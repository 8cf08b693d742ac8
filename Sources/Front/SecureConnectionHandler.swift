import NIOCore

/// The first handler of a TLS connection: holds the handshake, and clients that take nothing, to their time.
///
/// Over HTTP/1.1 ``FrontHandler`` takes over once that is agreed on; over HTTP/2 this handler goes on, and
/// counts the connection.
final class SecureConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum Phase { case handshake, http1, http2 }

    private let limits: FrontLimits
    private let connections: ConnectionCount
    private var phase = Phase.handshake
    private var hasAsked = false
    private var alarm: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(limits: FrontLimits, connections: ConnectionCount) {
        self.limits = limits
        self.connections = connections
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        setAlarm(context, seconds: limits.requestSeconds)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        alarm?.cancel()
        self.context = nil
        if phase == .http2 { connections.close() }
    }

    /// The handshake has ended.
    func negotiated(isHTTP2: Bool) {
        alarm?.cancel()
        alarm = nil
        phase = isHTTP2 ? .http2 : .http1
        guard isHTTP2, let context else { return }
        // There is no way to say so before the client has said what it wants.
        if !connections.open() { return context.close(promise: nil) }
        setAlarm(context, seconds: limits.idleSeconds)
    }

    /// The first request of HTTP/2 has begun; from now on NIO's connection manager sees to silence.
    func asked() {
        guard !hasAsked else { return }
        hasAsked = true
        alarm?.cancel()
        alarm = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Whoever has not even asked yet has nothing to be finished.
        if phase == .handshake, event is ChannelShouldQuiesceEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if phase == .http2 {
            alarm?.cancel()
            alarm = nil
            if !context.channel.isWritable { setAlarm(context, seconds: limits.writeSeconds) }
        }
        context.fireChannelWritabilityChanged()
    }

    private func setAlarm(_ context: ChannelHandlerContext, seconds: Int) {
        alarm = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(seconds))) {
            context.close(promise: nil)
        }
    }
}
