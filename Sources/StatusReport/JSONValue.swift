/// Any JSON, carried through without knowing its form.
package enum JSONValue: Codable, Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = Self.first(container, Bool.self) {
            self = .bool(value)
        } else if let value = Self.first(container, Int64.self) {
            self = .integer(value)
        } else if let value = Self.first(container, Double.self) {
            self = .number(value)
        } else if let value = Self.first(container, String.self) {
            self = .string(value)
        } else if let value = Self.first(container, [JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// The member of an object; nil where there is none.
    package subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    /// As a number; nil where it is none.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The value where it is of that type: a decoder says "it is another" by throwing, which is no failure here.
    private static func first<Value: Decodable>(
        _ container: any SingleValueDecodingContainer,
        _ type: Value.Type
    ) -> Value? {
        do { return try container.decode(type) } catch { return nil }
    }
}
