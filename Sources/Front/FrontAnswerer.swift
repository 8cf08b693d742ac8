package import Logging
import NIOCore
package import PayloadStore
import Tokens
import Zstd

/// Answers requests out of the published store: no HTTP, no suspension, nothing written.
///
/// All requests are answered here, on whatever way they come. Owned by one thread or event loop at a time: it has
/// its own reader and codecs, and shares with others only the templates that are ready.
package final class FrontAnswerer {
    private static let json = FrontResponse.Field("Content-Type", "application/json")
    private static let noStore = FrontResponse.Field("Cache-Control", "no-store")
    private static let answerVary = FrontResponse.Field("Vary", AnswerNegotiation.vary)
    private static let templateVary = FrontResponse.Field("Vary", "Accept-Encoding")
    /// What a client that found no store is told to wait.
    private static let retryAfterSeconds = 5

    private let configuration: FrontConfiguration
    private let answers: PublishedAnswers
    private let clock: @Sendable () -> Int64
    private let logger: Logger
    private var coder: AnswerCoder?
    private var templates: TemplatesAtHand
    /// The last `Accept-Encoding` and what it says: most clients send one of a few.
    private var accepted: (lines: [String], meaning: AcceptEncoding) = ([], AcceptEncoding([]))
    private var freshnessFields = FreshnessFields()
    private var tokens: TokenReader?

    /// - Parameters:
    ///   - configuration: Already validated.
    ///   - shelf: The templates that are ready, shared by all answerers of a process.
    ///   - clock: Milliseconds since 1970, for the age of answers.
    ///   - logger: Gets what clients are not told.
    ///   - tokens: What tokens are checked with; only for the identity `tokens`.
    package init(
        configuration: FrontConfiguration,
        shelf: TemplateShelf,
        clock: @escaping @Sendable () -> Int64,
        logger: Logger,
        tokens: TokenIdentity? = nil
    ) {
        self.configuration = configuration
        templates = TemplatesAtHand(shelf: shelf)
        answers = PublishedAnswers(directory: configuration.storeDirectory)
        self.clock = clock
        self.logger = logger
        self.tokens = tokens?.reader()
    }

    /// The response to `request`; every request has one.
    package func response(to request: FrontRequest) -> FrontResponse {
        response(to: request, route: Route(method: request.method, target: request.target))
    }

    /// The same for a request whose route is known.
    package func response(to request: FrontRequest, route: Route) -> FrontResponse {
        do throws(Problem) {
            switch route {
            case .answer(let slot): return try answer(slot, request)
            case .template(let id): return try template(id, request)
            case .health: return Self.health
            case .docs(let isJSON): return DocsAnswer.response(isJSON: isJSON)
            case .ready: return try ready()
            case .metrics, .status: throw Problem(.notFound, "Figures are not kept here.")
            case .methodNotAllowed(let allow): throw notAllowed(allow, "This path is only read here")
            case .write: throw notAllowed("", "Nothing is written here")
            case .unknown: throw Problem(.notFound, "There is no such path here.")
            }
        } catch {
            return error.response(target: request.target)
        }
    }

    /// What a watcher wants to know of the store, `nil` where there is none to read.
    package func storeFigures() -> (figures: StoreFigures, state: PublishedState)? {
        do throws(PayloadStoreError) {
            return (try answers.figures(), try answers.state())
        } catch {
            // Not a failure of the scrape: that there is no store is what it has to say.
            return nil
        }
    }

    /// Bytes of a template, 0 where it is gone meanwhile.
    func templateBytes(_ id: TemplateID) -> Int {
        do throws(PayloadStoreError) {
            return try answers.read { view throws(PayloadStoreError) in try view.template(id)?.count ?? 0 }
        } catch {
            return 0
        }
    }

    private static let health = FrontResponse(
        status: 200,
        fields: [json, noStore],
        body: Array(#"{"status":"healthy"}"#.utf8)
    )

    private func ready() throws(Problem) -> FrontResponse {
        let state = try stored { () throws(PayloadStoreError) in try answers.state() }
        guard !state.currentTemplates.isEmpty else {
            throw Self.unavailable("The first publish of all players has not ended yet.")
        }
        let age = max(0, clock() - state.publishedAt) / 1000
        guard configuration.readySeconds == 0 || age <= configuration.readySeconds else {
            throw Self.unavailable(
                "The last publish was \(age) seconds ago, more than the \(configuration.readySeconds) allowed."
            )
        }
        let body = #"{"status":"ready","offset":\#(state.leastOffset),"publishedAt":\#(state.publishedAt)}"#
        return FrontResponse(status: 200, fields: [Self.json, Self.noStore], body: Array(body.utf8))
    }

    private func notAllowed(_ allow: String, _ what: String) -> Problem {
        Problem(
            .methodNotAllowed,
            "\(what); send what changes a player's state to \(configuration.ingestURL).",
            fields: [.init("Allow", allow)]
        )
    }

    private func template(_ id: TemplateID, _ request: FrontRequest) throws(Problem) -> FrontResponse {
        let (found, state) = try stored { () throws(PayloadStoreError) in
            try answers.read { view throws(PayloadStoreError) in (try load(id, view), view.state) }
        }
        guard let found else {
            throw Problem(.notFound, "There is no such template, or no answer needs it any more.")
        }
        guard let coding = AnswerNegotiation.coding(accept: accept(request)) else {
            throw Self.notAcceptable(id)
        }
        let tag = EntityTag(template: id, coding: coding)
        let pattern = DictionaryPattern.of(id, in: state)
        // The URL names the bytes, so what it answers never changes.
        let fields: [FrontResponse.Field] = [
            .init("ETag", tag.field), .init("Cache-Control", "public, max-age=31536000, immutable"),
            .init("Use-As-Dictionary", #"match="\#(pattern)", id="\#(id.hex)""#), Self.templateVary,
        ]
        if tag.matches(ifNoneMatch: request.ifNoneMatch) { return FrontResponse(status: 304, fields: fields) }
        let body = try coded(id) { () throws(CodingFailure) in try found.get().body(coding) }
        return FrontResponse(
            status: 200,
            fields: [Self.json] + Self.encoding(coding) + fields,
            coding: coding,
            content: body
        )
    }

    private func answer(_ slot: AnswerSlot, _ request: FrontRequest) throws(Problem) -> FrontResponse {
        let player = try player(of: request)
        let result = try stored { () throws(PayloadStoreError) in
            try answers.read { view throws(PayloadStoreError) in try answer(slot, player, request, view) }
        }
        return try result.get()
    }

    private func player(of request: FrontRequest) throws(Problem) -> [UInt8] {
        guard case .tokens = configuration.identity else {
            return try configuration.identity.player(of: request)
        }
        do throws(TokenFault) {
            guard let name = try tokens?.player(request.authorization, now: Double(clock()) / 1000) else {
                throw .noKeys
            }
            do throws(Problem) { return try PlayerIdentity.checked(name) } catch { throw .subject }
        } catch {
            throw TokenIdentity.problem(error)
        }
    }

    /// Answers out of one commit of the store: the frame is lent for as long as it is made a body of.
    private func answer(
        _ slot: AnswerSlot,
        _ player: [UInt8],
        _ request: FrontRequest,
        _ view: StoreView
    ) throws(PayloadStoreError) -> Result<FrontResponse, Problem> {
        let state = view.state
        var missing: TemplateID?
        for _ in 0..<2 {
            if let id = missing {
                guard let loaded = try load(id, view) else {
                    logger.error("an answer's template is not stored", metadata: ["template": "\(id)"])
                    return .failure(Self.unavailable("The answer cannot be read at the moment."))
                }
                if case .failure(let failure) = loaded { return .failure(notCoded(id, failure)) }
            }
            let found = try view.withAnswer(of: player, slot) {
                header,
                frame -> Result<FrontResponse, Problem>? in
                guard let template = templates.known(header.template) else {
                    missing = header.template
                    return nil
                }
                let mark = state.mark(of: header.partition)
                let shown = Shown(state, mark)
                return response(request, shown, template, header.frameChecksum) {
                    coding throws(CodingFailure) in
                    try ownCoder().body(of: frame, template, coding)
                }
            }
            if let response = found ?? nil { return response }
            if found != nil { continue }
            // A player the store does not know has no events, and gets the template.
            guard let id = state.template(slot) else { throw .notPublished(directory: answers.directory) }
            guard let template = templates.known(id) else {
                missing = id
                continue
            }
            return response(request, Shown(state, nil), template, nil) { coding throws(CodingFailure) in
                try template.body(coding)
            }
        }
        return .failure(Self.unavailable("The answer cannot be read at the moment."))
    }

    /// How far and how old the shown state is.
    private struct Shown {
        let offset: UInt64
        let foldedAt: Int64
        let publishedAt: Int64

        /// Of a partition's players; without a mark, of players in any: the one furthest behind.
        init(_ state: PublishedState, _ mark: PartitionMark?) {
            offset = mark?.offset ?? state.leastOffset
            publishedAt = state.publishedAt
            // A partition that was never folded has no time: nothing there could be any newer.
            let folded = mark?.foldedAt ?? state.partitions.map(\.foldedAt).filter { $0 > 0 }.min()
            foldedAt = if let folded, folded > 0 { folded } else { state.publishedAt }
        }
    }

    private func response(
        _ request: FrontRequest,
        _ shown: Shown,
        _ template: ReadyTemplate,
        _ frameChecksum: UInt64?,
        body: (AnswerNegotiation.Coding) throws(CodingFailure) -> ByteBuffer
    ) -> Result<FrontResponse, Problem> {
        let accept = accept(request)
        var dczWeight = accept.listed("dcz") ?? 0
        if dczWeight > 0, !AnswerNegotiation.holds(template.structuredField, request.availableDictionary) {
            dczWeight = 0
        }
        guard let coding = AnswerNegotiation.coding(accept: accept, dczWeight: dczWeight) else {
            return .failure(Self.notAcceptable(template.id))
        }
        let tag = EntityTag(seed: template.seed, frameChecksum: frameChecksum, coding: coding)
        let now = clock()
        let freshness = Freshness(
            now: now,
            foldedAt: shown.foldedAt,
            publishedAt: shown.publishedAt,
            publishSeconds: configuration.publishSeconds
        )
        var fields: [FrontResponse.Field] = []
        fields.reserveCapacity(9)
        let isUnchanged =
            request.ifNoneMatch.isEmpty
            ? HTTPDate.isUnchanged(since: request.ifModifiedSince, freshness.lastModified, now: now / 1000)
            : tag.matches(ifNoneMatch: request.ifNoneMatch)
        if !isUnchanged {
            fields.append(Self.json)
            if let token = coding.token { fields.append(.init("Content-Encoding", token)) }
            if coding != .dcz { fields.append(template.link) }
        }
        fields.append(.init("ETag", tag.field))
        fields.append(Self.answerVary)
        fields.append(contentsOf: freshnessFields.fields(of: freshness))
        fields.append(.init("Goalpost-Offset", String(shown.offset)))
        if isUnchanged { return .success(FrontResponse(status: 304, fields: fields)) }
        do throws(CodingFailure) {
            let content = try body(coding)
            return .success(FrontResponse(status: 200, fields: fields, coding: coding, content: content))
        } catch {
            return .failure(notCoded(template.id, error))
        }
    }

    private func accept(_ request: FrontRequest) -> AcceptEncoding {
        if accepted.lines != request.acceptEncoding {
            accepted = (request.acceptEncoding, AcceptEncoding(request.acceptEncoding))
        }
        return accepted.meaning
    }

    private func ownCoder() throws(CodingFailure) -> AnswerCoder {
        if let coder { return coder }
        let made = try AnswerCoder()
        coder = made
        return made
    }

    /// A template from the store, made ready; `nil` when it is not stored.
    private func load(
        _ id: TemplateID,
        _ view: StoreView
    ) throws(PayloadStoreError) -> Result<ReadyTemplate, CodingFailure>? {
        if let known = templates.known(id) { return .success(known) }
        guard let json = try view.template(id) else { return nil }
        do throws(ZstdError) { return .success(try templates.make(id, json: json)) } catch {
            return .failure(CodingFailure(error))
        }
    }

    private func coded(
        _ template: TemplateID,
        _ body: () throws(CodingFailure) -> ByteBuffer
    ) throws(Problem) -> ByteBuffer {
        do throws(CodingFailure) { return try body() } catch { throw notCoded(template, error) }
    }

    private func notCoded(_ template: TemplateID, _ failure: CodingFailure) -> Problem {
        logger.error(
            "a stored answer cannot be decoded; run `goalpost run publish --all`",
            metadata: ["template": "\(template)", "error": "\(failure)"]
        )
        return Self.unavailable("The answer cannot be read at the moment.")
    }

    /// Runs a read of the store; what goes wrong is told to the log in full and to the client in general.
    private func stored<Value>(_ body: () throws(PayloadStoreError) -> Value) throws(Problem) -> Value {
        do throws(PayloadStoreError) { return try body() } catch {
            logger.error("the payload store cannot be read", metadata: ["error": "\(error)"])
            if case .notPublished = error { throw Self.unavailable("Nothing has been published yet.") }
            throw Self.unavailable("The published answers cannot be read at the moment.")
        }
    }

    private static func encoding(_ coding: AnswerNegotiation.Coding) -> [FrontResponse.Field] {
        coding.token.map { [.init("Content-Encoding", $0)] } ?? []
    }

    private static func unavailable(_ detail: String) -> Problem {
        Problem(.storeUnavailable, detail, fields: [.init("Retry-After", String(retryAfterSeconds))])
    }

    private static func notAcceptable(_ template: TemplateID) -> Problem {
        Problem(
            .notAcceptable,
            "Accept identity, gzip or zstd, or dcz with \(Route.path(of: template)) as Available-Dictionary.",
            fields: [answerVary]
        )
    }
}
