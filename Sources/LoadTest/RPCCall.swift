import NIOCore
import NIOHTTP2
import NIOPosix

/// Finds out whether a server speaks HTTP/2, as gRPC does, before the test begins.
enum RPCCall {
    private static let limit = TimeAmount.seconds(10)

    /// Waits for the server's settings, the first that it says; throws `unreachable` when they do not come within 10 seconds.
    static func reach(
        server: String,
        address: HostPort,
        on group: any EventLoopGroup
    ) async throws(LoadTestError) {
        let place = try address.resolved(server: server)
        let loop = group.next()
        let promise = loop.makePromise(of: Void.self)
        do {
            let channel = try await ClientBootstrap(group: loop).connectTimeout(limit)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers([
                            NIOHTTP2Handler(mode: .client), Listener(promise),
                        ])
                    }
                }
                .connect(to: place).get()
            let timer = loop.scheduleTask(in: limit) { promise.fail(ChannelError.connectTimeout(limit)) }
            defer { timer.cancel() }
            try await promise.futureResult.get()
            // How the connection ends is of no interest: the server has answered.
            channel.close(promise: nil)
        } catch {
            promise.fail(error)
            throw .unreachable(server: server, address: address.text, reason: NetworkWords.of(error))
        }
    }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = HTTP2Frame
        private let promise: EventLoopPromise<Void>

        init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .settings = unwrapInboundIn(data).payload { promise.succeed() }
        }

        func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            promise.fail(error)
            context.close(promise: nil)
        }
    }
}
