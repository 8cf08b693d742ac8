import Charts
import Testing

@Suite struct NumberTextTests {
    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "−1,234,567"),
        (Int64.max, "9,223,372,036,854,775,807"),
        (Int64.min, "−9,223,372,036,854,775,808"),
    ])
    func `thousands are grouped`(number: Int64, text: String) {
        #expect(NumberText.grouped(number) == text)
    }

    @Test func `signed numbers say their sign`() {
        #expect([3, 0, -1200].map(NumberText.signed) == ["+3", "±0", "−1,200"])
    }

    @Test(arguments: [
        (0.0, "0"), (0.5, "0.5"), (12, "12"), (1500, "1.5\u{A0}k"), (20_000, "20\u{A0}k"),
        (3_400_000, "3.4\u{A0}M"),
        (5e9, "5\u{A0}G"), (-2000, "−2\u{A0}k"),
    ])
    func `axis numbers are short`(value: Double, text: String) { #expect(NumberText.short(value) == text) }

    @Test func `what is nearly nothing or nearly all is told from nothing and all`() {
        #expect(NumberText.percent(0, of: 0) == "–")
        #expect(NumberText.percent(0, of: 9) == "0\u{A0}%")
        #expect(NumberText.percent(1, of: 100_000) == "<\u{A0}0.1\u{A0}%")
        #expect(NumberText.percent(99_999, of: 100_000) == ">\u{A0}99.9\u{A0}%")
        #expect(NumberText.percent(100_000, of: 100_000) == "100\u{A0}%")
        #expect(NumberText.percent(1, of: 3) == "33\u{A0}%")
        #expect(NumberText.percent(1, of: 30) == "3.3\u{A0}%")
    }

    @Test(arguments: [
        (0.0, "0\u{A0}s"), (0.2, "<\u{A0}1\u{A0}s"), (45, "45\u{A0}s"), (90, "1.5\u{A0}min"),
        (1800, "30\u{A0}min"),
        (5400, "1.5\u{A0}h"), (86_400, "1\u{A0}d"), (1_000_000, "12\u{A0}d"),
    ])
    func `spans take the largest unit they fill`(seconds: Double, text: String) {
        #expect(NumberText.span(seconds) == text)
    }

    @Test func `no number traps`() {
        for value in [Double.infinity, -.infinity, .nan, 1e300, -1e300, .leastNonzeroMagnitude, 1e18] {
            #expect(!NumberText.decimal(value, places: 2).isEmpty)
            #expect(!NumberText.short(value).isEmpty)
        }
    }
}
