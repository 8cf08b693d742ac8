import Reports
import TestKit
import Testing

@Suite struct SpanHistogramTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `percentiles are within 1/32 of those of the sorted spans`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var histogram = SpanHistogram()
        var spans: [Int64] = []
        for _ in 0..<random.number(1...3000) {
            let span = Int64(random.number(0...(1 << random.number(0...34))))
            spans.append(span)
            histogram.add(seconds: span)
        }
        spans.sort()
        for share in [0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 1] {
            let exact = spans[max(1, Int((share * Double(spans.count)).rounded(.up))) - 1]
            let found = try #require(histogram.percentile(share))
            #expect(abs(found - exact) <= exact / 32, "seed \(seed), \(share): \(found) for \(exact)")
        }
    }

    @Test func `merged parts are the whole`() {
        var random = SplitMix64(seed: 7)
        var (whole, left, right) = (SpanHistogram(), SpanHistogram(), SpanHistogram())
        for index in 0..<1000 {
            let span = Int64(random.number(0...(1 << random.number(0...20))))
            whole.add(seconds: span)
            if index % 3 == 0 { left.add(seconds: span) } else { right.add(seconds: span) }
        }
        left.merge(right)
        #expect(left == whole)
        #expect(whole.counts(between: [10, 100, 10_000]).reduce(0, +) == 1000)
    }

    @Test func `nothing, nonsense and the greatest spans are no trouble`() {
        var histogram = SpanHistogram()
        #expect(histogram.percentile(0.5) == nil)
        #expect(histogram.counts(between: [5]) == [0, 0])
        for span in [Int64.min, -1, 0, .max] { histogram.add(seconds: span) }
        #expect(histogram.count == 4)
        #expect(histogram.percentile(0.5) == 0)
        #expect(histogram.counts(between: [1]) == [3, 1])
    }
}
