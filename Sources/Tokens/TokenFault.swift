/// Why a token does not say who asks.
package enum TokenFault: String, Error, Sendable, CaseIterable {
    case missing
    case tooLong = "too_long"
    case malformed
    /// Signed in a way that is not taken: only RS256 and ES256 are.
    case algorithm
    /// No key of this id is known.
    case unknownKey = "unknown_key"
    case signature
    case expired
    case notYetValid = "not_yet_valid"
    case issuer
    case subject
    /// Valid, but of another namespace.
    case namespace
    /// There are no keys to check it with yet.
    case noKeys = "no_keys"

    /// One clause for the client: what is wrong with its token.
    package var detail: String {
        switch self {
        case .missing: "there is no token"
        case .tooLong: "the token is longer than \(TokenCheck.tokenBytesMax) bytes"
        case .malformed: "the token is no JSON Web Token"
        case .algorithm: "the token is not signed with RS256 or ES256"
        case .unknownKey: "the token is signed with an unknown key"
        case .signature: "the signature is wrong"
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet"
        case .issuer: "the token was issued by somebody else"
        case .subject: "the token has no subject that can be a player"
        case .namespace: "the token is of another namespace"
        case .noKeys: "the keys to check tokens with are not here yet"
        }
    }
}
