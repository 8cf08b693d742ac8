import Charts
import Testing

@Suite struct LinearScaleTests {
    @Test func `ticks are round, cover the values and stay within their bound`() {
        for greatest in [0, 1, 2, 3, 7, 9.5, 10, 11, 99, 100, 101, 12_345, 999_999, 1e6, 3.2e9, 1e15, 1e300] {
            for most in 2...8 {
                let scale = LinearScale(greatest: greatest, tickCountMax: most)
                #expect(scale.ticks.first == 0)
                #expect(scale.ticks.last == scale.end)
                #expect(scale.end >= greatest)
                #expect(scale.ticks.count <= most + 1, "\(greatest) \(most): \(scale.ticks)")
                #expect(scale.share(greatest) <= 1 && scale.share(0) == 0)
                // No more than half of the axis may be empty, but for the least axis of all.
                #expect(greatest < 2 || scale.share(greatest) > 0.5, "\(greatest) \(most): \(scale.ticks)")
            }
        }
    }

    @Test func `counts get whole steps, other values need not`() {
        #expect(LinearScale(greatest: 2).ticks == [0, 1, 2])
        #expect(LinearScale(greatest: 1, tickCountMax: 2, wholeOnly: false).ticks == [0, 0.5, 1])
        #expect(LinearScale(greatest: .nan).end == 1)
        #expect(LinearScale(greatest: -5).end == 1)
    }
}
