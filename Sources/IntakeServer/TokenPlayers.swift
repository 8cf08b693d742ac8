package import Goals
package import HTTPTypes
import Synchronization
package import Tokens

/// Players by their bearer tokens, checked as the front checks them.
package final class TokenPlayers: PlayerIdentification {
    /// What a client is told to wait that came before the keys.
    private static let retryAfterSeconds = 5

    package let isLoopbackOnly = false
    private let reader: Mutex<TokenReader>
    private let now: @Sendable () -> Timestamp

    /// `cacheEntriesMax` verified tokens are remembered until they expire.
    package init(
        check: TokenCheck,
        ring: KeyRing,
        cacheEntriesMax: Int,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.now = now
        reader = Mutex(
            TokenReader(check: check, ring: ring, counts: TokenCounts(), cacheEntriesMax: cacheEntriesMax)
        )
    }

    package func player(of fields: HTTPFields) async throws(IngestProblem) -> Identifier {
        let lines = fields[values: .authorization]
        let seconds = Double(now().milliseconds) / 1000
        do throws(TokenFault) {
            let player = try reader.withLock { reader throws(TokenFault) in
                try reader.player(lines, now: seconds)
            }
            // Bytes first: counting the scalars of a huge subject is work for nothing.
            guard player.utf8.count <= 4 * Identifier.scalarsMax,
                player.unicodeScalars.count <= Identifier.scalarsMax,
                !player.unicodeScalars.contains("\u{0}")
            else { throw .subject }
            return Identifier(player)
        } catch {
            throw Self.problem(error)
        }
    }

    /// What a client is told of a token that does not say who asks (RFC 6750 §3).
    private static func problem(_ fault: TokenFault) -> IngestProblem {
        switch fault {
        case .missing:
            IngestProblem(
                .unauthorized,
                "Say who asks with a token: Authorization: Bearer TOKEN.",
                fields: [HTTPField(name: .wwwAuthenticate, value: "Bearer")]
            )
        case .namespace: IngestProblem(.forbidden, "The token is of another namespace.")
        case .noKeys:
            IngestProblem(
                .keysUnavailable,
                "Tokens cannot be checked at the moment.",
                fields: [HTTPField(name: .retryAfter, value: String(retryAfterSeconds))]
            )
        default:
            IngestProblem(
                .unauthorized,
                "The token does not say who asks: \(fault.detail).",
                fields: [
                    HTTPField(
                        name: .wwwAuthenticate,
                        value: #"Bearer error="invalid_token", error_description="\#(fault.detail)""#
                    )
                ]
            )
        }
    }
}
