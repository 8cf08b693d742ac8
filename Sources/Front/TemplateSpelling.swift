package import PayloadStore

/// How templates are named on the wire.
extension TemplateID {
    /// Reads 64 lower-case hexadecimal digits; other spellings would be other URLs of the same thing.
    package init?(hex: Substring) {
        let digits = Array(hex.utf8)
        guard digits.count == 2 * Self.byteCount else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        self.init(bytes)
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String { description }

    /// The digest as `Available-Dictionary` carries it: a structured-field byte sequence, `:base64:`.
    package var structuredField: String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = bytes
        var text: [UInt8] = [UInt8(ascii: ":")]
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for place in 0..<4 {
                let isDigit = place <= group.count
                text.append(
                    isDigit ? alphabet[Int(word >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "=")
                )
            }
        }
        text.append(UInt8(ascii: ":"))
        return String(decoding: text, as: UTF8.self)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// The URL patterns (RFC 9842 `match`) of the requests that templates are dictionaries for.
package enum DictionaryPattern {
    /// What a template's `match` is when it is not the current one of exactly one answer.
    package static let any = "/challenge/v1/challenges*"

    /// The pattern of `template`, as `state` uses it.
    ///
    /// One pattern an answer: a client that holds all three takes the longest that matches, while a common
    /// pattern would let each template displace the others.
    package static func of(_ template: TemplateID, in state: PublishedState) -> String {
        let slots = AnswerSlot.allCases.filter { state.template($0) == template }
        guard slots.count == 1 else { return any }
        return switch slots[0] {
        case .initialize: "/challenge/v1/challenges/initialize"
        case .challenges: "/challenge/v1/challenges"
        case .activeOnly: "/challenge/v1/challenges?active_only=true"
        }
    }
}
