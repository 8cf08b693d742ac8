/// The content codings a client takes and how much it likes each, in thousandths.
package struct AcceptEncoding: Sendable, Equatable {
    /// Further codings of a longer list are not looked at.
    package static let codingsMax = 64

    /// Weight by lower-case coding, as listed; 0 refuses.
    private var weights: [String: Int] = [:]
    private let isAbsent: Bool

    /// Reads the field's values, one a header line; no line at all means that every coding is welcome.
    ///
    /// A coding whose weight is malformed counts as not listed. Of a coding listed twice the first counts.
    package init(_ values: [String]) {
        isAbsent = values.isEmpty
        var read = 0
        for value in values {
            for item in value.split(separator: ",") where read < Self.codingsMax {
                read += 1
                add(item)
            }
        }
    }

    /// The weight of a coding that is named outright, or `nil`; the wildcard does not count.
    package func listed(_ coding: String) -> Int? { weights[coding] }

    /// The weight of a coding that has to be chosen by the server.
    ///
    /// The wildcard counts only for a client that refuses plain bytes: who says "anything" may not know zstd.
    package func weight(of coding: String) -> Int {
        if let own = weights[coding] { return own }
        return identity == 0 ? weights["*"] ?? 0 : 0
    }

    /// The weight of sending no coding at all, 0 where the client refuses that.
    ///
    /// Where identity is not listed it is taken, but behind everything that is.
    package var identity: Int {
        if let own = weights["identity"] { return own }
        if let wildcard = weights["*"] { return wildcard }
        return isAbsent ? 1000 : 1
    }

    private mutating func add(_ item: Substring) {
        let parts = item.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
        guard let name = parts.first?.lowercased(), !name.isEmpty, weights[name] == nil else { return }
        var weight = 1000
        for parameter in parts.dropFirst() where parameter.lowercased().hasPrefix("q=") {
            guard let parsed = Self.weight(parameter.dropFirst(2)) else { return }
            weight = parsed
            break
        }
        weights[name] = weight
    }

    /// Reads a weight of RFC 9110, `0` to `1` with at most three decimals, as thousandths.
    private static func weight(_ text: Substring) -> Int? {
        let digits = Array(text.utf8)
        guard let first = digits.first, first == UInt8(ascii: "0") || first == UInt8(ascii: "1") else {
            return nil
        }
        var value = first == UInt8(ascii: "1") ? 1000 : 0
        guard digits.count > 1 else { return value }
        guard digits[1] == UInt8(ascii: "."), digits.count <= 5 else { return nil }
        var place = 100
        for digit in digits.dropFirst(2) {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value += Int(digit - UInt8(ascii: "0")) * place
            place /= 10
        }
        return value <= 1000 ? value : nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let start = text.drop(while: isBlank)
        guard let end = start.lastIndex(where: { !isBlank($0) }) else { return "" }
        return start[...end]
    }
}
