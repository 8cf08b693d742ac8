import NIOCore
package import PayloadStore

/// A strong entity tag (RFC 9110 §8.8.3): equal tags of one URL and player mean equal bytes.
package struct EntityTag: Hashable, Sendable {
    /// Further tags of a longer `If-None-Match` are not looked at.
    package static let tagsMax = 64

    /// The tag without its quotes.
    package let opaque: String

    /// The tag of an answer: what it was made against, the checksum of its frame, and the coding it is sent in.
    ///
    /// Depends on stored bytes only, so that all fronts of one store agree. `frameChecksum` is `nil` where the
    /// answer is the template itself. It tells changes apart and is not meant to resist an attacker: who could
    /// forge a frame writes the store.
    package init(template: TemplateID, frameChecksum: UInt64?, coding: AnswerNegotiation.Coding) {
        let seed = template.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        self.init(seed: seed, frameChecksum: frameChecksum, coding: coding)
    }

    /// The same with the template's first eight bytes as a number, where they are at hand.
    init(seed: UInt64, frameChecksum: UInt64?, coding: AnswerNegotiation.Coding) {
        opaque = String(unsafeUninitializedCapacity: Self.answerBytesMax) { text in
            Self.fill(UnsafeMutableRawBufferPointer(text), seed, frameChecksum, coding)
        }
    }

    /// Bytes of an answer's tag: 16 digits, a dash and a coding.
    private static let answerBytesMax = 24

    /// Writes the same tag, without its quotes.
    static func write(
        seed: UInt64,
        frameChecksum: UInt64?,
        coding: AnswerNegotiation.Coding,
        to buffer: inout ByteBuffer
    ) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: answerBytesMax) { text in
            fill(text, seed, frameChecksum, coding)
        }
    }

    /// Writes an answer's tag to the start of `text` and says how many bytes it has.
    private static func fill(
        _ text: UnsafeMutableRawBufferPointer,
        _ seed: UInt64,
        _ frameChecksum: UInt64?,
        _ coding: AnswerNegotiation.Coding
    ) -> Int {
        // An odd multiplier loses nothing of the checksum, and keeps it from cancelling against the seed.
        let digest = frameChecksum.map { ($0 &+ 1) &* 0x9E37_79B9_7F4A_7C15 ^ seed } ?? seed
        for place in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: digest >> (60 - 4 * UInt64(place)) & 15)
            text[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
        guard let token = coding.token else { return 16 }
        text[16] = UInt8(ascii: "-")
        var end = 17
        for byte in token.utf8 {
            text[end] = byte
            end += 1
        }
        return end
    }

    /// The tag of a template, whose bytes its URL already names, in a coding.
    package init(template: TemplateID, coding: AnswerNegotiation.Coding = .identity) {
        opaque = coding.token.map { "\(template.hex)-\($0)" } ?? template.hex
    }

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
