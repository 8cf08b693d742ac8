import HTTPTypes
import NIOCore
import NIOHTTPTypes
import PayloadStore

/// One request over HTTP/2: answers players' on the event loop, passes all others on, and holds the client to the
/// limits of bodies and times.
///
/// Bodies are read and ignored, so that what is passed on has none.
final class StreamHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let state: EventLoopState
    private let limits: FrontLimits
    private let answersHere: Bool
    private var head: HTTPRequest?
    private var progress: RequestInProgress?
    private var route = Route.unknown
    private var bodyBytes = 0
    private var status = 0
    private var coding = AnswerNegotiation.Coding.identity
    private var isAnswered = false
    private var alarm: Scheduled<Void>?

    init(state: EventLoopState, limits: FrontLimits, answersHere: Bool) {
        self.state = state
        self.limits = limits
        self.answersHere = answersHere
    }

    func handlerAdded(context: ChannelHandlerContext) {
        setAlarm(context, seconds: limits.requestSeconds) { [self] in
            state.metrics.count(.request)
            let problem = Problem(
                .requestTimeout,
                "The request did not arrive whole within \(limits.requestSeconds) seconds."
            )
            answer(problem.response(target: head?.path ?? ""), context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        alarm?.cancel()
        alarm = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What the client still sends after an early answer goes nowhere.
        guard !isAnswered else { return }
        switch Self.unwrapInboundIn(data) {
        case .head(let head): take(head, context)
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > limits.bodyBytesMax {
                answer(Problem.bodyTooLarge(limits).response(target: head?.path ?? ""), context)
            }
        case .end:
            alarm?.cancel()
            alarm = nil
            guard let head else { return }
            if answersHere, route.isPlayersOwn {
                answer(state.answerer.response(to: FrontRequest(head), route: route), context)
            } else {
                context.fireChannelRead(Self.wrapInboundOut(.head(head)))
                context.fireChannelRead(Self.wrapInboundOut(.end(nil)))
                context.fireChannelReadComplete()
            }
        }
    }

    private func take(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        guard self.head == nil else { return }
        self.head = head
        route = Route(method: head.method.rawValue, target: head.path ?? "")
        progress = RequestInProgress(
            label: RequestMetrics.RouteLabel(route),
            startedAt: .now(),
            isHead: head.method == .head,
            keepsAlive: true,
            saysKeepAlive: false
        )
        guard fits(head) else {
            let problem = Problem.headerTooLarge(limits)
            return answer(problem.response(target: ""), context)
        }
        if let declared = head.headerFields[.contentLength], Int(declared) ?? .max > limits.bodyBytesMax {
            answer(Problem.bodyTooLarge(limits).response(target: head.path ?? ""), context)
        }
    }

    /// Whether target and fields keep to their limits, counted as they would be written over HTTP/1.1.
    ///
    /// NIO holds them to bytes too, but not before the client has agreed to it.
    private func fits(_ head: HTTPRequest) -> Bool {
        var bytes = head.path?.utf8.count ?? 0
        for field in head.headerFields { bytes += field.name.rawName.utf8.count + field.value.utf8.count + 4 }
        return bytes <= limits.headerBytesMax && head.headerFields.count <= FrontLimits.headerFieldsMax
    }

    /// Writes an answer of this handler's own, and so ends the stream.
    private func answer(_ response: FrontResponse, _ context: ChannelHandlerContext) {
        guard !isAnswered else { return }
        isAnswered = true
        var head = HTTPResponse(response)
        head.headerFields[.date] = state.dateText()
        head.headerFields[.server] = ResponseHead.serverName
        let isHead = progress?.isHead == true
        let bodyBytes = isHead || response.status == 304 ? 0 : response.content.readableBytes
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        if bodyBytes > 0 { context.write(Self.wrapOutboundOut(.body(response.content)), promise: nil) }
        end(context, response.status, response.coding, bodyBytes, promise: nil)
        context.flush()
    }

    /// Sees Hummingbird's answers through.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isAnswered else {
            promise?.succeed(())
            return
        }
        switch Self.unwrapOutboundIn(data) {
        case .head(let head):
            status = head.status.code
            if let token = head.headerFields[.contentEncoding] {
                coding = AnswerNegotiation.Coding.allCases.first { $0.token == token } ?? .identity
            }
            context.write(data, promise: promise)
        case .body(let body):
            progress?.bodyBytes += body.readableBytes
            context.write(data, promise: promise)
        case .end:
            isAnswered = true
            end(context, status, coding, progress?.bodyBytes ?? 0, promise: promise)
        }
    }

    /// Writes the end, counts, and gives the client its time to take it all.
    private func end(
        _ context: ChannelHandlerContext,
        _ status: Int,
        _ coding: AnswerNegotiation.Coding,
        _ bodyBytes: Int,
        promise: EventLoopPromise<Void>?
    ) {
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        alarm?.cancel()
        setAlarm(context, seconds: limits.writeSeconds) { [self] in
            state.metrics.count(.write)
            context.close(promise: nil)
        }
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            alarm?.cancel()
            alarm = nil
        }
        context.write(Self.wrapOutboundOut(.end(nil)), promise: written)
        guard let progress else { return }
        state.metrics.count(
            progress.label,
            coding,
            status: status,
            nanoseconds: (NIODeadline.now() - progress.startedAt).nanoseconds,
            bodyBytes: bodyBytes
        )
    }

    private func setAlarm(_ context: ChannelHandlerContext, seconds: Int, _ ring: @escaping () -> Void) {
        alarm = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(seconds))) { ring() }
    }
}
