/// Writes text into lent memory; the caller has made sure that it fits.
///
/// Holds a pointer, so it lives only inside the closure that lends the memory.
struct LineWriter {
    private let base: UnsafeMutableRawPointer
    private let capacity: Int
    private(set) var count = 0

    init(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let base = buffer.baseAddress else { preconditionFailure("no memory to write a line into") }
        self.base = base
        capacity = buffer.count
    }

    /// `"00"` to `"ff"`, so that a byte is one lookup.
    private static let hexPairs: [UInt16] = (0..<256).map { byte in
        let digits = Array("0123456789abcdef".utf8)
        return UInt16(digits[byte >> 4]) | UInt16(digits[byte & 15]) << 8
    }

    mutating func text(_ text: StaticString) {
        bytes(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func bytes(_ source: UnsafeRawBufferPointer) {
        precondition(source.count <= capacity - count, "a sample line outgrew its buffer")
        guard let start = source.baseAddress else { return }
        base.advanced(by: count).copyMemory(from: start, byteCount: source.count)
        count += source.count
    }

    mutating func byte(_ byte: UInt8) {
        precondition(count < capacity, "a sample line outgrew its buffer")
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// The word's bytes from the highest down to `bytes` of them, two hexadecimal digits each.
    mutating func hex(_ word: UInt64, highBytes: Int) {
        precondition(2 * highBytes <= capacity - count, "a sample line outgrew its buffer")
        Self.hexPairs.withUnsafeBufferPointer { pairs in
            var word = word
            for _ in 0..<highBytes {
                base.storeBytes(of: pairs[Int(word >> 56)], toByteOffset: count, as: UInt16.self)
                word <<= 8
                count += 2
            }
        }
    }

    mutating func decimal(_ value: UInt32) {
        var divisor: UInt32 = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            byte(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    /// Exactly `digits` decimal digits, with leading zeros.
    mutating func padded(_ value: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            byte(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    /// 32 hexadecimal digits that belong to one player of one world.
    mutating func userId(seed: UInt64, player: Int) {
        let key = SplitMix64.scramble(seed &+ 0x706C_6179_6572) &+ UInt64(player) &* 2
        hex(SplitMix64.scramble(key), highBytes: 8)
        hex(SplitMix64.scramble(key &+ 1), highBytes: 8)
    }

    /// A version 4 UUID that belongs to one line of one stream.
    mutating func uuid(key: UInt64, line: UInt64) {
        let high = SplitMix64.scramble(key &+ line &* 2)
        let low = SplitMix64.scramble(key &+ line &* 2 &+ 1)
        hex(high, highBytes: 4)
        byte(UInt8(ascii: "-"))
        hex(high << 32, highBytes: 2)
        byte(UInt8(ascii: "-"))
        hex((high << 48) & 0x0FFF << 48 | 0x4000 << 48, highBytes: 2)
        byte(UInt8(ascii: "-"))
        hex(low & 0x3FFF << 48 | 0x8000 << 48, highBytes: 2)
        byte(UInt8(ascii: "-"))
        hex(low << 16, highBytes: 6)
    }
}
