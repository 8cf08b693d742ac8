/// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
enum UTF8Check {
    /// The position of the first byte that is not part of a valid sequence, nil when all is well.
    static func firstInvalid(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        var at = 0
        let count = text.count
        let raw = UnsafeRawBufferPointer(text)
        while at < count {
            // Nearly all text is ASCII: eight bytes at a time.
            while at + 8 <= count,
                raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                at += 8
            }
            guard at < count else { return nil }
            let lead = text[at]
            if lead < 0x80 {
                at += 1
                continue
            }
            let length: Int
            let second: ClosedRange<UInt8>
            switch lead {
            case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xE1...0xEC, 0xEE, 0xEF: (length, second) = (3, 0x80...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return at
            }
            guard at + length <= count, second.contains(text[at + 1]) else { return at }
            for index in (at + 2)..<max(at + 2, at + length) where text[index] & 0xC0 != 0x80 { return at }
            at += length
        }
        return nil
    }

    /// Unicode scalars in valid UTF-8.
    static func scalarCount(_ text: Span<UInt8>) -> Int {
        var count = 0
        for index in 0..<text.count where text[index] & 0xC0 != 0x80 { count += 1 }
        return count
    }
}
