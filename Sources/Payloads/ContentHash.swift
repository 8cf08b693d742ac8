internal import Crypto

/// Names bytes by what they are.
package enum ContentHash {
    /// SHA-256 as 64 lower-case hex digits.
    package static func sha256Hex(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
