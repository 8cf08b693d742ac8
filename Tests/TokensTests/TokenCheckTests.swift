import Crypto
import Foundation
import JWTKit
import TestKit
import Testing
import Tokens

@Suite struct TokenCheckTests {
    private static let check = TokenCheck(namespace: "demo", issuer: "https://iam.example")

    private static func fault(
        _ token: String,
        _ keys: TokenKeys,
        check: TokenCheck = check,
        now: Double = TokenForge.now
    ) -> TokenFault? {
        do throws(TokenFault) {
            _ = try check.verify(token, keys: keys, now: now)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a good token says who asks, and until when`() async throws {
        let forge = TokenForge()
        let bearer = try Self.check.verify(
            try await forge.token(),
            keys: try await forge.keys(),
            now: TokenForge.now
        )
        #expect(bearer.player == "player-1")
        #expect(bearer.expiresAt == 1_000_630)
    }

    @Test func `times are kept to, with some seconds between clocks`() async throws {
        let forge = TokenForge()
        let keys = try await forge.keys()
        var claims = TokenForge.Claims()
        claims.nbf = 1_000_010
        let token = try await forge.token(claims)
        let leeway = TokenCheck.leewaySeconds
        for (now, fault) in [
            (1_000_010 - leeway, nil), (1_000_010 - leeway - 1, TokenFault.notYetValid),
            (1_000_600 + leeway - 1, nil), (1_000_600 + leeway, .expired),
        ] { #expect(Self.fault(token, keys, now: now) == fault, "\(now)") }
        claims.exp = .nan
        #expect(throws: (any Error).self) { try JSONEncoder().encode(claims) }
    }

    @Test func `every claim that is wrong is named`() async throws {
        let forge = TokenForge()
        let keys = try await forge.keys()
        let cases: [(TokenFault, (inout TokenForge.Claims) -> Void)] = [
            (.issuer, { $0.iss = "https://iam.example/" }), (.issuer, { $0.iss = nil }),
            (.subject, { $0.sub = nil }), (.subject, { $0.sub = "" }), (.namespace, { $0.namespace = nil }),
            (.namespace, { $0.namespace = "Demo" }), (.malformed, { $0.exp = nil }),
            // Equal to a reader, another name to a machine.
            (.namespace, { $0.namespace = "de\u{301}mo" }),
        ]
        for (fault, change) in cases {
            var claims = TokenForge.Claims()
            change(&claims)
            #expect(Self.fault(try await forge.token(claims), keys) == fault)
        }
        var claims = TokenForge.Claims()
        claims.iss = "anybody"
        let anybodys = try await forge.token(claims)
        #expect(Self.fault(anybodys, keys, check: TokenCheck(namespace: "demo")) == nil)
    }

    @Test func `a signature is of one key and one text`() async throws {
        let (forge, other) = (TokenForge(), TokenForge(id: "key-2"))
        let both = try await TokenForge.keys(try forge.jwk, try other.jwk)
        let token = try await forge.token()
        #expect(Self.fault(token, both) == nil)
        #expect(Self.fault(token, try await other.keys()) == .unknownKey)
        // The key that the header names is another one than the one that signed.
        let impostor = TokenForge(id: "key-1")
        #expect(Self.fault(try await impostor.token(), both) == .signature)
        let parts = token.split(separator: ".")
        let payload = TokenForge.url(
            Data(#"{"sub":"king","exp":9999999,"iss":"https://iam.example","namespace":"demo"}"#.utf8)
        )
        #expect(Self.fault("\(parts[0]).\(payload).\(parts[2])", both) == .signature)
        #expect(Self.fault(token, TokenKeys()) == .noKeys)
    }

    @Test func `no token chooses how it is checked`() async throws {
        let forge = TokenForge()
        let keys = try await forge.keys()
        let payload = TokenForge.url(
            Data(#"{"sub":"king","exp":9999999,"iss":"https://iam.example","namespace":"demo"}"#.utf8)
        )
        let header = { (text: String) in TokenForge.url(Data(text.utf8)) }
        // Unsigned, and signed with the public key as if it were a secret.
        #expect(Self.fault("\(header(#"{"alg":"none","kid":"key-1"}"#)).\(payload).", keys) == .algorithm)
        let head = header(#"{"alg":"HS256","kid":"key-1"}"#) + "." + payload
        let secret = SymmetricKey(data: Data(try forge.jwk.utf8))
        let mac = TokenForge.url(HMAC<SHA256>.authenticationCode(for: Data(head.utf8), using: secret))
        #expect(Self.fault("\(head).\(mac)", keys) == .algorithm)
        for name in ["RS256", "ES384", "es256", "PS256", "EdDSA"] {
            let token =
                "\(header(#"{"alg":"\#(name)","kid":"key-1"}"#)).\(payload).\(TokenForge.url([UInt8](repeating: 1, count: 64)))"
            #expect(Self.fault(token, keys) == .algorithm, "\(name)")
        }
        let critical = try await forge.token(header: ["crit": .array([.string("exp")])])
        #expect(Self.fault(critical, keys) == .malformed)
    }

    @Test func `a token without a key's name is tried with each`() async throws {
        let (forge, other) = (TokenForge(), TokenForge(id: "key-2"))
        let keys = try await TokenForge.keys(try other.jwk, try forge.jwk)
        let collection = await JWTKeyCollection().add(ecdsa: forge.key)
        let token = try await collection.sign(TokenForge.Claims())
        #expect(Self.fault(token, keys) == nil)
    }

    @Test func `what is no token is refused, whatever it is`() async throws {
        let forge = TokenForge()
        let keys = try await forge.keys()
        let token = try await forge.token()
        for text in [
            "", ".", "..", "...", "a.b.c", token + ".", "." + token, String(repeating: "A", count: 100),
        ] {
            #expect(Self.fault(text, keys) == .malformed, "\(text)")
        }
        let long = token + String(repeating: "A", count: TokenCheck.tokenBytesMax - token.utf8.count)
        #expect(Self.fault(long, keys) == .signature)
        #expect(Self.fault(long + "A", keys) == .tooLong)
    }

    /// Of all tokens one change away none verifies, except where base64 has a second spelling of the same bytes.
    @Test func `a changed token never speaks for another`() async throws {
        let forge = TokenForge()
        let keys = try await forge.keys()
        let token = Array(try await forge.token().utf8)
        var random = SplitMix64(seed: 7)
        var verified = 0
        for _ in 0..<4000 {
            var changed = token
            for _ in 0...Int(random.next() % 3) {
                let place = Int(random.next() % UInt64(changed.count))
                switch random.next() % 3 {
                case 0: changed[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: changed.remove(at: place)
                default: changed.insert(UInt8(truncatingIfNeeded: random.next() % 128), at: place)
                }
            }
            guard changed != token else { continue }
            let text = String(decoding: changed, as: UTF8.self)
            do throws(TokenFault) {
                let bearer = try Self.check.verify(text, keys: keys, now: TokenForge.now)
                #expect(bearer.player == "player-1", "\(text)")
                verified += 1
            } catch {
                #expect(error != .namespace && error != .noKeys)
            }
        }
        #expect(verified < 40, "\(verified) of 4,000")
    }
}
