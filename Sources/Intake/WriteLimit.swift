package import Goals
import Synchronization

/// How often each player may write: a bucket of tokens a player, filled at a steady rate.
///
/// At most `playersMax` buckets are held, in two generations. The older one is dropped as a whole, so that a
/// player not seen for long begins with a full bucket, as one would have by then; under more players than that
/// at once the limit gets looser, never stricter.
package final class WriteLimit: Sendable {
    package static let playersMax = 131_072

    private struct Bucket {
        var tokens: Double
        var at: ContinuousClock.Instant
    }

    private struct State {
        var young: [Identifier: Bucket] = [:]
        var old: [Identifier: Bucket] = [:]
    }

    private let state = Mutex(State())
    private let perSecond: Double
    private let burst: Double

    /// `perSecond` writes a second on the long run, `burst` at once; both 1 or more.
    package init(perSecond: Int, burst: Int) {
        self.perSecond = Double(perSecond)
        self.burst = Double(burst)
    }

    /// Takes a token; else gives the seconds, rounded up, after which there is one.
    package func take(_ player: Identifier, now: ContinuousClock.Instant = .now) -> Int? {
        state.withLock { state in
            var bucket = state.young[player] ?? state.old[player] ?? Bucket(tokens: burst, at: now)
            let (seconds, attoseconds) = (now - bucket.at).components
            let passed = max(0, Double(seconds) + Double(attoseconds) / 1e18)
            bucket.tokens = min(burst, bucket.tokens + passed * perSecond)
            bucket.at = now
            let isAllowed = bucket.tokens >= 1
            if isAllowed { bucket.tokens -= 1 }
            if state.young.count >= Self.playersMax / 2, state.young[player] == nil {
                state.old = state.young
                state.young = [:]
            }
            state.young[player] = bucket
            return isAllowed ? nil : max(1, Int(((1 - bucket.tokens) / perSecond).rounded(.up)))
        }
    }
}
