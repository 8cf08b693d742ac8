/// Whom a connection's repeated request speaks for, as long as keys and token last.
struct KnownPlayer: Sendable {
    let player: [UInt8]
    let generation: Int
    /// Seconds since 1970.
    let expiresAt: Double
}
