import NIOCore
import NIOHTTP1
import NIOPosix

/// One GET on a connection of its own, before the test begins.
enum HTTPCall {
    struct Answer: Sendable {
        let head: HTTPResponseHead
        let body: [UInt8]
    }

    /// Most bytes of a body.
    private static let bodyBytesMax = 64 << 20

    /// Asks for `path` with further fields; throws `unreachable` when nothing answers with status 200 within 10 seconds.
    static func get(
        _ path: String,
        _ fields: [(String, String)] = [],
        server: String,
        address: HostPort,
        on group: any EventLoopGroup
    ) async throws(LoadTestError) -> Answer {
        let place = try address.resolved(server: server)
        let loop = group.next()
        let promise = loop.makePromise(of: Answer.self)
        let answer: Answer
        do {
            let channel = try await ClientBootstrap(group: loop).connectTimeout(.seconds(10))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(Collector(promise))
                    }
                }
                .connect(to: place).get()
            var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
            head.headers.add(name: "Host", value: address.text)
            head.headers.add(name: "Connection", value: "close")
            for (name, value) in fields { head.headers.add(name: name, value: value) }
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
            let limit = loop.scheduleTask(in: .seconds(10)) {
                promise.fail(ChannelError.connectTimeout(.seconds(10)))
            }
            defer { limit.cancel() }
            answer = try await promise.futureResult.get()
        } catch {
            // Nobody else does where it could not even connect.
            promise.fail(error)
            throw .unreachable(server: server, address: address.text, reason: NetworkWords.of(error))
        }
        guard answer.head.status == .ok else {
            let reason = "status \(answer.head.status.code) for \(path)"
            throw .unreachable(server: server, address: address.text, reason: reason)
        }
        return answer
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        private let promise: EventLoopPromise<Answer>
        private var head: HTTPResponseHead?
        private var body: [UInt8] = []

        init(_ promise: EventLoopPromise<Answer>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body(let part):
                guard body.count + part.readableBytes <= HTTPCall.bodyBytesMax else {
                    return context.close(promise: nil)
                }
                body += part.readableBytesView
            case .end:
                if let head { promise.succeed(Answer(head: head, body: body)) }
                context.close(promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            promise.fail(error)
            context.close(promise: nil)
        }
    }
}
