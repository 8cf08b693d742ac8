import Goals

/// Which players a verify looks at.
package enum PlayerSample: Sendable {
    case everybody
    /// The share `probability` of all players, chosen by a hash of their ids and `seed`: the same ones each time.
    case share(probability: Double, seed: UInt64)

    /// Whether the player whose partition hash is `hash` is looked at.
    func includes(_ hash: UInt64) -> Bool {
        guard case .share(let probability, let seed) = self else { return true }
        var mixed = (hash ^ seed &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
        mixed ^= mixed >> 32
        mixed &*= 0xD6E8_FEB8_6659_FD93
        mixed ^= mixed >> 32
        return Double(mixed >> 11) < probability * Double(1 << 53)
    }
}
