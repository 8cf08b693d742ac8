/// How a client asks for its answers' bodies.
package enum AnswerCoding: String, CaseIterable, Sendable, Codable {
    case identity, gzip, zstd
    /// A frame against the template that the client holds (RFC 9842).
    case dcz

    /// The value of `Accept-Encoding`.
    var accepted: String {
        switch self {
        case .identity: "identity"
        // What libcurl inside Unity and Unreal sends.
        case .gzip: "deflate, gzip"
        case .zstd: "gzip, zstd"
        case .dcz: "gzip, zstd, dcz"
        }
    }

    /// What `Content-Encoding` has to say, nil for no such field.
    var expected: String? { self == .identity ? nil : rawValue }
}

/// Which codings clients ask for, and how many of them each.
package struct CodingMix: Sendable, Equatable {
    /// Codings with their weights, which are 1 or more.
    package let parts: [(coding: AnswerCoding, weight: Int)]
    private let total: Int

    /// What game clients ask for.
    static let gzip = CodingMix(.gzip)

    private init(_ coding: AnswerCoding) { (parts, total) = ([(coding, 1)], 1) }

    /// Reads `gzip`, or weights such as `gzip=7,identity=2,dcz=1`; nil where it is neither.
    package init?(_ text: String) {
        var parts: [(coding: AnswerCoding, weight: Int)] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = word.split(separator: "=", omittingEmptySubsequences: false)
            guard let coding = AnswerCoding(rawValue: String(sides[0])), sides.count <= 2,
                !parts.contains(where: { $0.coding == coding })
            else { return nil }
            let weight = sides.count == 2 ? Int(sides[1]) ?? 0 : 1
            guard (1...1_000_000).contains(weight) else { return nil }
            parts.append((coding, weight))
        }
        guard !parts.isEmpty else { return nil }
        self.parts = parts
        total = parts.map(\.weight).reduce(0, +)
    }

    package static func == (left: CodingMix, right: CodingMix) -> Bool { left.text == right.text }

    /// As `init` reads it.
    package var text: String {
        parts.count == 1
            ? parts[0].coding.rawValue
            : parts.map { "\($0.coding.rawValue)=\($0.weight)" }.joined(separator: ",")
    }

    /// Draws one.
    func draw(_ chance: inout Chance) -> AnswerCoding {
        guard parts.count > 1 else { return parts[0].coding }
        var left = chance.below(total)
        for part in parts {
            if left < part.weight { return part.coding }
            left -= part.weight
        }
        return parts[0].coding
    }
}
