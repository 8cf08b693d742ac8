package import Logging
package import NIOCore
import NIOHTTP1

/// What the front adds to a connection of HTTP/1.1: the gate before NIO's codec, and the handler behind it.
///
/// Owned by one event loop. A server adds it to connections that Hummingbird set up; whoever drives a connection
/// without a socket has it add the codec too.
package final class FrontPipeline {
    private let state: EventLoopState
    private let limits: FrontLimits
    private let connections: ConnectionCount
    private let answersHere: Bool

    init(state: EventLoopState, limits: FrontLimits, connections: ConnectionCount, answersHere: Bool) {
        self.state = state
        self.limits = limits
        self.connections = connections
        self.answersHere = answersHere
    }

    /// One with an answerer of its own; `clock` in milliseconds since 1970.
    package init(configuration: FrontConfiguration, clock: @escaping @Sendable () -> Int64, logger: Logger) {
        let answerer = FrontAnswerer(
            configuration: configuration,
            shelf: TemplateShelf(),
            clock: clock,
            logger: logger
        )
        state = EventLoopState(answerer: answerer, clock: clock)
        limits = configuration.limits
        connections = ConnectionCount(limit: configuration.limits.connectionsMax)
        answersHere = configuration.answersOnEventLoop
    }

    /// Connections that have not ended.
    package var connectionCount: Int { connections.current }

    /// Adds codec, gate and handler to a channel that has none.
    package func addWithCodec(to channel: any Channel) throws {
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headerBytesMax
        decoding.maxHeaderListSize = limits.headerBytesMax
        decoding.maxHeaderFieldCount = FrontLimits.headerFieldsMax
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withErrorHandling: false,
            withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(),
            withDecoderLimitConfiguration: decoding
        )
        try add(to: channel)
    }

    /// Adds gate and handler around the codec that is there.
    func add(to channel: any Channel) throws {
        let now = NIODeadline.now()
        let gate = WireGate(times: ConnectionTimes(limits, now: now), now: now)
        let pipeline = channel.pipeline.syncOperations
        // Before all that reads HTTP, and behind TLS where there is any.
        try pipeline.addHandler(gate, position: .before(try pipeline.handler(type: HTTPResponseEncoder.self)))
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        let handler = FrontHandler(
            gate: gate,
            state: state,
            limits: limits,
            connections: connections,
            answersHere: answersHere
        )
        try pipeline.addHandler(handler, position: .after(decoder))
    }
}
