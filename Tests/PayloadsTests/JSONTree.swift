/// A parsed JSON text, strict about what Foundation forgives: a key twice, and anything but compact form.
indirect enum JSONTree: Equatable {
    case object([(key: String, value: JSONTree)])
    case array([JSONTree])
    case string(String)
    /// A number, `true`, `false` or `null` as written.
    case other(String)

    struct Malformed: Error { let at: Int }

    init(parsing bytes: [UInt8]) throws {
        var parser = Parser(bytes: bytes)
        self = try parser.value()
        guard parser.at == bytes.count else { throw Malformed(at: parser.at) }
    }

    subscript(key: String) -> JSONTree {
        guard case .object(let members) = self, let found = members.first(where: { $0.key == key }) else {
            return .other("missing")
        }
        return found.value
    }

    var keys: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.key)
    }
    var array: [JSONTree] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }
    var string: String {
        guard case .string(let text) = self else { return "not a string" }
        return text
    }
    var text: String {
        guard case .other(let text) = self else { return "not a number or flag" }
        return text
    }

    static func == (left: JSONTree, right: JSONTree) -> Bool {
        switch (left, right) {
        case (.object(let left), .object(let right)):
            left.map(\.key) == right.map(\.key) && left.map(\.value) == right.map(\.value)
        case (.array(let left), .array(let right)): left == right
        case (.string(let left), .string(let right)): Array(left.utf8) == Array(right.utf8)
        case (.other(let left), .other(let right)): left == right
        default: false
        }
    }

    private struct Parser {
        let bytes: [UInt8]
        var at = 0

        mutating func value() throws -> JSONTree {
            switch try peek() {
            case UInt8(ascii: "{"): return try object()
            case UInt8(ascii: "["): return try array()
            case UInt8(ascii: "\""): return .string(try string())
            default: return try other()
            }
        }

        private mutating func object() throws -> JSONTree {
            try take("{")
            var members: [(key: String, value: JSONTree)] = []
            while try peek() != UInt8(ascii: "}") {
                if !members.isEmpty { try take(",") }
                let key = try string()
                guard !members.contains(where: { $0.key == key }) else { throw Malformed(at: at) }
                try take(":")
                members.append((key, try value()))
            }
            try take("}")
            return .object(members)
        }

        private mutating func array() throws -> JSONTree {
            try take("[")
            var elements: [JSONTree] = []
            while try peek() != UInt8(ascii: "]") {
                if !elements.isEmpty { try take(",") }
                elements.append(try value())
            }
            try take("]")
            return .array(elements)
        }

        private mutating func string() throws -> String {
            try take("\"")
            var text: [UInt8] = []
            while try peek() != UInt8(ascii: "\"") {
                var byte = bytes[at]
                guard byte >= 0x20 else { throw Malformed(at: at) }
                at += 1
                if byte == UInt8(ascii: "\\") {
                    byte = try peek()
                    at += 1
                    switch byte {
                    case UInt8(ascii: "n"): byte = 0x0A
                    case UInt8(ascii: "t"): byte = 0x09
                    case UInt8(ascii: "r"): byte = 0x0D
                    case UInt8(ascii: "b"): byte = 0x08
                    case UInt8(ascii: "f"): byte = 0x0C
                    case UInt8(ascii: "u"):
                        let digits = String(decoding: bytes[at..<(at + 4)], as: UTF8.self)
                        guard let code = UInt8(digits, radix: 16) else { throw Malformed(at: at) }
                        byte = code
                        at += 4
                    case UInt8(ascii: "\""), UInt8(ascii: "\\"): break
                    default: throw Malformed(at: at)
                    }
                }
                text.append(byte)
            }
            try take("\"")
            guard let decoded = String(validating: text, as: UTF8.self) else { throw Malformed(at: at) }
            return decoded
        }

        private mutating func other() throws -> JSONTree {
            let start = at
            while at < bytes.count, !",]}".utf8.contains(bytes[at]) { at += 1 }
            let text = String(decoding: bytes[start..<at], as: UTF8.self)
            guard text == "true" || text == "false" || Int(text).map(String.init) == text else {
                throw Malformed(at: start)
            }
            return .other(text)
        }

        private func peek() throws -> UInt8 {
            guard at < bytes.count else { throw Malformed(at: at) }
            return bytes[at]
        }

        private mutating func take(_ character: Unicode.Scalar) throws {
            guard try peek() == UInt8(ascii: character) else { throw Malformed(at: at) }
            at += 1
        }
    }
}
