/// An axis from zero to a round number at or above the greatest value, with ticks at round steps.
package struct LinearScale: Sendable {
    /// The axis' end; 1 where all values are zero.
    package let end: Double
    /// Ascending, from 0 to `end`.
    package let ticks: [Double]

    /// `tickCountMax`, 2 or more, bounds the steps after zero; `wholeOnly` keeps fractions off an axis of counts.
    package init(greatest: Double, tickCountMax: Int = 5, wholeOnly: Bool = true) {
        precondition(tickCountMax >= 2)
        let greatest = greatest.isFinite && greatest > 0 ? greatest : 1
        var step = Self.roundStep(atLeast: greatest / Double(tickCountMax))
        if wholeOnly { step = max(step, 1) }
        let count = max(1, Int((greatest / step).rounded(.up)))
        ticks = (0...count).map { Double($0) * step }
        end = Double(count) * step
    }

    /// Where a value lies between the axis' start (0) and end (1).
    package func share(_ value: Double) -> Double { min(max(value / end, 0), 1) }

    /// 1, 2 or 5 times a power of ten.
    private static func roundStep(atLeast least: Double) -> Double {
        var power = 1.0
        while power * 10 <= least { power *= 10 }
        while power > least { power /= 10 }
        for factor in [1.0, 2, 5, 10] where factor * power >= least { return factor * power }
        return 10 * power
    }
}
