/// The scenario's only source of chance: the same seed draws the same requests.
///
/// Source: Sebastiano Vigna, splitmix64.c (public domain).
struct Chance: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A number from 0 to below `count`, which is 1 to 2^32.
    mutating func below(_ count: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        word ^= word >> 31
        return Int(truncatingIfNeeded: ((word >> 32) &* UInt64(count)) >> 32)
    }
}
