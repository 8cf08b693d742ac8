import EventLog
import TestKit

/// What may become of bytes on a bad day.
enum Mutation {
    /// Flips bits, puts in, takes out, repeats, cuts or replaces some; now and then all are random.
    static func apply(to bytes: [UInt8], using random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<random.number(1...3) {
            let kind = random.number(0...7)
            guard !bytes.isEmpty || kind == 1 || kind == 7 else { continue }
            let at = bytes.isEmpty ? 0 : random.number(0...bytes.count - 1)
            let length = min(random.number(1...12), bytes.count - at)
            switch kind {
            case 0: bytes[at] ^= 1 << UInt8(random.number(0...7))
            case 1: bytes.insert(contentsOf: noise(random.number(1...12), &random), at: at)
            case 2: bytes.removeSubrange(at..<(at + length))
            case 3: bytes.insert(contentsOf: Array(bytes[at..<(at + length)]), at: at)
            case 4: bytes.removeLast(bytes.count - at)
            case 5: bytes.replaceSubrange(at..<(at + length), with: noise(length, &random))
            case 6:
                let value = random.pick([UInt8(0), 0xFF, 0x80, 0x7F])
                for index in at..<(at + length) { bytes[index] = value }
            default: if random.oneIn(8) { bytes = noise(random.number(0...200), &random) }
            }
        }
        return bytes
    }

    /// The same with a CRC-32C of all before them as its last four bytes, as footers and seals end.
    static func withChecksum(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 4 else { return bytes }
        let body = Array(bytes.dropLast(4))
        return body + withUnsafeBytes(of: CRC32C.checksum(body).littleEndian) { Array($0) }
    }

    private static func noise(_ count: Int, _ random: inout SplitMix64) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}
