import NIOCore

/// An answer as it was decided on, before anything of it is written.
struct AnswerDecision {
    static let vary = FrontResponse.Field("Vary", AnswerNegotiation.vary)
    private static let json = FrontResponse.Field("Content-Type", "application/json")

    let template: ReadyTemplate
    /// Of the stored frame; `nil` where the answer is the template itself.
    let frameChecksum: UInt64?
    let coding: AnswerNegotiation.Coding
    /// The log's offset that the answer includes everything before.
    let offset: UInt64
    let freshness: Freshness
    /// The client has these bytes already.
    var isUnchanged = false

    var tag: EntityTag { EntityTag(seed: template.seed, frameChecksum: frameChecksum, coding: coding) }

    /// All header fields but those of the connection; `freshness` are its own.
    func fields(_ freshness: [FrontResponse.Field]) -> [FrontResponse.Field] {
        var fields: [FrontResponse.Field] = []
        fields.reserveCapacity(9)
        fields.append(contentsOf: fieldsBeforeTag)
        fields.append(.init("ETag", tag.field))
        fields.append(contentsOf: fieldsAfterTag(freshness))
        return fields
    }

    /// The fields up to the tag.
    var fieldsBeforeTag: [FrontResponse.Field] {
        if isUnchanged { return [] }
        var fields = [Self.json]
        if let token = coding.token { fields.append(.init("Content-Encoding", token)) }
        if coding != .dcz { fields.append(template.link) }
        return fields
    }

    /// The fields behind the tag.
    func fieldsAfterTag(_ freshness: [FrontResponse.Field]) -> [FrontResponse.Field] {
        [Self.vary] + freshness + [.init("Goalpost-Offset", String(offset))]
    }
}

/// What takes an answer: the decision, and the body in the coding decided on, empty where it is left away.
typealias AnswerUse = (AnswerDecision, ByteBuffer) -> Void

/// An answer that was written, as far as its connection and its counters need to know it.
struct WrittenAnswer {
    let status: Int
    let coding: AnswerNegotiation.Coding
    /// Bytes of the body as it goes out; 0 for HEAD.
    let bodyBytes: Int
    /// The body, where it was too long to be written behind the head.
    var rest: ByteBuffer?

    init(_ decision: AnswerDecision, bodyBytes: Int) {
        status = decision.isUnchanged ? 304 : 200
        coding = decision.isUnchanged ? .identity : decision.coding
        self.bodyBytes = bodyBytes
    }
}
