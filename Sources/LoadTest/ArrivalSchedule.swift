/// When requests are due: a constant rate, after a warm-up in which the rate grows evenly from zero.
///
/// Times are fixed before anything is sent, so that a slow server cannot slow its own load down.
package struct ArrivalSchedule: Sendable {
    private let perSecond: Double
    private let warmUpSeconds: Double
    /// How many there are in all.
    package let count: Int
    /// Arrivals of the warm-up: the first so many.
    package let warmUpCount: Int
    private var next = 0

    /// `perSecond` may be 0, which is no arrivals at all; `seconds` are those at the full rate.
    package init(perSecond: Double, seconds: Double, warmUpSeconds: Double = 0) {
        precondition(perSecond >= 0 && seconds >= 0 && warmUpSeconds >= 0)
        self.perSecond = perSecond
        self.warmUpSeconds = warmUpSeconds
        warmUpCount = Int(perSecond * warmUpSeconds / 2)
        count = warmUpCount + Int((perSecond * seconds).rounded())
    }

    /// When the arrival of that number is due, in nanoseconds since the start.
    package func time(of number: Int) -> Int64 {
        // During the warm-up the rate is perSecond × t / warmUpSeconds, so t²/2 of that are due until t.
        let seconds =
            number < warmUpCount
            ? (2 * warmUpSeconds * Double(number) / perSecond).squareRoot()
            : warmUpSeconds + Double(number - warmUpCount) / perSecond
        return Int64(seconds * 1e9)
    }

    /// When the next one is due, nil after the last.
    package var nextTime: Int64? { next < count ? time(of: next) : nil }

    /// Hands out all that are due at `now`: number, due time, and whether it is measured.
    package mutating func release(_ now: Int64, _ body: (Int, Int64, Bool) -> Void) {
        while next < count {
            let time = time(of: next)
            guard time <= now else { return }
            body(next, time, next >= warmUpCount)
            next += 1
        }
    }
}
