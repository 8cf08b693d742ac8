internal import Crypto
internal import Foundation

/// The answer for a player without events: the dictionary of all other answers of its kind.
package struct Template: Hashable, Sendable {
    package let kind: AnswerKind
    /// The JSON.
    package let bytes: [UInt8]
    /// SHA-256 of `bytes`, 32 bytes.
    package let sha256: [UInt8]

    init(kind: AnswerKind, bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
        sha256 = Array(SHA256.hash(data: bytes))
    }
}
