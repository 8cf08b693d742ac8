import LoadTest
import TestKit
import Testing

@Suite struct LatencyBookTests {
    @Test func `percentiles are those of the sorted values, to a thousandth`() {
        var book = LatencyBook()
        var random = SplitMix64(seed: 11)
        var values: [Int64] = []
        for _ in 0..<20_000 {
            let value = Int64.random(in: 50_000...3_000_000_000, using: &random)
            values.append(value)
            book.record(value)
        }
        values.sort()
        let summary = book.summary
        #expect(summary.count == 20_000)
        for (percent, found) in [
            (50.0, summary.p50), (95, summary.p95), (99, summary.p99), (99.9, summary.p999),
        ] {
            let exact = Double(values[Int((percent / 100 * 20_000).rounded(.up)) - 1]) / 1e6
            #expect(abs(found - exact) <= exact * 0.0015, "p\(percent): \(found), exact \(exact)")
        }
        #expect(abs(summary.max - Double(values[19_999]) / 1e6) <= summary.max * 0.0015)
    }

    @Test func `nothing recorded is zeros, and what is too long counts as the longest`() {
        var book = LatencyBook()
        #expect(book.summary.p99 == 0 && book.summary.mean == 0 && book.summary.count == 0)
        book.record(-5)
        book.record(.max)
        #expect(book.summary.count == 2 && book.summary.max >= 599_000)
        var other = LatencyBook()
        other.record(1_000_000)
        other.add(book)
        #expect(other.summary.count == 3)
        other.reset()
        #expect(other.summary.count == 0)
    }
}
