import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP2
import NIOSSL

/// Sets a client's connection up for TLS, and behind it for HTTP/2 or HTTP/1.1, whichever the client prefers.
struct SecureChannel: ServerChildChannel {
    typealias Stream = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
    typealias Streams = NIOHTTP2Handler.AsyncStreamMultiplexer<Stream>
    typealias Negotiated = NIONegotiatedHTTPVersion<FrontChannel.Value, Streams>

    struct Value: ServerChildChannelValue {
        let negotiated: EventLoopFuture<Negotiated>
        let channel: any Channel
    }

    /// What a connection without HTTP/2 becomes.
    let http1: FrontChannel
    let credentials: TLSCredentials
    let responder: HTTPChannelHandler.Responder

    private var limits: FrontLimits { http1.limits }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        do {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(SecureConnectionHandler(limits: limits, connections: http1.connections))
            try pipeline.addHandler(NIOSSLServerHandler(context: credentials.context))
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        return channel.configureHTTP2AsyncSecureUpgrade { channel in
            channel.eventLoop.makeCompletedFuture { try negotiated(channel, isHTTP2: false) }
                .flatMap { http1.setup(channel: channel, logger: logger) }
        } http2ConnectionInitializer: { channel in
            channel.eventLoop.makeCompletedFuture {
                try negotiated(channel, isHTTP2: true)
                return try configureHTTP2(channel)
            }
        }.map { Value(negotiated: $0, channel: channel) }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.negotiated.get() {
            case .http1_1(let connection): await http1.handle(value: connection, logger: logger)
            case .http2(let streams):
                try await withThrowingDiscardingTaskGroup { group in
                    for try await stream in streams.inbound {
                        group.addTask { await handle(stream, logger) }
                    }
                }
            }
        } catch {
            // A client that leaves, or speaks no TLS, is no news.
            logger.debug("a connection ended early", metadata: ["error": "\(error)"])
        }
    }

    /// Has Hummingbird answer what the stream's handler passed on; for all others the stream just ends.
    private func handle(_ stream: Stream, _ logger: Logger) async {
        do {
            try await stream.executeThenClose { inbound, outbound in
                for try await part in inbound {
                    guard case .head(let head) = part else { continue }
                    let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
                    try await responder(request, ResponseWriter(outbound: outbound), stream.channel)
                }
            }
        } catch {
            logger.debug("a stream ended early", metadata: ["error": "\(error)"])
        }
    }

    private func negotiated(_ channel: any Channel, isHTTP2: Bool) throws {
        try Self.handler(of: channel).negotiated(isHTTP2: isHTTP2)
    }

    private static func handler(of channel: any Channel) throws -> SecureConnectionHandler {
        try channel.pipeline.syncOperations.handler(type: SecureConnectionHandler.self)
    }

    private func configureHTTP2(_ channel: any Channel) throws -> Streams {
        guard let state = http1.states.current(channel.eventLoop) else {
            throw ChannelError.operationUnsupported
        }
        state.metrics.countConnection()
        var configuration = NIOHTTP2Handler.Configuration()
        configuration.connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.streamsMax),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headerBytesMax),
            // No room for a client to fill with fields that are never sent again.
            HTTP2Setting(parameter: .headerTableSize, value: FrontLimits.headerTableBytesMax),
        ]
        let idle = TimeAmount.seconds(Int64(limits.idleSeconds))
        let grace = TimeAmount.seconds(Int64(limits.requestSeconds + limits.writeSeconds))
        let (limits, answersHere) = (limits, http1.answersOnEventLoop)
        let connection = NIOLoopBound(try Self.handler(of: channel), eventLoop: channel.eventLoop)
        return try channel.pipeline.syncOperations.configureAsyncHTTP2Pipeline(
            mode: .server,
            connectionManagerConfiguration: .init(
                maxIdleTime: idle,
                maxAge: nil,
                maxGraceTime: grace,
                keepalive: nil
            ),
            http2HandlerConfiguration: configuration
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                connection.value.asked()
                let pipeline = stream.pipeline.syncOperations
                try pipeline.addHandler(HTTP2FramePayloadToHTTPServerCodec())
                guard let state = http1.states.current(stream.eventLoop) else {
                    throw ChannelError.operationUnsupported
                }
                try pipeline.addHandler(StreamHandler(state: state, limits: limits, answersHere: answersHere))
                return try Stream(wrappingChannelSynchronously: stream)
            }
        }
    }
}
