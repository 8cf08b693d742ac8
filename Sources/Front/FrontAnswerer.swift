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
    static let json = FrontResponse.Field("Content-Type", "application/json")
    private static let noStore = FrontResponse.Field("Cache-Control", "no-store")
    private static let templateVary = FrontResponse.Field("Vary", "Accept-Encoding")
    /// What a client that found no store is told to wait.
    private static let retryAfterSeconds = 5

    private let configuration: FrontConfiguration
    let answers: PublishedAnswers
    private let clock: @Sendable () -> Int64
    private let logger: Logger
    private var coder: AnswerCoder?
    private var templates: TemplatesAtHand
    /// The last `Accept-Encoding` and what it says: most clients send one of a few.
    private var accepted: (lines: [String], meaning: AcceptEncoding) = ([], AcceptEncoding([]))
    private var freshnessFields = FreshnessFields()
    private var tokens: TokenReader?
    private var heads = AnswerHeads()

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
            case .outcome(let target): return try outcome(target, request)
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
        var response: FrontResponse?
        var known: KnownPlayer?
        try find(slot, request, &known) { decision, content in
            let fields = decision.fields(freshnessFields.fields(of: decision.freshness))
            response =
                decision.isUnchanged
                ? FrontResponse(status: 304, fields: fields)
                : FrontResponse(status: 200, fields: fields, coding: decision.coding, content: content)
        }
        guard let response else { throw Self.unreadable }
        return response
    }

    /// `known` is what an earlier call left for a request with the same fields; nil where there was none.
    func player(of request: FrontRequest, _ known: inout KnownPlayer?) throws(Problem) -> [UInt8] {
        guard case .tokens = configuration.identity else {
            return try configuration.identity.player(of: request)
        }
        let now = Double(clock()) / 1000
        if let known, let tokens,
            tokens.isStillGood(generation: known.generation, expiresAt: known.expiresAt, now: now)
        {
            return known.player
        }
        known = nil
        do throws(TokenFault) {
            guard let bearer = try tokens?.bearer(request.authorization, now: now), let tokens else {
                throw .noKeys
            }
            let player: [UInt8]
            do throws(Problem) { player = try PlayerIdentity.checked(bearer.player) } catch { throw .subject }
            known = KnownPlayer(
                player: player,
                generation: tokens.keysGeneration,
                expiresAt: bearer.expiresAt
            )
            return player
        } catch {
            throw TokenIdentity.problem(error)
        }
    }

    /// Writes the response to a player's request as it goes over the wire, byte for byte what ``ResponseHead``
    /// makes of ``response(to:)``.
    ///
    /// `connection` is the value of `Connection`, where there is something to say; with `isHead` the body is left
    /// away. `output` gets the head, and behind it a body of at most `joinedBytesMax`; a longer one is returned.
    /// `known` is what the last call left for this very request; nil the first time.
    func write(
        _ slot: AnswerSlot,
        _ request: FrontRequest,
        known: inout KnownPlayer?,
        date: String,
        connection: String?,
        isHead: Bool,
        joinedBytesMax: Int,
        to output: inout ByteBuffer
    ) throws(Problem) -> WrittenAnswer {
        var written: WrittenAnswer?
        try find(slot, request, &known) { decision, content in
            heads.write(decision, freshnessFields, contentBytes: content.readableBytes, to: &output)
            ResponseHead.writeEnd(date: date, connection: connection, to: &output)
            var answer = WrittenAnswer(decision, bodyBytes: isHead ? 0 : content.readableBytes)
            if answer.bodyBytes > joinedBytesMax {
                answer.rest = content
            } else if answer.bodyBytes > 0 {
                output.writeImmutableBuffer(content)
            }
            written = answer
        }
        guard let written else { throw Self.unreadable }
        return written
    }

    /// Finds a player's answer, decides how it goes out, and hands both to `use`.
    ///
    /// Nothing on this way is generic: it is gone once a request.
    private func find(
        _ slot: AnswerSlot,
        _ request: FrontRequest,
        _ known: inout KnownPlayer?,
        _ use: AnswerUse
    ) throws(Problem) {
        let player = try player(of: request, &known)
        var problem: Problem?
        do throws(PayloadStoreError) {
            try answers.look { view throws(PayloadStoreError) in
                problem = try find(slot, player, request, view, use)
            }
        } catch { throw unavailable(error) }
        if let problem { throw problem }
    }

    /// Looks into one commit of the store; what cannot be answered is returned.
    private func find(
        _ slot: AnswerSlot,
        _ player: [UInt8],
        _ request: FrontRequest,
        _ view: StoreView,
        _ use: AnswerUse
    ) throws(PayloadStoreError) -> Problem? {
        let state = view.state
        var missing: TemplateID?
        for _ in 0..<2 {
            if let id = missing {
                guard let loaded = try load(id, view) else {
                    logger.error("an answer's template is not stored", metadata: ["template": "\(id)"])
                    return Self.unreadable
                }
                if case .failure(let failure) = loaded { return notCoded(id, failure) }
                missing = nil
            }
            var isStored = false
            var problem: Problem?
            try view.lendAnswer(of: player, slot) { header, frame in
                isStored = true
                guard let template = templates.known(header.template) else {
                    missing = header.template
                    return
                }
                let shown = Shown(state, state.mark(of: header.partition))
                problem = decide(request, shown, template, header.frameChecksum, use) {
                    coding throws(CodingFailure) in
                    try ownCoder().body(of: frame, template, coding)
                }
            }
            if isStored {
                if missing != nil { continue }
                return problem
            }
            // A player the store does not know has no events, and gets the template.
            guard let id = state.template(slot) else { throw .notPublished(directory: answers.directory) }
            guard let template = templates.known(id) else {
                missing = id
                continue
            }
            return decide(request, Shown(state, nil), template, nil, use) { coding throws(CodingFailure) in
                try template.body(coding)
            }
        }
        return Self.unreadable
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

    /// Decides on coding, freshness and tag, and hands the answer to `use`.
    private func decide(
        _ request: FrontRequest,
        _ shown: Shown,
        _ template: ReadyTemplate,
        _ frameChecksum: UInt64?,
        _ use: AnswerUse,
        body: (AnswerNegotiation.Coding) throws(CodingFailure) -> ByteBuffer
    ) -> Problem? {
        let accept = accept(request)
        var dczWeight = accept.listed("dcz") ?? 0
        if dczWeight > 0, !AnswerNegotiation.holds(template.structuredField, request.availableDictionary) {
            dczWeight = 0
        }
        guard let coding = AnswerNegotiation.coding(accept: accept, dczWeight: dczWeight) else {
            return Self.notAcceptable(template.id)
        }
        let now = clock()
        var decision = AnswerDecision(
            template: template,
            frameChecksum: frameChecksum,
            coding: coding,
            offset: shown.offset,
            freshness: Freshness(
                now: now,
                foldedAt: shown.foldedAt,
                publishedAt: shown.publishedAt,
                publishSeconds: configuration.publishSeconds
            )
        )
        if !request.ifNoneMatch.isEmpty {
            decision.isUnchanged = decision.tag.matches(ifNoneMatch: request.ifNoneMatch)
        } else if !request.ifModifiedSince.isEmpty {
            decision.isUnchanged = HTTPDate.isUnchanged(
                since: request.ifModifiedSince,
                decision.freshness.lastModified,
                now: now / 1000
            )
        }
        do throws(CodingFailure) {
            use(decision, decision.isUnchanged ? ByteBuffer() : try body(coding))
            return nil
        } catch {
            return notCoded(template.id, error)
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
        return Self.unreadable
    }

    /// Runs a read of the store; what goes wrong is told to the log in full and to the client in general.
    func stored<Value>(_ body: () throws(PayloadStoreError) -> Value) throws(Problem) -> Value {
        do throws(PayloadStoreError) { return try body() } catch { throw unavailable(error) }
    }

    private func unavailable(_ error: PayloadStoreError) -> Problem {
        logger.error("the payload store cannot be read", metadata: ["error": "\(error)"])
        if case .notPublished = error { return Self.unavailable("Nothing has been published yet.") }
        return Self.unavailable("The published answers cannot be read at the moment.")
    }

    private static func encoding(_ coding: AnswerNegotiation.Coding) -> [FrontResponse.Field] {
        coding.token.map { [.init("Content-Encoding", $0)] } ?? []
    }

    private static let unreadable = unavailable("The answer cannot be read at the moment.")

    static func unavailable(_ detail: String) -> Problem {
        Problem(.storeUnavailable, detail, fields: [.init("Retry-After", String(retryAfterSeconds))])
    }

    private static func notAcceptable(_ template: TemplateID) -> Problem {
        Problem(
            .notAcceptable,
            "Accept identity, gzip or zstd, or dcz with \(Route.path(of: template)) as Available-Dictionary.",
            fields: [AnswerDecision.vary]
        )
    }
}
