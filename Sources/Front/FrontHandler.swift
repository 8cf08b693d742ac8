import NIOCore
import NIOHTTP1
import PayloadStore

/// Sits between NIO's HTTP/1 decoder and Hummingbird: answers players' requests itself, on the event loop, and
/// passes all others on.
///
/// One request of a connection is answered at a time, in the order they came; what a client sends ahead waits here,
/// and nothing more is read from it meanwhile. The connection is this handler's: `Connection`, half-closed
/// clients, time limits and draining are seen to here, for both ways of answering.
final class FrontHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// A body up to this size goes to the system in one piece with its head; copying it costs less than a
    /// second piece.
    static let joinedBytesMax = 16 << 10

    /// What is being read.
    enum Reading {
        case nothing
        /// A request that is answered here once it is whole; its body, within the limit, is ignored.
        case answered(FrontRequest, AnswerSlot, RequestInProgress)
        /// The same for what has to be made anew each time.
        case lookedUp(FrontRequest, Route, RequestInProgress)
        /// A request that goes on to Hummingbird as it comes.
        case passedOn
    }

    enum Waiting {
        case part(HTTPServerRequestPart)
        case malformed(HTTPParserError)
    }

    let gate: WireGate
    let state: EventLoopState
    private let limits: FrontLimits
    private let connections: ConnectionCount
    private let answersHere: Bool
    private var isRefused = false
    var reading = Reading.nothing
    /// The request that Hummingbird is answering.
    var passed: RequestInProgress?
    var waiting = CircularBuffer<Waiting>(initialCapacity: 0)
    /// Nothing is read or written any more; the client is given time to take what was written.
    private(set) var isClosing = false
    private var isFlushed = false
    var isInputClosed = false
    var isDraining = false
    var hasWritten = false
    private var isReadWanted = false
    var context: ChannelHandlerContext?
    /// What came last, for when it comes again.
    var repeated = RepeatedRequest()
    private var hasToldUnwritable = false
    var alarm: (task: Scheduled<Void>, at: NIODeadline)?

    init(
        gate: WireGate,
        state: EventLoopState,
        limits: FrontLimits,
        connections: ConnectionCount,
        answersHere: Bool
    ) {
        self.gate = gate
        self.state = state
        self.limits = limits
        self.connections = connections
        self.answersHere = answersHere
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        gate.handler = self
        isRefused = !connections.open()
        state.metrics.countConnection()
        if context.channel.isActive { begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        alarm?.task.cancel()
        alarm = nil
        (self.context, gate.handler) = (nil, nil)
        connections.close()
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        if isRefused {
            let problem = Problem(
                .tooManyConnections,
                "More than \(connections.limit) clients are connected; try again in a moment.",
                fields: [.init("Retry-After", "1")]
            )
            refuse(problem, target: "", .refused, context)
        }
        setAlarm(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // Not told to Hummingbird, which would close at once what still has to be written.
            isInputClosed = true
            if isClosing, isFlushed { context.close(promise: nil) } else { closeIfDone(context) }
        case is ChannelShouldQuiesceEvent:
            isDraining = true
            closeIfDone(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A decoder that gave up says so again with every further byte.
        guard !isClosing else { return }
        guard let error = error as? HTTPParserError else {
            context.fireErrorCaught(error)
            return
        }
        if waiting.isEmpty, passed?.isRead != true {
            malformed(error, context)
        } else {
            waiting.append(.malformed(error))
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        gate.times.writable(isWritable, .now())
        // Hummingbird need not know how it goes with answers of which it does not know.
        if isWritable ? hasToldUnwritable : passed != nil {
            hasToldUnwritable = !isWritable
            context.fireChannelWritabilityChanged()
        }
        if isWritable { goOn(context) }
        setAlarm(context)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else {
            context.close(mode: mode, promise: promise)
            return
        }
        // Hummingbird has said its last.
        startClosing(context)
        promise?.succeed(())
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        let part = Self.unwrapInboundIn(data)
        switch part {
        case .head: repeated.headCame()
        case .body: break
        case .end: repeated.endCame()
        }
        if waiting.isEmpty, !mustWait(part, context) {
            take(part, context)
        } else {
            waiting.append(.part(part))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush(context)
        setAlarm(context)
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if waiting.isEmpty { context.read() } else { isReadWanted = true }
    }

    /// Whether a part begins a request whose turn has not come.
    private func mustWait(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) -> Bool {
        guard case .head = part else { return false }
        return passed != nil || !context.channel.isWritable
    }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): take(head, context)
        case .body:
            if case .passedOn = reading { context.fireChannelRead(Self.wrapInboundOut(part)) }
        case .end:
            gate.times.requestEnded(gate.readAt)
            let ended = reading
            reading = .nothing
            switch ended {
            case .nothing: break
            case .answered(let request, let slot, let progress):
                if progress.keepsAlive { repeated.wasAnswered(request, slot, progress) }
                var known: KnownPlayer?
                answer(request, slot, progress, known: &known, context)
            case .lookedUp(let request, let route, let progress):
                write(state.answerer.response(to: request, route: route), progress, context)
            case .passedOn:
                passed?.isRead = true
                if passed?.isAnswered == true {
                    passed = nil
                } else {
                    gate.times.answering(true, gate.readAt)
                }
                context.fireChannelRead(Self.wrapInboundOut(part))
            }
        }
    }

    private func take(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let scanned = ScannedHead(head)
        let (target, isHead) = (scanned.request.target, head.method == .HEAD)
        guard scanned.hostCount == 1 || (scanned.isOldVersion && scanned.hostCount == 0) else {
            let problem = Problem(.invalidRequest, "A request needs exactly one Host field.")
            return refuse(problem, target: target, isHead: isHead, .malformed, context)
        }
        guard scanned.contentLength ?? 0 <= limits.bodyBytesMax else {
            return refuse(Problem.bodyTooLarge(limits), target: target, isHead: isHead, nil, context)
        }
        let route = Route(method: scanned.request.method, target: target)
        let progress = RequestInProgress(
            label: RequestMetrics.RouteLabel(route),
            startedAt: gate.readAt,
            isHead: isHead,
            keepsAlive: scanned.isKeepAlive && !scanned.wantsUpgrade,
            saysKeepAlive: scanned.isOldVersion
        )
        if answersHere, target.utf8.first == UInt8(ascii: "/"), !scanned.isChunked, !scanned.expectsContinue {
            switch route {
            case .answer(let slot):
                reading = .answered(scanned.request, slot, progress)
                return
            case .outcome:
                reading = .lookedUp(scanned.request, route, progress)
                return
            default: break
            }
        }
        passed = progress
        reading = .passedOn
        if scanned.expectsContinue {
            gate.write(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"))
            context.flush()
        }
        context.fireChannelRead(Self.wrapInboundOut(.head(head)))
    }

    /// Takes what waited, as far as its turn has come.
    private func goOn(_ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        takeWaiting(context)
        // Hummingbird looks at what it was passed only when told that this was all for now.
        if passed != nil { context.fireChannelReadComplete() }
        flush(context)
        guard !isClosing, waiting.isEmpty else { return }
        closeIfDone(context)
        if isReadWanted {
            isReadWanted = false
            context.read()
        }
    }

    private func takeWaiting(_ context: ChannelHandlerContext) {
        while !isClosing, let first = waiting.first {
            switch first {
            case .part(let part):
                if mustWait(part, context) { return }
                waiting.removeFirst()
                take(part, context)
            case .malformed(let error):
                // Of a request that is being read it is the body, which nobody needs to wait for any more.
                if passed?.isRead == true { return }
                waiting.removeFirst()
                malformed(error, context)
            }
        }
    }

    private func malformed(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
        if passed?.hasHead == true {
            state.metrics.count(.malformed)
            return startClosing(context)
        }
        let problem =
            error == .headerOverflow
            ? Problem.headerTooLarge(limits) : Problem(.invalidRequest, "The request is not valid HTTP/1.1.")
        refuse(problem, target: "", .malformed, context)
    }

    // MARK: Responses

    /// Writes an answer of this handler's own.
    func write(
        _ response: FrontResponse,
        _ progress: RequestInProgress,
        _ context: ChannelHandlerContext
    ) {
        let keepsAlive = progress.keepsAlive && !isDraining
        let bodyBytes = progress.isHead || response.status == 304 ? 0 : response.content.readableBytes
        let isJoined = bodyBytes <= Self.joinedBytesMax
        var buffer = context.channel.allocator.buffer(capacity: 768 + (isJoined ? bodyBytes : 0))
        ResponseHead.write(
            response,
            date: state.dateText(),
            connection: keepsAlive ? (progress.saysKeepAlive ? "keep-alive" : nil) : "close",
            to: &buffer
        )
        if isJoined, bodyBytes > 0 { buffer.writeImmutableBuffer(response.content) }
        gate.write(buffer)
        if !isJoined { gate.write(response.content) }
        hasWritten = true
        state.metrics.count(
            progress.label,
            response.coding,
            status: response.status,
            nanoseconds: (NIODeadline.now() - progress.startedAt).nanoseconds,
            bodyBytes: bodyBytes
        )
        if !keepsAlive { startClosing(context) }
    }

    /// Answers what cannot go on, and closes.
    func refuse(
        _ problem: Problem,
        target: String,
        isHead: Bool = false,
        _ closing: RequestMetrics.Closing?,
        _ context: ChannelHandlerContext
    ) {
        if let closing { state.metrics.count(closing) }
        passed = nil
        let progress = RequestInProgress(
            label: .other,
            startedAt: gate.readAt,
            isHead: isHead,
            keepsAlive: false,
            saysKeepAlive: false
        )
        write(problem.response(target: target), progress, context)
    }

    /// Sees Hummingbird's answers through.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard var progress = passed, !isClosing else {
            // The answer came after this handler had closed on its behalf.
            promise?.succeed(())
            return
        }
        switch Self.unwrapOutboundIn(data) {
        case .head(var head):
            progress.noteHead(&head, isDraining: isDraining)
            passed = progress
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .body(let body):
            passed?.bodyBytes += body.readableBytes
            context.write(data, promise: promise)
        case .end:
            context.write(data, promise: promise)
            ended(progress, context)
        }
    }

    private func ended(_ progress: RequestInProgress, _ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        state.metrics.count(
            progress.label,
            progress.coding,
            status: progress.status,
            nanoseconds: (now - progress.startedAt).nanoseconds,
            bodyBytes: progress.bodyBytes
        )
        guard progress.keepsAlive else {
            passed = nil
            return startClosing(context)
        }
        guard progress.isRead else {
            passed?.isAnswered = true
            return
        }
        passed = nil
        gate.times.answering(false, now)
        goOn(context)
        setAlarm(context)
    }

    func flush(_ context: ChannelHandlerContext) {
        guard hasWritten else { return }
        hasWritten = false
        context.flush()
    }

    // MARK: The end

    /// Closes a connection that will bring no more requests, once all are answered.
    private func closeIfDone(_ context: ChannelHandlerContext) {
        guard isInputClosed || isDraining, passed == nil, waiting.isEmpty, case .nothing = reading else {
            return
        }
        startClosing(context)
    }

    /// Ends this side of the connection when all that was written is sent, and the other side when the client
    /// has ended it or has had its time; a client that still sends would lose the answer to a reset otherwise.
    func startClosing(_ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        isClosing = true
        (reading, passed) = (.nothing, nil)
        waiting.removeAll()
        gate.times.closing(.now())
        gate.flushAll { [self] in
            isFlushed = true
            context.close(mode: isInputClosed ? .all : .output, promise: nil)
        }
        hasWritten = false
        setAlarm(context)
        // What the client still sends is read and thrown away, until it sees the end.
        if isReadWanted {
            isReadWanted = false
            context.read()
        }
    }

    /// Acts on what has taken too long.
    func overdue(_ what: ConnectionTimes.Overdue, _ context: ChannelHandlerContext) {
        switch what {
        case .idle:
            state.metrics.count(.idle)
            context.close(promise: nil)
        case .request where passed?.hasHead != true:
            let problem = Problem(
                .requestTimeout,
                "The request did not arrive whole within \(limits.requestSeconds) seconds."
            )
            refuse(problem, target: "", .request, context)
        case .request:
            state.metrics.count(.request)
            context.close(promise: nil)
        case .write:
            state.metrics.count(.write)
            context.close(promise: nil)
        case .linger: context.close(promise: nil)
        }
    }
}
