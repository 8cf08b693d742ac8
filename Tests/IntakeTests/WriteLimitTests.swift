import Goals
import Intake
import Testing

@Suite struct WriteLimitTests {
    @Test func `a burst passes, then the rate`() {
        let limit = WriteLimit(perSecond: 2, burst: 3)
        let start = ContinuousClock.now
        let player = Identifier("u")
        for _ in 0..<3 { #expect(limit.take(player, now: start) == nil) }
        #expect(limit.take(player, now: start) == 1)
        #expect(limit.take(Identifier("v"), now: start) == nil)
        #expect(limit.take(player, now: start + .milliseconds(500)) == nil)
        #expect(limit.take(player, now: start + .milliseconds(500)) == 1)
        for _ in 0..<3 { #expect(limit.take(player, now: start + .seconds(60)) == nil) }
        #expect(limit.take(player, now: start + .seconds(60)) == 1)
    }
}
