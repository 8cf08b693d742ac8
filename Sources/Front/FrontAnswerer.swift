package import Logging
import PayloadStore
import Zstd

/// Answers requests out of the published store: no HTTP, no suspension, nothing written.
package struct FrontAnswerer: Sendable {
    private static let json = FrontResponse.Field("Content-Type", "application/json")
    private static let noStore = FrontResponse.Field("Cache-Control", "no-store")
    /// What a client that found no store is told to wait.
    private static let retryAfterSeconds = 5

    private let configuration: FrontConfiguration
    private let answers: PublishedAnswers
    private let decoder: AnswerDecoder
    private let templateFrames = TemplateFrames()
    private let clock: @Sendable () -> Int64
    private let logger: Logger

    /// - Parameters:
    ///   - configuration: Already validated.
    ///   - laneCount: How many requests are answered at the same moment; the number of threads that do.
    ///   - clock: Milliseconds since 1970, for the age of answers.
    ///   - logger: Gets what clients are not told.
    package init(
        configuration: FrontConfiguration,
        laneCount: Int,
        clock: @escaping @Sendable () -> Int64,
        logger: Logger
    ) {
        self.configuration = configuration
        answers = PublishedAnswers(directory: configuration.storeDirectory, laneCount: laneCount)
        decoder = AnswerDecoder(laneCount: laneCount)
        self.clock = clock
        self.logger = logger
    }

    /// The response to `request`; every request has one.
    package func response(to request: FrontRequest) -> FrontResponse {
        do throws(Problem) {
            switch Route(method: request.method, target: request.target) {
            case .answer(let slot): return try answer(slot, request)
            case .template(let id): return try template(id, request)
            case .health: return Self.health
            case .ready: return try ready()
            case .methodNotAllowed(let allow): throw notAllowed(allow, "This path is only read here")
            case .write: throw notAllowed("", "Nothing is written here")
            case .unknown: throw Problem(.notFound, "There is no such path here.")
            }
        } catch {
            return error.response(target: request.target)
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
        let (bytes, state) = try stored { () throws(PayloadStoreError) in try answers.template(id) }
        guard let bytes else {
            throw Problem(.notFound, "There is no such template, or no answer needs it any more.")
        }
        guard AcceptEncoding(request.acceptEncoding).identity > 0 else { throw Self.notAcceptable(id) }
        let tag = EntityTag(template: id)
        let pattern = DictionaryPattern.of(id, in: state)
        // The URL names the bytes, so what it answers never changes.
        let fields: [FrontResponse.Field] = [
            .init("ETag", tag.field), .init("Cache-Control", "public, max-age=31536000, immutable"),
            .init("Use-As-Dictionary", #"match="\#(pattern)", id="\#(id.hex)""#),
            .init("Vary", "Accept-Encoding"),
        ]
        if tag.matches(ifNoneMatch: request.ifNoneMatch) { return FrontResponse(status: 304, fields: fields) }
        return FrontResponse(status: 200, fields: [Self.json] + fields, body: bytes)
    }

    private func answer(_ slot: AnswerSlot, _ request: FrontRequest) throws(Problem) -> FrontResponse {
        let player = try configuration.identity.player(of: request)
        let found = try stored { () throws(PayloadStoreError) in try answers.answer(of: player, slot) }
        let coding = AnswerNegotiation.coding(
            accept: AcceptEncoding(request.acceptEncoding),
            availableDictionary: request.availableDictionary,
            template: found.template
        )
        guard let coding else { throw Self.notAcceptable(found.template) }
        let tag = EntityTag(template: found.template, frame: found.frame, coding: coding)
        let fields = freshness(of: found, tag)
        if tag.matches(ifNoneMatch: request.ifNoneMatch) { return FrontResponse(status: 304, fields: fields) }
        switch coding {
        case .dcz:
            let body = AnswerNegotiation.dczMagic + found.template.bytes + (try frame(of: found))
            return FrontResponse(
                status: 200,
                fields: [Self.json, .init("Content-Encoding", "dcz")] + fields,
                body: body
            )
        case .identity:
            // Tells clients that can use one where the dictionary for their next request lies.
            let link = "<\(Route.path(of: found.template))>; rel=\"compression-dictionary\""
            return FrontResponse(
                status: 200,
                fields: [Self.json, .init("Link", link)] + fields,
                body: try json(of: found)
            )
        }
    }

    /// The fields that say which state an answer shows, how old that is, and how long it may be kept.
    private func freshness(of found: FoundAnswer, _ tag: EntityTag) -> [FrontResponse.Field] {
        let age = max(0, clock() - found.foldedAt) / 1000
        return [
            .init("ETag", tag.field), .init("Vary", AnswerNegotiation.vary),
            .init("Cache-Control", "private, max-age=\(configuration.maxAgeSeconds)"),
            .init("Age", String(age)),
            .init("Last-Modified", HTTPDate.text(seconds: found.foldedAt / 1000)),
            .init("Goalpost-Offset", String(found.offset)),
        ]
    }

    /// The stored frame; for a player without events one that says "nothing but the template".
    private func frame(of found: FoundAnswer) throws(Problem) -> [UInt8] {
        if let frame = found.frame ?? templateFrames.known(found.template) { return frame }
        let template = try template(of: found)
        return try zstd(found.template) { () throws(ZstdError) in
            try templateFrames.make(found.template, template: template)
        }
    }

    private func json(of found: FoundAnswer) throws(Problem) -> [UInt8] {
        if let frame = found.frame, let dictionary = decoder.dictionary(found.template) {
            return try zstd(found.template) { () throws(ZstdError) in
                try decoder.decode(frame, with: dictionary)
            }
        }
        let template = try template(of: found)
        guard let frame = found.frame else { return template }
        return try zstd(found.template) { () throws(ZstdError) in
            try decoder.decode(frame, with: try decoder.prepare(found.template, template: template))
        }
    }

    private func template(of found: FoundAnswer) throws(Problem) -> [UInt8] {
        let template = try stored { () throws(PayloadStoreError) in try answers.template(found.template).bytes
        }
        guard let template else {
            // Republished between the two reads: asking again finds the new answer.
            logger.error("an answer's template is not stored", metadata: ["template": "\(found.template)"])
            throw Self.unavailable("The answer was replaced while it was read; ask again.")
        }
        return template
    }

    private func zstd(
        _ template: TemplateID,
        _ body: () throws(ZstdError) -> [UInt8]
    ) throws(Problem) -> [UInt8] {
        do throws(ZstdError) { return try body() } catch {
            logger.error(
                "a stored answer cannot be decoded; run `goalpost run publish --all`",
                metadata: ["template": "\(template)", "error": "\(error)"]
            )
            throw Self.unavailable("The answer cannot be read at the moment.")
        }
    }

    /// Runs a read of the store; what goes wrong is told to the log in full and to the client in general.
    private func stored<Value>(_ body: () throws(PayloadStoreError) -> Value) throws(Problem) -> Value {
        do throws(PayloadStoreError) { return try body() } catch {
            logger.error("the payload store cannot be read", metadata: ["error": "\(error)"])
            if case .notPublished = error { throw Self.unavailable("Nothing has been published yet.") }
            throw Self.unavailable("The published answers cannot be read at the moment.")
        }
    }

    private static func unavailable(_ detail: String) -> Problem {
        Problem(.storeUnavailable, detail, fields: [.init("Retry-After", String(retryAfterSeconds))])
    }

    private static func notAcceptable(_ template: TemplateID) -> Problem {
        Problem(
            .notAcceptable,
            "Accept identity, or dcz with the template \(Route.path(of: template)) as Available-Dictionary.",
            fields: [.init("Vary", AnswerNegotiation.vary)]
        )
    }
}
