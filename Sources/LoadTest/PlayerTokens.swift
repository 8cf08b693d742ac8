package import Crypto
import Foundation

/// A JSON Web Token (ES256) for every player, made before the test begins.
package struct PlayerTokens: Sendable {
    private static let header = text(Data(#"{"alg":"ES256","typ":"JWT","kid":"load"}"#.utf8))

    private let tokens: [[UInt8]]

    /// Signs one for each of the ids and the probe; they end at `expiresAt`, in seconds since 1970.
    ///
    /// Throws `interrupted` when somebody asks the test to end meanwhile.
    package init(
        ids: PlayerIDs,
        namespace: String,
        key: P256.Signing.PrivateKey,
        expiresAt: Int64,
        stop: StopRequest = StopRequest()
    ) throws {
        tokens = try (0...ids.count).map { player in
            try stop.check()
            let id = String(decoding: ids.utf8(player), as: UTF8.self)
            return try Self.sign(id, namespace: namespace, key: key, expiresAt: expiresAt)
        }
    }

    /// One player's token.
    static func sign(
        _ id: String,
        namespace: String,
        key: P256.Signing.PrivateKey,
        expiresAt: Int64
    ) throws -> [UInt8] {
        let claims = #"{"sub":"\#(id)","namespace":"\#(namespace)","exp":\#(expiresAt)}"#
        let signed = header + "." + text(Data(claims.utf8))
        let signature = try key.signature(for: Data(signed.utf8))
        return Array((signed + "." + text(signature.rawRepresentation)).utf8)
    }

    func utf8(_ player: Int) -> [UInt8] { tokens[player] }

    /// The set of keys that checks them, as `token_keys` takes it.
    package static func keySet(_ key: P256.Signing.PublicKey) -> String {
        let point = key.rawRepresentation
        let (x, y) = (text(point.prefix(32)), text(point.suffix(32)))
        return
            #"{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"load","x":"\#(x)","y":"\#(y)"}]}"#
    }

    /// base64url without padding (RFC 7515).
    private static func text(_ bytes: Data) -> String {
        bytes.base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }
}
