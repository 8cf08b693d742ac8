/// What the dedupe window knows an event by: 128 bits of two differently keyed hashes of its scope and id.
///
/// The hashes' keys are made anew in each process, so a key is of no use outside it.
package struct DedupeKey: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    /// `scope` keeps the ids of one producer or player apart from all others'; empty where there is none.
    package init(scope: Span<UInt8>, id: Span<UInt8>) {
        high = Self.hash(1, scope, id)
        low = Self.hash(2, scope, id)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(low) }

    private static func hash(_ round: UInt8, _ scope: Span<UInt8>, _ id: Span<UInt8>) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(round)
        hasher.combine(scope.count)
        scope.withUnsafeBytes { hasher.combine(bytes: $0) }
        id.withUnsafeBytes { hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
