import Foundation
import JWTKit

/// The public keys that tokens may be signed with, as one JSON Web Key Set holds them (RFC 7517).
///
/// Only signing keys for RS256 (RSA of 2,048 to 16,384 bits) and ES256 (P-256) are taken; others are left out, and a
/// key tells its algorithm itself, so that no token can choose another.
package struct TokenKeys: Sendable {
    /// Most keys of a set that are looked at.
    package static let keysMax = 100
    /// A larger set is none.
    package static let bytesMax = 1 << 20
    /// Characters of an RSA modulus of 2,048 to 16,384 bits, in base64url; a longer one would take long to check with.
    private static let modulusCharacters = 342...2731

    /// Bytes that are no key set, or one without a key that can be used.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// A key, whatever signs with it.
    struct Key: Sendable {
        let id: String?
        let algorithm: any JWTAlgorithm
    }

    private let byID: [String: Key]
    private let all: [Key]

    /// Keys that can be used.
    package var count: Int { all.count }

    /// Without any key: nothing can be checked.
    package init() { (byID, all) = ([:], []) }

    package init(jwks bytes: [UInt8]) async throws(Failure) {
        guard bytes.count <= Self.bytesMax else {
            throw Failure(description: "it has more than \(Self.bytesMax) bytes")
        }
        let entries: [Entry]
        do {
            entries = try JSONDecoder().decode(Document.self, from: Data(bytes)).keys
        } catch {
            throw Failure(description: "it is no JSON Web Key Set: an object with an array `keys`")
        }
        guard entries.count <= Self.keysMax else {
            throw Failure(description: "it has more than \(Self.keysMax) keys")
        }
        var found: [Key] = []
        for (number, entry) in entries.enumerated() {
            if let key = await Self.key(entry, number) { found.append(key) }
        }
        guard !found.isEmpty else {
            throw Failure(
                description: "none of its \(entries.count) keys is a public signing key for RS256 or ES256"
            )
        }
        all = found
        byID = Dictionary(
            found.compactMap { key in key.id.map { ($0, key) } },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The keys that a token with this id in its header may be signed with.
    ///
    /// A token that names no key may be signed with any of them.
    func candidates(_ id: String?) -> [Key] {
        guard let id else { return all }
        return byID[id].map { [$0] } ?? []
    }

    private struct Document: Decodable {
        let keys: [Entry]
    }

    /// One member of `keys`; what is no key for us decodes to nothing.
    private struct Entry: Decodable {
        let key: JWK?

        private enum Member: String, CodingKey { case use, d }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: Member.self)
            let use = try members.decodeIfPresent(String.self, forKey: .use)
            // A private key has no business here: whoever publishes one has to learn it.
            guard use ?? "sig" == "sig", !members.contains(.d) else {
                key = nil
                return
            }
            do { key = try JWK(from: decoder) } catch { key = nil }
        }
    }

    private static func key(_ entry: Entry, _ number: Int) async -> Key? {
        guard var jwk = entry.key else { return nil }
        switch jwk.keyType {
        case .rsa:
            guard modulusCharacters.contains(jwk.modulus?.utf8.count ?? 0), jwk.algorithm ?? .rs256 == .rs256
            else { return nil }
            jwk.algorithm = .rs256
        case .ecdsa:
            guard jwk.curve == .ecdsa(.p256), jwk.algorithm ?? .es256 == .es256 else { return nil }
            jwk.algorithm = .es256
        default: return nil
        }
        let id = jwk.keyIdentifier?.string
        let own = JWKIdentifier(string: "\(number)")
        jwk.keyIdentifier = own
        do {
            // The library hands out a key's algorithm only from a collection.
            let collection = try await JWTKeyCollection().add(jwk: jwk)
            return Key(id: id, algorithm: try await collection.getKey(for: own))
        } catch {
            return nil
        }
    }
}
