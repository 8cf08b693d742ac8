/// Says whose a token is: from memory where it can, without waiting for anything in any case.
///
/// Owned by one thread or event loop at a time. It has its own copy of the keys and its own memory of good tokens,
/// so that nothing is locked as long as the keys stay the same.
package final class TokenChecker {
    private let ring: KeyRing
    private let verifier: TokenVerifier
    private let clock: @Sendable () -> Int64
    private var cache: TokenCache
    private var keys: KeySet?
    private var version: UInt64 = 0
    private var counted = TokenCounts()

    /// - Parameter entries: Most good tokens remembered here.
    init(ring: KeyRing, verifier: TokenVerifier, entries: Int, clock: @escaping @Sendable () -> Int64) {
        self.ring = ring
        self.verifier = verifier
        self.clock = clock
        cache = TokenCache(entries: entries)
    }

    package var counts: TokenCounts {
        var counts = counted
        counts.entries = cache.count
        return counts
    }

    /// The player of `token`.
    ///
    /// - Parameter isLastWord: Without it a token whose key is not there, though it may be once the source is
    ///   asked, is not answered: `nil`. Who gets that should refresh the keys and ask again for the last word.
    package func check(_ token: String, isLastWord: Bool) -> Result<[UInt8], TokenRejection>? {
        takeNews()
        let now = clock()
        let rejection: TokenRejection
        do throws(TokenRejection) {
            guard token.utf8.count <= TokenVerifier.tokenBytesMax else { throw .tooLarge }
            guard let keys else { throw .noKeys }
            let digest = TokenCache.digest(token)
            if let found = cache.find(digest, keys: keys, now: now) {
                counted.countCached()
                return .success(found.player)
            }
            let verified = try verifier.verify(token, keys: keys, now: now)
            cache.put(digest, verified)
            counted.countVerified()
            return .success(verified.player)
        } catch {
            rejection = error
        }
        var answer = rejection
        if rejection == .unknownKey || rejection == .noKeys {
            if !isLastWord, ring.isWorthAsking(now: now) { return nil }
            // It may be a new key's token, and nobody can tell.
            if ring.isSourceDown { answer = .noKeys }
        }
        counted.count(answer)
        return .failure(answer)
    }

    private func takeNews() {
        let current = ring.currentVersion
        guard current != version else { return }
        version = current
        keys = ring.keys
    }
}
