/// The generator's only source of chance: the same seed gives the same numbers everywhere.
///
/// Source: Sebastiano Vigna, splitmix64.c (public domain).
struct SplitMix64: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.scramble(state)
    }

    /// A number below `count`, which is 1 or more.
    mutating func below(_ count: Int) -> Int { Self.reduce(next() >> 32, below: count) }

    /// Maps 32 random bits to a number below `count`, without a division.
    static func reduce(_ bits: UInt64, below count: Int) -> Int {
        Int(truncatingIfNeeded: (bits &* UInt64(count)) >> 32)
    }

    /// A one-to-one mixing of all 64 bits: different words give different, unrelated looking words.
    static func scramble(_ word: UInt64) -> UInt64 {
        var word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
