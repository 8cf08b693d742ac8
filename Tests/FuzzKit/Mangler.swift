package import TestKit

/// Spoils bytes in the ways that break decoders: flips, cuts, splices, doubled and swapped tokens, deep nesting,
/// huge numbers, bad UTF-8, escapes and line ends in odd places.
package enum Mangler {
    private static let texts: [String] = [
        "\"", "\\", "\\\\", "\\\"", "{", "}", "[", "]", ",", ":", "null", "true", "false", "tru", "0",
        "-0", "-",
        "1e999", "-1e-999", "1E+308", "123456789012345678901234567890", "0.1e", "01", "1.", "NaN",
        "9007199254740993", "\n", "\r", "\r\n", "\t", " ", "\u{0}", "\u{7F}", "\u{FEFF}", "\u{2028}",
        "\u{85}",
        "\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\n", "\\u000a", "\\u12", "\\x", "\\/", "é",
        "🧗🏽‍♀️",
        "\"id\":\"x\",", "\"id\":\"\",", "\"id\":null,", "\"\\u0069d\":\"y\",", "\"timestamp\":\"\",",
        "\"timestamp\":\"9999-12-31T23:59:59.999999999Z\",", "\"timestamp\":\"1970-01-01t00:00:00z\",",
        "\"name\":\"rewardDelivered\",", "\"payload\":{},", "\"userId\":\"u\",", "\"source\":\"s\",",
        "\"source\":null,", "{\"a\":[1,{\"b\":\"]}\"}]}", "[{},[]]", "\"x\":[],",
    ]
    private static let broken: [[UInt8]] = [
        [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xE2, 0x82], [0x00],
    ]
    private static let tokens: [[UInt8]] = texts.map { Array($0.utf8) } + broken

    /// One to four changes; `other` lends a part where two texts are spliced.
    package static func mangled(_ bytes: [UInt8], with other: [UInt8], _ random: inout SplitMix64) -> [UInt8]
    {
        var bytes = bytes
        for _ in 0..<random.number(1...4) { change(&bytes, other, &random) }
        return bytes
    }

    /// Bytes of any kind.
    package static func noise(_ random: inout SplitMix64) -> [UInt8] {
        (0..<random.number(0...200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// JSON's tokens in no order.
    package static func soup(_ random: inout SplitMix64) -> [UInt8] {
        (0..<random.number(1...30)).flatMap { _ in random.pick(tokens) }
    }

    /// Parts of random length, which together are `bytes`.
    package static func pieces(_ bytes: [UInt8], _ random: inout SplitMix64) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        let most = random.pick([3, 50, 2000])
        var at = 0
        while at < bytes.count {
            let end = min(bytes.count, at + random.number(1...most))
            pieces.append(bytes[at..<end])
            at = end
        }
        return pieces
    }

    private static func change(_ bytes: inout [UInt8], _ other: [UInt8], _ random: inout SplitMix64) {
        guard !bytes.isEmpty else {
            bytes = random.pick(tokens)
            return
        }
        switch random.number(0...13) {
        case 0: bytes[random.number(0...bytes.count - 1)] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes[random.number(0...bytes.count - 1)] ^= 1 << UInt8(random.number(0...7))
        case 2: bytes.removeSubrange(range(bytes, &random))
        case 3: bytes.removeLast(random.number(0...bytes.count))
        case 4:
            // The beginning of one and the end of the other.
            let end = random.number(0...other.count)
            bytes.replaceSubrange(random.number(0...bytes.count)..., with: other[(other.count - end)...])
        case 5, 6: bytes.insert(contentsOf: random.pick(tokens), at: place(bytes, &random))
        case 7, 8: bytes.replaceSubrange(range(bytes, &random), with: random.pick(tokens))
        case 9: bytes.insert(contentsOf: bytes[range(bytes, &random)], at: place(bytes, &random))
        case 10:
            // Two tokens change their places.
            let (one, two) = (range(bytes, &random), range(bytes, &random))
            let (first, last) = one.lowerBound <= two.lowerBound ? (one, two) : (two, one)
            guard first.upperBound <= last.lowerBound else { return }
            let moved = Array(bytes[first])
            bytes.replaceSubrange(first, with: Array(bytes[last]))
            let shift = last.count - first.count
            bytes.replaceSubrange(last.lowerBound + shift..<last.upperBound + shift, with: moved)
        case 11:
            let depth = random.pick([2, 60, 63, 64, 65, 200])
            let deep = Array(repeating: UInt8(ascii: "["), count: depth)
            let member = Array("\"d\":".utf8) + deep + deep.map { $0 + 2 } + [UInt8(ascii: ",")]
            bytes.insert(contentsOf: random.oneIn(2) ? deep : member, at: place(bytes, &random))
        case 12:
            bytes.insert(
                contentsOf: random.pick(["\n", "\r\n", "\r", " ", "\t"]).utf8,
                at: place(bytes, &random)
            )
        default:
            // Around the limits of ids and names.
            let filler: [UInt8] = random.pick([[0x61], [0xC3, 0xA9], Array("\\u0061".utf8)])
            let long = (0..<random.pick([99, 100, 101, 199, 200, 201])).flatMap { _ in filler }
            bytes.replaceSubrange(range(bytes, &random), with: long)
        }
    }

    /// A place anywhere, more often beside one of JSON's tokens.
    private static func place(_ bytes: [UInt8], _ random: inout SplitMix64) -> Int {
        let start = random.number(0...bytes.count)
        guard !random.oneIn(4) else { return start }
        var at = start
        while at < bytes.count, !isDelimiter(bytes[at]) { at += 1 }
        return min(bytes.count, random.oneIn(2) ? at : at + 1)
    }

    /// A stretch that mostly begins and ends beside a token; never long.
    private static func range(_ bytes: [UInt8], _ random: inout SplitMix64) -> Range<Int> {
        let start = place(bytes, &random)
        var end = min(bytes.count, start + random.number(0...8))
        if !random.oneIn(4) {
            while end < bytes.count, !isDelimiter(bytes[end]) { end += 1 }
        }
        return start..<end
    }

    private static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "{"), UInt8(ascii: "}"),
            UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }
}
