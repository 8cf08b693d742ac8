package import PayloadStore

/// A strong entity tag (RFC 9110 §8.8.3): equal tags of one URL and player mean equal bytes.
package struct EntityTag: Hashable, Sendable {
    /// Further tags of a longer `If-None-Match` are not looked at.
    package static let tagsMax = 64

    /// The tag without its quotes.
    package let opaque: String

    /// The tag of an answer: what it was made against, its frame, and the coding it is sent in.
    ///
    /// Depends on stored bytes only, so that all fronts of one store agree. `frame` is `nil` where the answer
    /// is the template itself.
    package init(template: TemplateID, frame: [UInt8]?, coding: AnswerNegotiation.Coding) {
        let seed = template.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        let digest = frame.map { Murmur64.hash($0, seed: seed) } ?? seed
        let digits = String(digest, radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.count) + digits
        opaque = coding.token.map { "\(padded)-\($0)" } ?? padded
    }

    /// The tag of a template, whose bytes its URL already names.
    package init(template: TemplateID) { opaque = template.hex }

    /// As the `ETag` field carries it.
    package var field: String { "\"\(opaque)\"" }

    /// Whether an `If-None-Match` of these lines names this tag, by the weak comparison that field asks for.
    package func matches(ifNoneMatch lines: [String]) -> Bool {
        var read = 0
        for line in lines {
            var rest = Substring(line)
            while let (tag, after) = Self.next(rest), read < Self.tagsMax {
                if tag == "*" || tag == field { return true }
                rest = after
                read += 1
            }
        }
        return false
    }

    /// Splits the first tag off a list: `*`, or a quoted text whose weak marker is dropped.
    private static func next(_ text: Substring) -> (tag: Substring, rest: Substring)? {
        var rest = text.drop { $0 == " " || $0 == "\t" || $0 == "," }
        if rest.first == "*" { return (rest.prefix(1), rest.dropFirst()) }
        if rest.hasPrefix("W/") { rest = rest.dropFirst(2) }
        guard rest.first == "\"", let close = rest.dropFirst().firstIndex(of: "\"") else { return nil }
        return (rest[...close], rest[rest.index(after: close)...])
    }
}

/// MurmurHash64A: fast, the same on every machine, and not meant to resist an attacker.
enum Murmur64 {
    private static let multiplier: UInt64 = 0xC6A4_A793_5BD1_E995

    static func hash(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
        var state = seed ^ (UInt64(bytes.count) &* multiplier)
        let span = bytes.span.bytes
        var offset = 0
        while offset + 8 <= bytes.count {
            var word: UInt64 = 0
            for place in 0..<8 {
                word |= UInt64(span.unsafeLoad(fromByteOffset: offset + place, as: UInt8.self)) << (8 * place)
            }
            word = word &* multiplier
            word ^= word >> 47
            word = word &* multiplier
            state = (state ^ word) &* multiplier
            offset += 8
        }
        if offset < bytes.count {
            for place in 0..<(bytes.count - offset) { state ^= UInt64(bytes[offset + place]) << (8 * place) }
            state = state &* multiplier
        }
        state ^= state >> 47
        state = state &* multiplier
        return state ^ (state >> 47)
    }
}
