/// Which hash partition a text key lies in, computed as PostgreSQL does (`HASH_PARTITION_SEED`, lookup3).
///
/// Source: PostgreSQL `hash_bytes_extended` (src/common/hashfn.c, Bob Jenkins' lookup3) and
/// `compute_partition_hash_value` (src/backend/partitioning/partbounds.c). Little-endian loads, as on every
/// platform Goalpost runs on; deterministic collations hash the UTF-8 bytes, so the server must be UTF-8.
package enum PartitionHash {
    /// `HASH_PARTITION_SEED`.
    private static let seed: UInt64 = 0x7A5B_2236_7996_DCFD

    /// The remainder of the partition that holds `key`, in 0..<modulus.
    package static func partition(of key: [UInt8], modulus: Int) -> Int { Int(hash(key) % UInt64(modulus)) }

    package static func hash(_ key: [UInt8]) -> UInt64 { hash(key.span) }

    /// The row hash of one text column: `hash_combine64(0, hash_bytes_extended(key, seed))`.
    package static func hash(_ key: Span<UInt8>) -> UInt64 {
        key.withUnsafeBytes { hashBytesExtended($0, seed: seed) &+ 0x49A0_F4DD_15E5_A8E3 }
    }

    private static func hashBytesExtended(_ key: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        let initial: UInt32 = 0x9E37_79B9 &+ UInt32(truncatingIfNeeded: key.count) &+ 3_923_095
        var state = State(a: initial, b: initial, c: initial)
        if seed != 0 {
            state.a &+= UInt32(truncatingIfNeeded: seed >> 32)
            state.b &+= UInt32(truncatingIfNeeded: seed)
            state.mix()
        }
        var at = 0
        while key.count - at >= 12 {
            state.a &+= UInt32(littleEndian: key.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            state.b &+= UInt32(littleEndian: key.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self))
            state.c &+= UInt32(littleEndian: key.loadUnaligned(fromByteOffset: at + 8, as: UInt32.self))
            state.mix()
            at += 12
        }
        // The last 0 to 11 bytes; c's low byte is reserved for the length, which is in the initial value.
        for position in 0..<(key.count - at) {
            let byte = UInt32(key[at + position])
            switch position {
            case 0...3: state.a &+= byte << (8 * UInt32(position))
            case 4...7: state.b &+= byte << (8 * UInt32(position - 4))
            default: state.c &+= byte << (8 * UInt32(position - 7))
            }
        }
        state.finish()
        return UInt64(state.b) << 32 | UInt64(state.c)
    }

    /// The three words of lookup3.
    private struct State {
        var a: UInt32
        var b: UInt32
        var c: UInt32

        mutating func mix() {
            a &-= c; a ^= Self.rotate(c, 4); c &+= b
            b &-= a; b ^= Self.rotate(a, 6); a &+= c
            c &-= b; c ^= Self.rotate(b, 8); b &+= a
            a &-= c; a ^= Self.rotate(c, 16); c &+= b
            b &-= a; b ^= Self.rotate(a, 19); a &+= c
            c &-= b; c ^= Self.rotate(b, 4); b &+= a
        }

        mutating func finish() {
            c ^= b; c &-= Self.rotate(b, 14)
            a ^= c; a &-= Self.rotate(c, 11)
            b ^= a; b &-= Self.rotate(a, 25)
            c ^= b; c &-= Self.rotate(b, 16)
            a ^= c; a &-= Self.rotate(c, 4)
            b ^= a; b &-= Self.rotate(a, 14)
            c ^= b; c &-= Self.rotate(b, 24)
        }

        private static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 {
            word << bits | word >> (32 - bits)
        }
    }
}
