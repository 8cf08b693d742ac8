import Logging
package import Tokens

/// What all answerers of a front share to check tokens.
package struct TokenIdentity: Sendable {
    /// What a client is told to wait that came before the keys.
    private static let retryAfterSeconds = 5

    let ring: KeyRing
    let counts: TokenCounts
    private let configuration: TokenConfiguration

    package init(
        _ configuration: TokenConfiguration,
        ring: KeyRing = KeyRing(),
        counts: TokenCounts = TokenCounts()
    ) {
        self.configuration = configuration
        self.ring = ring
        self.counts = counts
    }

    /// A reader for one answerer.
    func reader() -> TokenReader {
        TokenReader(
            check: TokenCheck(namespace: configuration.namespace, issuer: configuration.issuer),
            ring: ring,
            counts: counts,
            cacheEntriesMax: configuration.cacheEntriesMax
        )
    }

    /// Where the keys come from; `now` in milliseconds since 1970.
    func source(now: @escaping @Sendable () -> Int64, logger: Logger) -> KeySource {
        KeySource(
            configuration.keys,
            ring: ring,
            refreshSeconds: configuration.refreshSeconds,
            now: { Double(now()) / 1000 },
            logger: logger
        )
    }

    /// What a client is told of a token that does not say who asks (RFC 6750 §3).
    static func problem(_ fault: TokenFault) -> Problem {
        switch fault {
        case .missing:
            Problem(
                .unauthorized,
                "Say who asks with a token: Authorization: Bearer TOKEN.",
                fields: [.init("WWW-Authenticate", "Bearer")]
            )
        case .namespace: Problem(.forbidden, "The token is of another namespace.")
        case .noKeys:
            Problem(
                .keysUnavailable,
                "Tokens cannot be checked at the moment.",
                fields: [.init("Retry-After", String(retryAfterSeconds))]
            )
        default:
            Problem(
                .unauthorized,
                "The token does not say who asks: \(fault.detail).",
                fields: [
                    .init(
                        "WWW-Authenticate",
                        #"Bearer error="invalid_token", error_description="\#(fault.detail)""#
                    )
                ]
            )
        }
    }
}
