import Foundation
import Testing
import Tokens

@Suite struct TokenReaderTests {
    private static func fault(_ reader: inout TokenReader, _ lines: [String], now: Double = TokenForge.now)
        -> TokenFault?
    {
        do throws(TokenFault) {
            _ = try reader.player(lines, now: now)
            return nil
        } catch {
            return error
        }
    }

    private static func reader(_ ring: KeyRing, _ counts: TokenCounts = TokenCounts()) -> TokenReader {
        TokenReader(check: TokenCheck(namespace: "demo"), ring: ring, counts: counts, cacheEntriesMax: 4)
    }

    @Test func `the header is one line of one scheme`() async throws {
        let forge = TokenForge()
        let (ring, counts) = (KeyRing(), TokenCounts())
        var reader = Self.reader(ring, counts)
        let token = try await forge.token()
        #expect(Self.fault(&reader, ["Bearer \(token)"]) == .noKeys)
        ring.set(try await forge.keys())
        for lines in [["Bearer \(token)"], ["bearer \(token)"], ["BEARER   \(token)"]] {
            #expect(try reader.player(lines, now: TokenForge.now) == "player-1")
        }
        #expect(counts.verified == 1 && counts.cached == 2)
        for lines in [[], [""], ["Bearer"], ["Bearer "], ["Basic \(token)"], [token]] {
            #expect(Self.fault(&reader, lines) == .missing, "\(lines)")
        }
        #expect(Self.fault(&reader, ["Bearer \(token)", "Bearer \(token)"]) == .malformed)
        #expect(counts.rejected.first { $0.fault == .missing }?.count == 6)
        #expect(counts.rejected.reduce(0) { $0 + $1.count } == 8)
    }

    @Test func `a remembered token is gone at its end and with its keys`() async throws {
        let (forge, other) = (TokenForge(), TokenForge(id: "key-2"))
        let ring = KeyRing()
        var reader = Self.reader(ring)
        ring.set(try await forge.keys())
        let lines = ["Bearer \(try await forge.token())"]
        #expect(Self.fault(&reader, lines) == nil)
        #expect(Self.fault(&reader, lines, now: 1_000_629.9) == nil)
        #expect(Self.fault(&reader, lines, now: 1_000_630) == .expired)
        #expect(Self.fault(&reader, lines) == nil)
        #expect(!ring.takeWish())
        ring.set(try await other.keys())
        #expect(Self.fault(&reader, lines) == .unknownKey)
        // Somebody should look whether there are more keys.
        #expect(ring.takeWish() && !ring.takeWish())
    }

    @Test func `what is known of the same lines holds as long as keys and token do`() async throws {
        let forge = TokenForge()
        let (ring, counts) = (KeyRing(), TokenCounts())
        var reader = Self.reader(ring, counts)
        ring.set(try await forge.keys())
        let bearer = try reader.bearer(["Bearer \(try await forge.token())"], now: TokenForge.now)
        let generation = reader.keysGeneration
        let isGood = { (reader: TokenReader, now: Double) in
            reader.isStillGood(generation: generation, expiresAt: bearer.expiresAt, now: now)
        }
        #expect(isGood(reader, TokenForge.now) && isGood(reader, bearer.expiresAt - 1))
        #expect(counts.cached == 2 && counts.verified == 1)
        #expect(!isGood(reader, bearer.expiresAt))
        ring.set(try await forge.keys())
        #expect(!isGood(reader, TokenForge.now))
        #expect(counts.cached == 2)
    }

    @Test func `only so many are remembered, those in use longest`() {
        var cache = TokenCache(entriesMax: 8)
        let bearer = TokenCheck.Bearer(player: "p", expiresAt: 100)
        for number in 0..<1000 {
            cache.insert("token \(number)", bearer)
            // This one is asked for all the time.
            if cache.bearer("kept", now: 0) == nil { cache.insert("kept", bearer) }
            #expect(cache.count <= 8)
        }
        #expect(cache.bearer("kept", now: 0) == bearer)
        #expect(cache.bearer("token 999", now: 0) == bearer)
        #expect(cache.bearer("token 900", now: 0) == nil)
        #expect(cache.bearer("token 999", now: 100) == nil)
        #expect(cache.bearer("token 999", now: 0) == nil)
        cache.removeAll()
        #expect(cache.count == 0)
    }
}
