import Crypto

/// Tokens that were verified, each until it expires: at most so many, the ones not used for longest go first.
///
/// For one thread or event loop. Tokens themselves are not kept, only their SHA-256.
package struct TokenCache {
    private typealias Digest = SHA256.Digest

    /// Half of the entries each: when the young half is full it becomes the old one, whose entries are gone.
    private var young: [Digest: TokenCheck.Bearer] = [:]
    private var old: [Digest: TokenCheck.Bearer] = [:]
    private let half: Int

    /// Keeps at most `entriesMax` tokens, 2 or more.
    package init(entriesMax: Int) { half = max(1, entriesMax / 2) }

    package var count: Int { young.count + old.count }

    /// Whom a token speaks for that was verified and has not expired; `now` in seconds since 1970.
    package mutating func bearer(_ token: String, now: Double) -> TokenCheck.Bearer? {
        let digest = Self.digest(token)
        if let bearer = young[digest] {
            if bearer.expiresAt > now { return bearer }
            young[digest] = nil
            return nil
        }
        guard let bearer = old.removeValue(forKey: digest), bearer.expiresAt > now else { return nil }
        insert(digest, bearer)
        return bearer
    }

    package mutating func insert(_ token: String, _ bearer: TokenCheck.Bearer) {
        insert(Self.digest(token), bearer)
    }

    /// Forgets all, since the keys that verified them are others now.
    package mutating func removeAll() {
        young.removeAll(keepingCapacity: true)
        old.removeAll()
    }

    private mutating func insert(_ digest: Digest, _ bearer: TokenCheck.Bearer) {
        if young.count >= half {
            old = young
            young = [:]
            young.reserveCapacity(half)
        }
        young[digest] = bearer
    }

    private static func digest(_ token: String) -> Digest {
        var hash = SHA256()
        token.utf8.withContiguousStorageIfAvailable { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
            ?? hash.update(data: Array(token.utf8))
        return hash.finalize()
    }
}
