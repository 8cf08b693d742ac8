import Foundation
import Testing
import Tokens

@Suite struct TokenKeysTests {
    private static func failure(_ text: String) async -> String? {
        do throws(TokenKeys.Failure) {
            _ = try await TokenKeys(jwks: Array(text.utf8))
            return nil
        } catch {
            return error.description
        }
    }

    /// A modulus of so many bits; no real key, but of its form.
    private static func rsa(bits: Int, _ more: String = "") -> String {
        let modulus = TokenForge.url([0xC1] + [UInt8](repeating: 0x55, count: bits / 8 - 2) + [0x01])
        return #"{"kty":"RSA","kid":"r","n":"\#(modulus)","e":"AQAB"\#(more)}"#
    }

    @Test func `keys of other kinds beside ours are left out`() async throws {
        let own = try TokenForge().jwk
        let others = [
            #"{"kty":"OKP","crv":"Ed25519","kid":"o","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            #"{"kty":"oct","kid":"s","k":"c2VjcmV0"}"#,
            #"{"kty":"EC","crv":"P-384","kid":"p","x":"AA","y":"AA"}"#,
            #"{"kty":"EC","crv":"secp256k1","kid":"k","x":"AA","y":"AA"}"#, #"{"kid":"nothing"}"#,
            Self.rsa(bits: 1024), Self.rsa(bits: 16_448), Self.rsa(bits: 2048, #","use":"enc""#),
            Self.rsa(bits: 2048, #","alg":"RS512""#),
            Self.rsa(bits: 2048, #","d":"AQAB""#),
        ]
        for other in others {
            #expect(try await TokenForge.keys(other, own).count == 1, "\(other)")
            #expect(await Self.failure("{\"keys\":[\(other)]}")?.hasPrefix("none of its 1 keys") == true)
        }
        #expect(try await TokenForge.keys(own, Self.rsa(bits: 2048)).count == 2)
        #expect(try await TokenForge.keys(own, Self.rsa(bits: 2048, #","alg":"RS256""#)).count == 2)
    }

    @Test func `what is no key set is refused`() async {
        for text in ["", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[1]}", "nonsense"] {
            #expect(await Self.failure(text)?.contains("JSON Web Key Set") == true, "\(text)")
        }
        #expect(await Self.failure("{\"keys\":[]}")?.hasPrefix("none of its 0 keys") == true)
        let many = Array(repeating: "{\"kid\":\"x\"}", count: TokenKeys.keysMax + 1).joined(separator: ",")
        #expect(await Self.failure("{\"keys\":[\(many)]}") == "it has more than 100 keys")
        let large = String(repeating: " ", count: TokenKeys.bytesMax + 1)
        #expect(await Self.failure(large) == "it has more than 1048576 bytes")
    }
}
