import Crypto
import Foundation
import Zstd

/// A template that clients hold, as dictionary for `dcz`.
struct HeldTemplate: Sendable {
    /// `:BASE64:` of its SHA-256, for `Available-Dictionary`.
    let structuredField: String
    let dictionary: DecompressionDictionary

    init(_ template: [UInt8]) throws(ZstdError) {
        structuredField = ":" + Data(SHA256.hash(data: Data(template))).base64EncodedString() + ":"
        dictionary = try DecompressionDictionary(template: template)
    }
}
