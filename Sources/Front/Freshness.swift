/// How long an answer may be shown, and what says so on the wire.
///
/// An answer is good until the next publish is due or the UTC day ends, when daily goals start anew, whichever
/// is first. `max-age` counts from the fold, as `Age` does, so that what is left of it is that time. Somebody who
/// cannot reach the front may show the answer for one more publish interval, but never into another day.
package struct Freshness: Equatable, Sendable {
    private static let dayMilliseconds: Int64 = 86_400_000

    /// Seconds since the fold that the answer shows.
    package let age: Int64
    /// `max-age` in seconds.
    package let maxAge: Int64
    /// `stale-while-revalidate` in seconds; 0 leaves it away.
    package let staleWhileRevalidate: Int64
    /// When the answer may have changed last, in seconds since 1970.
    ///
    /// The second of the publish, or the one before it while that second has not ended: a change still to come
    /// in it must not carry the same date.
    package let lastModified: Int64

    /// - Parameters:
    ///   - now: Milliseconds since 1970, as the other two times.
    ///   - foldedAt: When the fold that the answer shows was committed.
    ///   - publishedAt: When the store was published to last.
    ///   - publishSeconds: How far apart publishes are.
    package init(now: Int64, foldedAt: Int64, publishedAt: Int64, publishSeconds: Int) {
        age = max(0, now - foldedAt) / 1000
        let interval = Int64(publishSeconds)
        let untilMidnight = (Self.dayMilliseconds - (now % Self.dayMilliseconds)) / 1000
        let untilPublish = (publishedAt + interval * 1000 - now) / 1000
        // A publish in the future is a clock that went back; one interval is the most anybody gets.
        let left = max(0, min(untilPublish, untilMidnight, interval))
        maxAge = age + left
        staleWhileRevalidate = max(0, min(interval, untilMidnight - left))
        lastModified = min(publishedAt / 1000, now / 1000 - 1)
    }

    /// The value of `Cache-Control`.
    package var cacheControl: String {
        let base = "private, max-age=\(maxAge)"
        return staleWhileRevalidate > 0
            ? "\(base), stale-while-revalidate=\(staleWhileRevalidate)" : base
    }
}
