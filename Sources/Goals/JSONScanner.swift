/// Why a text is not JSON that every reader accepts, and at which byte.
package struct JSONFault: Error, Equatable, Sendable {
    package enum Reason: String, Sendable {
        case unexpectedEnd = "ends in the middle of a value"
        case unexpectedByte = "has a byte that JSON does not allow here"
        case controlCharacter = "has an unescaped control character in a string"
        case badEscape = "has a wrong escape sequence in a string"
        case loneSurrogate = "has half of a surrogate pair (\\uD800 to \\uDFFF) without its other half"
        case badNumber = "has a number that JSON does not allow"
        case infiniteNumber = "has a number beyond the range of an IEEE double"
        case duplicateKey = "has a key twice in one object"
        case tooManyKeys = "has more than 1000 keys in one object"
        case tooDeep = "is nested deeper than 64 levels"
        case trailingBytes = "goes on after the end of the JSON value"
    }
    package let reason: Reason
    /// Position in the scanned text, from 0.
    package let byteOffset: Int
}

/// A string inside a scanned text: where its contents lie, quotes excluded.
package struct JSONText: Equatable, Sendable {
    package var start = 0
    package var count = 0
    package var hasEscapes = false

    package var range: Range<Int> { start..<(start + count) }
}

/// Reads JSON (RFC 8259) in place, strictly: no key twice, no lone surrogate, no infinite number, at most
/// 64 levels and 1,000 keys an object, so that whatever passes is read alike by every other reader.
///
/// Does not check UTF-8: `UTF8Check` does, over the whole text at once. `text` has to stay alive and unchanged
/// while the scanner is used; it never leaves Goals.
struct JSONScanner {
    static let depthMax = 64
    static let keysMax = 1000

    let text: UnsafeBufferPointer<UInt8>
    var at = 0
    /// Off for records that ingest has checked already: keys are not remembered then.
    let checksKeys: Bool
    /// Hash and place of the keys of all open objects, innermost last.
    private var keys: [(hash: UInt64, text: JSONText)] = []

    init(_ text: UnsafeBufferPointer<UInt8>, checksKeys: Bool = true) {
        self.text = text
        self.checksKeys = checksKeys
    }

    func fault(_ reason: JSONFault.Reason) -> JSONFault { JSONFault(reason: reason, byteOffset: at) }

    /// The next byte that is not white space; its position is `at`.
    mutating func peek() throws(JSONFault) -> UInt8 {
        while at < text.count {
            let byte = text[at]
            if byte > 0x20 { return byte }
            guard byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else {
                throw fault(.unexpectedByte)
            }
            at += 1
        }
        throw fault(.unexpectedEnd)
    }

    mutating func expect(_ byte: UInt8) throws(JSONFault) {
        guard try peek() == byte else { throw fault(.unexpectedByte) }
        at += 1
    }

    /// Only white space may follow.
    mutating func expectEnd() throws(JSONFault) {
        while at < text.count {
            let byte = text[at]
            guard byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else {
                throw fault(.trailingBytes)
            }
            at += 1
        }
    }

    /// Reads an object; `member` is called at each value and has to consume it.
    mutating func object(
        depth: Int,
        _ member: (inout JSONScanner, JSONText) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        guard depth <= Self.depthMax else { throw fault(.tooDeep) }
        try expect(UInt8(ascii: "{"))
        if try peek() == UInt8(ascii: "}") {
            at += 1
            return
        }
        let firstKey = keys.count
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw fault(.unexpectedByte) }
            let key = try string()
            if checksKeys { try remember(key, from: firstKey) }
            try expect(UInt8(ascii: ":"))
            _ = try peek()
            try member(&self, key)
            let byte = try peek()
            at += 1
            if byte == UInt8(ascii: "}") { break }
            guard byte == UInt8(ascii: ",") else {
                at -= 1
                throw fault(.unexpectedByte)
            }
        }
        keys.removeLast(keys.count - firstKey)
    }

    /// Reads an array; `element` is called at each value and has to consume it.
    mutating func array(
        depth: Int,
        _ element: (inout JSONScanner) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        guard depth <= Self.depthMax else { throw fault(.tooDeep) }
        try expect(UInt8(ascii: "["))
        if try peek() == UInt8(ascii: "]") {
            at += 1
            return
        }
        while true {
            _ = try peek()
            try element(&self)
            let byte = try peek()
            at += 1
            if byte == UInt8(ascii: "]") { break }
            guard byte == UInt8(ascii: ",") else {
                at -= 1
                throw fault(.unexpectedByte)
            }
        }
    }

    /// Reads a value of any kind and forgets it.
    mutating func skipValue(depth: Int) throws(JSONFault) {
        switch try peek() {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"):
            try object(depth: depth + 1) { (scanner, _) throws(JSONFault) in
                try scanner.skipValue(depth: depth + 1)
            }
        case UInt8(ascii: "["):
            try array(depth: depth + 1) { scanner throws(JSONFault) in try scanner.skipValue(depth: depth + 1)
            }
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: _ = try number()
        }
    }

    mutating func word(_ word: StaticString) throws(JSONFault) {
        for position in 0..<word.utf8CodeUnitCount {
            guard at < text.count else { throw fault(.unexpectedEnd) }
            guard text[at] == word.utf8Start[position] else { throw fault(.unexpectedByte) }
            at += 1
        }
    }

    /// Reads a string; `at` is on its opening quote.
    mutating func string() throws(JSONFault) -> JSONText {
        at += 1
        var result = JSONText(start: at)
        while at < text.count {
            let byte = text[at]
            if byte == UInt8(ascii: "\"") {
                result.count = at - result.start
                at += 1
                return result
            }
            if byte == UInt8(ascii: "\\") {
                result.hasEscapes = true
                try escape()
            } else {
                guard byte >= 0x20 else { throw fault(.controlCharacter) }
                at += 1
            }
        }
        throw fault(.unexpectedEnd)
    }

    private mutating func escape() throws(JSONFault) {
        guard at + 1 < text.count else { throw fault(.unexpectedEnd) }
        switch text[at + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            at += 2
        case UInt8(ascii: "u"):
            let unit = try hexUnit(at: at + 2)
            if unit >= 0xDC00, unit < 0xE000 { throw fault(.loneSurrogate) }
            if unit >= 0xD800, unit < 0xDC00 {
                guard at + 7 < text.count, text[at + 6] == UInt8(ascii: "\\"),
                    text[at + 7] == UInt8(ascii: "u")
                else { throw fault(.loneSurrogate) }
                let low = try hexUnit(at: at + 8)
                guard low >= 0xDC00, low < 0xE000 else { throw fault(.loneSurrogate) }
                at += 12
            } else {
                at += 6
            }
        default: throw fault(.badEscape)
        }
    }

    private func hexUnit(at position: Int) throws(JSONFault) -> UInt32 {
        guard position + 4 <= text.count else { throw fault(.badEscape) }
        var unit: UInt32 = 0
        for index in position..<(position + 4) {
            guard let digit = Self.hexDigit(text[index]) else { throw fault(.badEscape) }
            unit = unit << 4 | digit
        }
        return unit
    }

    static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    /// Reads a number; finite, or an error.
    mutating func number() throws(JSONFault) -> Double {
        let start = at
        let isNegative = at < text.count && text[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        var digits = 0
        var mantissa: UInt64 = 0
        let firstDigit = at
        while at < text.count, case let digit = text[at] &- UInt8(ascii: "0"), digit < 10 {
            mantissa = mantissa &* 10 &+ UInt64(digit)
            digits += 1
            at += 1
        }
        guard digits > 0 else { throw fault(at < text.count ? .unexpectedByte : .unexpectedEnd) }
        if digits > 1, text[firstDigit] == UInt8(ascii: "0") { throw fault(.badNumber) }
        var fractionDigits = 0
        if at < text.count, text[at] == UInt8(ascii: ".") {
            at += 1
            while at < text.count, case let digit = text[at] &- UInt8(ascii: "0"), digit < 10 {
                mantissa = mantissa &* 10 &+ UInt64(digit)
                fractionDigits += 1
                at += 1
            }
            guard fractionDigits > 0 else { throw fault(.badNumber) }
        }
        var hasExponent = false
        if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
            hasExponent = true
            at += 1
            if at < text.count, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") { at += 1 }
            let exponentStart = at
            while at < text.count, text[at] &- UInt8(ascii: "0") < 10 { at += 1 }
            guard at > exponentStart else { throw fault(.badNumber) }
        }
        // Up to 15 digits are exact in a double, and one division by an exact power of ten rounds once.
        if !hasExponent, digits + fractionDigits <= 15 {
            let magnitude = Double(mantissa) / Self.powersOfTen[fractionDigits]
            return isNegative ? -magnitude : magnitude
        }
        let literal = String(decoding: UnsafeBufferPointer(rebasing: text[start..<at]), as: UTF8.self)
        guard let value = Double(literal), value.isFinite else {
            at = start
            throw fault(.infiniteNumber)
        }
        return value
    }

    private static let powersOfTen: [Double] = (0...15).map { power in
        (0..<power).reduce(1.0) { product, _ in product * 10 }
    }

    private mutating func remember(_ key: JSONText, from firstKey: Int) throws(JSONFault) {
        guard keys.count - firstKey < Self.keysMax else { throw fault(.tooManyKeys) }
        let hash = keyHash(key)
        for other in keys[firstKey...] where other.hash == hash && isSame(other.text, key) {
            at = key.start
            throw fault(.duplicateKey)
        }
        keys.append((hash, key))
    }

    private func keyHash(_ key: JSONText) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        if key.hasEscapes {
            for byte in decoded(key) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        } else {
            for index in key.range { hash = (hash ^ UInt64(text[index])) &* 0x0000_0100_0000_01B3 }
        }
        return hash
    }

    private func isSame(_ one: JSONText, _ other: JSONText) -> Bool { decoded(one) == decoded(other) }

    /// Whether a string's contents are these ASCII bytes.
    func matches(_ string: JSONText, _ word: StaticString) -> Bool {
        if string.hasEscapes { return decoded(string).elementsEqual(word.withUTF8Buffer { Array($0) }) }
        guard string.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<string.count where text[string.start + index] != word.utf8Start[index] {
            return false
        }
        return true
    }

    /// A string's contents with escapes resolved, as UTF-8.
    func decoded(_ string: JSONText) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(string.count)
        decode(string, into: &result)
        return result
    }

    func decode(_ string: JSONText, into result: inout [UInt8]) {
        var index = string.start
        let end = string.start + string.count
        while index < end {
            guard text[index] == UInt8(ascii: "\\") else {
                result.append(text[index])
                index += 1
                continue
            }
            let kind = text[index + 1]
            index += 2
            switch kind {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = unit(at: index)
                index += 4
                if scalar >= 0xD800, scalar < 0xDC00 {
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (unit(at: index + 2) - 0xDC00)
                    index += 6
                }
                Self.append(scalar: scalar, to: &result)
            default: result.append(kind)
            }
        }
    }

    /// Four hex digits that `string` has checked.
    private func unit(at position: Int) -> UInt32 {
        (position..<(position + 4)).reduce(0) { $0 << 4 | (Self.hexDigit(text[$1]) ?? 0) }
    }

    private static func append(scalar: UInt32, to result: inout [UInt8]) {
        switch scalar {
        case 0..<0x80: result.append(UInt8(scalar))
        case 0x80..<0x800:
            result.append(UInt8(0xC0 | scalar >> 6))
            result.append(UInt8(0x80 | scalar & 0x3F))
        case 0x800..<0x10000:
            result.append(UInt8(0xE0 | scalar >> 12))
            result.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            result.append(UInt8(0x80 | scalar & 0x3F))
        default:
            result.append(UInt8(0xF0 | scalar >> 18))
            result.append(UInt8(0x80 | scalar >> 12 & 0x3F))
            result.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            result.append(UInt8(0x80 | scalar & 0x3F))
        }
    }
}
