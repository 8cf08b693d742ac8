/// Says for whom a request speaks by its `Authorization` fields; for one thread or event loop, without suspension.
package struct TokenReader {
    private let check: TokenCheck
    private let ring: KeyRing
    private let counts: TokenCounts
    private var keys = TokenKeys()
    private var generation = 0
    private var cache: TokenCache

    /// `cacheEntriesMax` verified tokens are remembered.
    package init(check: TokenCheck, ring: KeyRing, counts: TokenCounts, cacheEntriesMax: Int) {
        self.check = check
        self.ring = ring
        self.counts = counts
        cache = TokenCache(entriesMax: cacheEntriesMax)
    }

    /// The player of a request with these lines of `Authorization`; `now` in seconds since 1970.
    package mutating func player(_ authorization: [String], now: Double) throws(TokenFault) -> String {
        try bearer(authorization, now: now).player
    }

    /// The keys' generation, which ``bearer(_:now:)`` checked with the last time.
    package var keysGeneration: Int { generation }

    /// Whether a bearer that was found with keys of a generation still speaks for its player; counted as cached.
    ///
    /// For callers who know that they have the very same lines again.
    package func isStillGood(generation: Int, expiresAt: Double, now: Double) -> Bool {
        guard generation == ring.generation, expiresAt > now else { return false }
        counts.countCached()
        return true
    }

    /// For whom these lines of `Authorization` speak, and until when.
    package mutating func bearer(
        _ authorization: [String],
        now: Double
    ) throws(TokenFault) -> TokenCheck.Bearer {
        do throws(TokenFault) {
            guard authorization.count <= 1 else { throw .malformed }
            guard let token = authorization.first.flatMap(Self.token) else { throw .missing }
            return try bearer(token, now)
        } catch {
            counts.count(error)
            if error == .unknownKey { ring.askForMore() }
            throw error
        }
    }

    private mutating func bearer(_ token: String, _ now: Double) throws(TokenFault) -> TokenCheck.Bearer {
        let newest = ring.generation
        if newest != generation {
            (keys, generation) = (ring.current, newest)
            cache.removeAll()
        }
        if let known = cache.bearer(token, now: now) {
            counts.countCached()
            return known
        }
        let bearer = try check.verify(token, keys: keys, now: now)
        counts.countVerified()
        cache.insert(token, bearer)
        return bearer
    }

    /// The token of `Bearer TOKEN`; the scheme is written in any case (RFC 9110 §11.1).
    private static func token(_ line: String) -> String? {
        let scheme = line.utf8.prefix(7)
        guard scheme.count == 7,
            scheme.elementsEqual("Bearer ".utf8) || line.prefix(7).lowercased() == "bearer "
        else { return nil }
        let token = line.dropFirst(7).drop { $0 == " " }
        return token.isEmpty ? nil : String(token)
    }
}
