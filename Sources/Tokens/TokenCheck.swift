import Foundation
import JWTKit

/// Checks bearer tokens (RFC 7519) against keys and what is expected of them; pure.
package struct TokenCheck: Sendable {
    /// A longer token is refused before it is parsed.
    package static let tokenBytesMax = 8192
    /// How far clocks may differ, in seconds.
    package static let leewaySeconds: Double = 30
    /// Keys that are tried for a token that names none.
    private static let candidatesMax = 8

    /// Whom a token speaks for, and until when.
    package struct Bearer: Sendable, Equatable {
        /// The token's subject.
        package let player: String
        /// Seconds since 1970, leeway included.
        package let expiresAt: Double

        package init(player: String, expiresAt: Double) {
            (self.player, self.expiresAt) = (player, expiresAt)
        }
    }

    private let namespace: String
    private let issuer: String?

    /// `namespace` is the one whose tokens are taken; `issuer`, where given, must have issued them.
    package init(namespace: String, issuer: String? = nil) {
        self.namespace = namespace
        self.issuer = issuer
    }

    /// Verifies a token at a time in seconds since 1970: tens of microseconds for the signature, without suspension.
    package func verify(_ token: String, keys: TokenKeys, now: Double) throws(TokenFault) -> Bearer {
        guard keys.count > 0 else { throw .noKeys }
        guard token.utf8.count <= Self.tokenBytesMax else { throw .tooLong }
        let bytes = Array(token.utf8)
        let parsed: (header: JWTHeader, payload: Claims, signature: Data)
        do {
            parsed = try Self.parser.parse(bytes, as: Claims.self)
        } catch {
            throw .malformed
        }
        // Extensions that must be understood are not.
        guard parsed.header.crit == nil, let algorithm = parsed.header.alg else { throw .malformed }
        guard algorithm == "RS256" || algorithm == "ES256" else { throw .algorithm }
        let candidates = keys.candidates(parsed.header.kid)
        guard !candidates.isEmpty else { throw .unknownKey }
        guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")) else { throw .malformed }
        let fitting = candidates.filter { $0.algorithm.name == algorithm }
        guard !fitting.isEmpty else { throw .algorithm }
        let isSigned = fitting.prefix(Self.candidatesMax).contains { key in
            do { return try key.algorithm.verify(parsed.signature, signs: bytes[..<dot]) } catch {
                return false
            }
        }
        guard isSigned else { throw .signature }
        return try bearer(parsed.payload, now)
    }

    private func bearer(_ claims: Claims, _ now: Double) throws(TokenFault) -> Bearer {
        // Comparisons that a NaN fails too.
        guard claims.exp + Self.leewaySeconds > now else { throw .expired }
        guard claims.nbf ?? now <= now + Self.leewaySeconds else { throw .notYetValid }
        if let issuer, claims.iss != issuer { throw .issuer }
        guard let subject = claims.sub, !subject.isEmpty else { throw .subject }
        guard let own = claims.namespace, own.utf8.elementsEqual(namespace.utf8) else { throw .namespace }
        return Bearer(player: subject, expiresAt: claims.exp + Self.leewaySeconds)
    }

    private static let parser = DefaultJWTParser()

    /// The claims that are looked at.
    private struct Claims: JWTPayload {
        let sub: String?
        let exp: Double
        let nbf: Double?
        let iss: String?
        let namespace: String?

        /// Checked by `TokenCheck`, which knows the time and what is expected.
        func verify(using algorithm: some JWTAlgorithm) {}
    }
}
