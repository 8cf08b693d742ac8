import NIOCore

/// Keeps the bytes of the last answers' heads: of the next one all but tag and length is the same nearly always.
///
/// What differs from player to player besides these is how far and when their partition was folded, so some are
/// kept, each in the place that its offset and age point to.
struct AnswerHeads {
    /// Heads kept; the partitions of a store are hardly ever folded to more different ends.
    private static let headsMax = 16

    private struct Known {
        let template: ReadyTemplate
        let coding: AnswerNegotiation.Coding
        let offset: UInt64
        let freshness: Freshness
        let isUnchanged: Bool
        /// To the tag's opening quote.
        var start = ByteBuffer()
        /// From the tag's closing quote to `Content-Length: `, where that is said.
        var end = ByteBuffer()

        func fits(_ decision: AnswerDecision) -> Bool {
            template === decision.template && coding == decision.coding && offset == decision.offset
                && isUnchanged == decision.isUnchanged && freshness == decision.freshness
        }
    }

    private var known = [Known?](repeating: nil, count: headsMax)

    /// Writes the status line and all fields up to `Content-Length`.
    mutating func write(
        _ decision: AnswerDecision,
        _ freshness: FreshnessFields,
        contentBytes: Int,
        to output: inout ByteBuffer
    ) {
        let key = decision.offset &+ UInt64(truncatingIfNeeded: decision.freshness.age)
        let place = Int(truncatingIfNeeded: key % UInt64(Self.headsMax))
        if known[place]?.fits(decision) != true { known[place] = Self.make(decision, freshness) }
        guard let head = known[place] else { return }
        output.writeImmutableBuffer(head.start)
        EntityTag.write(
            seed: decision.template.seed,
            frameChecksum: decision.frameChecksum,
            coding: decision.coding,
            to: &output
        )
        output.writeImmutableBuffer(head.end)
        if decision.isUnchanged { return }
        output.writeString(String(contentBytes))
        output.writeStaticString("\r\n")
    }

    private static func make(_ decision: AnswerDecision, _ freshness: FreshnessFields) -> Known {
        var freshness = freshness
        var head = Known(
            template: decision.template,
            coding: decision.coding,
            offset: decision.offset,
            freshness: decision.freshness,
            isUnchanged: decision.isUnchanged
        )
        ResponseHead.writeStart(status: decision.isUnchanged ? 304 : 200, to: &head.start)
        for field in decision.fieldsBeforeTag { ResponseHead.write(field.name, field.value, to: &head.start) }
        head.start.writeStaticString("ETag: \"")
        head.end.writeStaticString("\"\r\n")
        for field in decision.fieldsAfterTag(freshness.fields(of: decision.freshness)) {
            ResponseHead.write(field.name, field.value, to: &head.end)
        }
        // A 304 has no length of its own.
        if !decision.isUnchanged { head.end.writeStaticString("Content-Length: ") }
        return head
    }
}
