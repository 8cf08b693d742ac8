/// Writes JSON string literals.
package enum JSONLiteral {
    /// `text`, which is UTF-8, between quotes, with everything escaped that JSON or a line forbids.
    package static func quoted(_ text: [UInt8]) -> [UInt8] {
        var literal: [UInt8] = [UInt8(ascii: "\"")]
        literal.reserveCapacity(text.count + 2)
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): literal += [UInt8(ascii: "\\"), byte]
            case 0..<0x20, 0x7F:
                let digits = String(byte, radix: 16)
                literal += Array("\\u00\(byte < 16 ? "0" : "")\(digits)".utf8)
            default: literal.append(byte)
            }
        }
        literal.append(UInt8(ascii: "\""))
        return literal
    }

    package static func quoted(_ text: String) -> String {
        String(decoding: quoted(Array(text.utf8)), as: UTF8.self)
    }
}
