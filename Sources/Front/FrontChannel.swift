import HummingbirdCore
import Logging
import NIOCore

/// Sets a client's connection up: NIO's HTTP/1 codec, this front's handler, and Hummingbird behind it.
struct FrontChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let base: HTTP1Channel
    let states: EventLoopStates
    let limits: FrontLimits
    let connections: ConnectionCount
    let answersOnEventLoop: Bool

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            try insertHandlers(channel)
            return value
        }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }

    private func insertHandlers(_ channel: any Channel) throws {
        guard let state = states.current(channel.eventLoop) else { throw ChannelError.operationUnsupported }
        try channel.syncOptions?.setOption(
            .recvAllocator,
            value: AdaptiveRecvByteBufferAllocator(
                minimum: 1024,
                initial: 2048,
                maximum: FrontLimits.readBytesMax
            )
        )
        let pipeline = FrontPipeline(
            state: state,
            limits: limits,
            connections: connections,
            answersHere: answersOnEventLoop
        )
        try pipeline.add(to: channel)
    }
}
