import Crypto
import Foundation
import JWTKit
import Testing
import Tokens

/// Signs tokens as an identity service does, and publishes its keys.
struct TokenForge {
    struct Claims: JWTPayload {
        var sub: String? = "player-1"
        var exp: Double? = 1_000_600
        var nbf: Double?
        var iss: String? = "https://iam.example"
        var namespace: String? = "demo"

        func verify(using algorithm: some JWTAlgorithm) {}
    }

    static let now: Double = 1_000_000
    let key = ES256PrivateKey()
    let id: String

    init(id: String = "key-1") { self.id = id }

    /// The public key as a member of a key set.
    var jwk: String {
        get throws {
            let point = try #require(key.publicKey.parameters)
            return
                #"{"kty":"EC","crv":"P-256","use":"sig","kid":"\#(id)","x":"\#(Self.url(point.x))","y":"\#(Self.url(point.y))"}"#
        }
    }

    static func keys(_ jwks: String...) async throws -> TokenKeys {
        try await TokenKeys(jwks: Array("{\"keys\":[\(jwks.joined(separator: ","))]}".utf8))
    }

    func keys() async throws -> TokenKeys { try await Self.keys(try jwk) }

    func token(_ claims: Claims = Claims(), header: JWTHeader? = nil) async throws -> String {
        let keys = await JWTKeyCollection().add(ecdsa: key, kid: JWKIdentifier(string: id))
        return try await keys.sign(claims, kid: JWKIdentifier(string: id), header: header ?? JWTHeader())
    }

    static func url(_ base64: String) -> String {
        base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func url(_ bytes: some Sequence<UInt8>) -> String { url(Data(bytes).base64EncodedString()) }
}
