import APIDocs
import Foundation
import Goals
import HTTPTypes
package import Hummingbird
import Ingest
import Intake
import Listening
import Logging
import NIOCore
import Synchronization
import Tokens

/// Answers a producer's requests: each only once what it acknowledges is durable.
package struct IngestResponder: HTTPResponder {
    package typealias Context = IngestContext

    /// Most bytes of a player's request.
    private static let requestBytesMax = 4096

    /// The description of what is answered here, made once.
    private static let published = PublishedDocument(IngestDocument.document)

    private let queue: IntakeQueue
    private let configuration: IngestConfiguration
    private let services: ServiceAccess
    private let limit: WriteLimit
    private let draining: DrainFlag
    private let logger: Logger
    /// Answers the log's owner, over a socket that nobody else can reach.
    private let isOwner: Bool

    init(
        queue: IntakeQueue,
        configuration: IngestConfiguration,
        services: ServiceAccess,
        draining: DrainFlag,
        logger: Logger,
        isOwner: Bool = false
    ) {
        self.queue = queue
        self.configuration = configuration
        self.services = services
        self.draining = draining
        self.logger = logger
        self.isOwner = isOwner
        limit = WriteLimit(
            perSecond: configuration.playerWritesPerSecond,
            burst: configuration.playerWritesBurst
        )
    }

    package func respond(to request: Request, context: Context) async throws -> Response {
        let target = request.head.path ?? ""
        let response: Response
        do {
            response = try await answer(request, context, target)
        } catch let problem as IngestProblem {
            var refusal = problem.response(target: target)
            // What is left of the body is not read.
            refusal.headers[.connection] = "close"
            response = refusal
        }
        // Bytes after the head of this answer would be taken for the next one.
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ request: Request, _ context: Context, _ target: String) async throws -> Response {
        let path = String(target.prefix { $0 != "?" })
        switch path {
        case "/v1/events":
            try Self.require(request, [.post])
            return try await events(request, context)
        case "/healthz":
            try Self.require(request, [.get, .head])
            return Self.text("ok\n")
        case "/readyz":
            try Self.require(request, [.get, .head])
            if draining.isSet { throw IngestProblem(IntakeError.closed) }
            if let failure = queue.failure { throw IngestProblem(.unavailable(reason: failure)) }
            return Self.text("ready\n")
        case "/metrics":
            try Self.require(request, [.get, .head])
            try await checkService(request, context)
            let text = IngestMetrics.text(
                queue.figures.snapshot,
                queueBytes: queue.waitingBytes,
                isFailing: queue.failure != nil
            )
            return Self.text(text, type: "text/plain; version=0.0.4; charset=utf-8")
        default: break
        }
        if let form = PublishedDocument.Form(path: path) {
            try Self.require(request, [.get, .head])
            return Self.document(form)
        }
        if let route = try PlayerRoute(path: path) {
            try Self.require(request, [route.isClaim ? .post : .put])
            return try await player(request, route)
        }
        throw IngestProblem(.notFound, "There is nothing here. Events go to POST /v1/events.")
    }

    // MARK: Events

    private func checkService(_ request: Request, _ context: Context) async throws {
        if isOwner { return }
        let mayShowCertificate = configuration.clientAuthorityFile != nil
        if mayShowCertificate, try await context.hasCertificate() { return }
        let isTokenMissing = mayShowCertificate && !services.asksForToken
        guard !isTokenMissing, services.allows(request.headers[values: .authorization]) else {
            throw IngestProblem(
                .unauthorized,
                mayShowCertificate
                    ? "This needs a service's certificate or token." : "This needs a service's token.",
                fields: [HTTPField(name: .wwwAuthenticate, value: "Bearer realm=\"service\"")]
            )
        }
        if !services.asksForToken, !configuration.listen.isLoopback {
            throw IngestProblem(
                .forbidden,
                "This server knows no services; it was started without their tokens."
            )
        }
    }

    private func events(_ request: Request, _ context: Context) async throws -> Response {
        try await checkService(request, context)
        var reader = try EventReader(
            request.headers,
            queue: queue,
            namespace: configuration.namespace,
            isOwner: isOwner,
            now: configuration.now
        )
        var writing = BatchWriting(queue: queue)
        do {
            for try await chunk in request.body {
                if draining.isSet, writing.hasBegun { throw IngestProblem(IntakeError.closed) }
                try await feed(Array(chunk.readableBytesView), &reader, &writing, request)
            }
            try reader.finish()
        } catch var problem as IngestProblem {
            // A write that failed ends it: nothing may be written behind a hole.
            if problem.eventsDone != nil { throw problem }
            // What came before the body's own fault is good: it is kept, and the sender told how much that was.
            try await flush(&reader, &writing)
            problem.eventsDone = writing.tally.count
            throw problem
        }
        let isSingle = reader.isSingle
        try await flush(&reader, &writing)
        if isSingle, let fault = writing.tally.onlyFault {
            throw IngestProblem(.invalidRequest, "The event \(fault.detail) (\(fault.reason.rawValue)).")
        }
        return Self.json(.ok, writing.tally.json)
    }

    private func feed(
        _ bytes: [UInt8],
        _ reader: inout EventReader,
        _ writing: inout BatchWriting,
        _ request: Request
    ) async throws {
        let isCompressed = request.headers[.contentEncoding] != nil
        let step = isCompressed ? EventReader.compressedBytes : max(1, bytes.count)
        for start in stride(from: 0, to: bytes.count, by: step) {
            let end = min(start + step, bytes.count)
            try Self.feed(bytes, start..<end, &reader)
            while let batch = reader.takeReady(all: false) { try await write(batch, &writing) }
        }
    }

    private static func feed(_ bytes: [UInt8], _ range: Range<Int>, _ reader: inout EventReader) throws {
        try reader.feed(bytes.span.extracting(range))
    }

    private func write(_ batch: EventBatch, _ writing: inout BatchWriting) async throws {
        do throws(IntakeError) {
            try await writing.write(batch)
        } catch {
            throw problem(error, writing)
        }
    }

    private func flush(_ reader: inout EventReader, _ writing: inout BatchWriting) async throws {
        while let batch = reader.takeReady(all: true) { try await write(batch, &writing) }
        do throws(IntakeError) {
            try await writing.finish()
        } catch {
            throw problem(error, writing)
        }
    }

    private func problem(_ error: IntakeError, _ writing: BatchWriting) -> IngestProblem {
        if case .unavailable = error { logger.error("\(error)") }
        var problem = IngestProblem(error)
        problem.eventsDone = writing.tally.count
        return problem
    }

    // MARK: Players' requests

    private func player(_ request: Request, _ route: PlayerRoute) async throws -> Response {
        let player = try await configuration.players.player(of: request.headers)
        if let seconds = limit.take(player) {
            throw IngestProblem(
                .tooManyRequests,
                "This player writes too often. Wait \(seconds) s.",
                fields: [HTTPField(name: .retryAfter, value: "\(seconds)")]
            )
        }
        let body: [UInt8]
        do {
            body = Array(try await request.body.collect(upTo: Self.requestBytesMax).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw IngestProblem(.bodyTooLarge, "The body has more than \(Self.requestBytesMax) bytes.")
        }
        let action: PlayerRequest.Action = route.isClaim ? .claim : .activate(try Self.isActive(body))
        let wanted = PlayerRequest(
            player: player,
            challenge: route.challenge,
            goal: route.goal,
            action: action,
            id: try idempotencyKey(request) ?? newID()
        )
        var batch = EventBatch(keepsRefused: false)
        var preparer = queue.preparer()
        batch.add(
            wanted.event(namespace: configuration.namespace).span,
            byteOffset: 0,
            now: configuration.now(),
            &preparer
        )
        let result: ItemResult?
        do throws(IntakeError) {
            result = try await queue.submit(batch).first
        } catch {
            if case .unavailable = error { logger.error("\(error)") }
            throw IngestProblem(error)
        }
        switch result {
        case .accepted(let offset): return Self.pending(wanted.id, offset, isDuplicate: false)
        case .duplicate(let offset): return Self.pending(wanted.id, offset, isDuplicate: true)
        case .rejected(let fault):
            throw IngestProblem(.invalidRequest, "The request \(fault.detail) (\(fault.reason.rawValue)).")
        case .otherNamespace, nil: throw IngestProblem(.internalError, "The request was not written.")
        }
    }

    private static func pending(_ id: String, _ offset: UInt64, isDuplicate: Bool) -> Response {
        let plain = CharacterSet(charactersIn: "-._~").union(
            .alphanumerics.intersection(.init(charactersIn: "\u{0}"..."\u{7F}"))
        )
        let escaped = id.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
        let place = "/challenge/v1/requests/\(escaped)?offset=\(offset)"
        var response = json(
            .accepted,
            #"{"eventId":\#(JSONLiteral.quoted(id)),"offset":\#(offset),"duplicate":\#(isDuplicate),"#
                + #""status":"pending","outcome":\#(JSONLiteral.quoted(place))}"# + "\n"
        )
        response.headers[.location] = place
        return response
    }

    /// The seed's body: `{"isActive":true}`.
    private static func isActive(_ body: [UInt8]) throws(IngestProblem) -> Bool {
        struct Body: Decodable { let isActive: Bool }
        do {
            return try JSONDecoder().decode(Body.self, from: Data(body)).isActive
        } catch {
            throw IngestProblem(
                .invalidRequest,
                "The body has to be {\"isActive\":true} or {\"isActive\":false}."
            )
        }
    }

    private func idempotencyKey(_ request: Request) throws(IngestProblem) -> String? {
        guard let name = HTTPField.Name("Idempotency-Key") else { return nil }
        let values = request.headers[values: name]
        guard let key = values.first else { return nil }
        guard values.count == 1, (1...EventScanner.idBytesMax).contains(key.utf8.count),
            key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw IngestProblem(
                .invalidRequest,
                "Idempotency-Key has to be there once, with 1 to \(EventScanner.idBytesMax) printable ASCII "
                    + "characters and no blank."
            )
        }
        return key
    }

    private func newID() -> String {
        var random = SystemRandomNumberGenerator()
        return EventIDs.uuid(
            milliseconds: configuration.now().milliseconds,
            random: (random.next(), random.next())
        )
    }

    // MARK: Answers

    private static func require(
        _ request: Request,
        _ methods: [HTTPRequest.Method]
    ) throws(IngestProblem) {
        guard !methods.contains(request.method) else { return }
        let names = methods.map(\.rawValue).joined(separator: ", ")
        throw IngestProblem(
            .methodNotAllowed,
            "Use \(names).",
            fields: [HTTPField(name: .allow, value: names)]
        )
    }

    private static func document(_ form: PublishedDocument.Form) -> Response {
        let answer = published[form]
        var response = Response(
            status: .ok,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.bytes))
        )
        for (name, value) in answer.fields {
            guard let name = HTTPField.Name(name) else { continue }
            response.headers.append(HTTPField(name: name, value: value))
        }
        return response
    }

    private static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        Response(
            status: .ok,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }

    private static func json(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}

/// Whether the server has begun to end.
final class DrainFlag: Sendable {
    private let state = Atomic(false)

    var isSet: Bool { state.load(ordering: .relaxed) }
    func set() { state.store(true, ordering: .relaxed) }
}
