import Front
import Testing

@Suite struct RequestMetricsTests {
    @Test func `a time falls into the bucket whose end it does not pass`() {
        var metrics = RequestMetrics()
        for time in [0, 10_000, 10_001, 1_000_000_000, 1_000_000_001, 99_000_000_000] as [Int64] {
            metrics.count(.template, .gzip, status: 200, nanoseconds: time, bodyBytes: 5)
        }
        let counts = metrics.cumulative(.template)
        #expect(counts.count == RequestMetrics.bucketNanoseconds.count + 1)
        #expect(counts.first == 2)
        #expect(counts[1] == 3)
        #expect(counts.dropLast().last == 4)
        #expect(counts.last == 6)
        #expect(metrics.duration(.template) == 101_000_020_002)
        #expect(metrics.bodyBytes == 30)
        #expect(metrics.cumulative(.initialize).last == 0)
    }

    @Test func `every label has its own counter, and an unknown status the last`() {
        var metrics = RequestMetrics()
        for route in RequestMetrics.RouteLabel.allCases {
            for coding in AnswerNegotiation.Coding.allCases {
                for status in RequestMetrics.statuses + [418] {
                    metrics.count(route, coding, status: status, nanoseconds: 1, bodyBytes: 0)
                }
            }
        }
        for route in RequestMetrics.RouteLabel.allCases {
            for coding in AnswerNegotiation.Coding.allCases {
                for status in RequestMetrics.statuses {
                    #expect(metrics.requests(route, coding, status: status) == 1)
                }
                #expect(metrics.otherRequests(route, coding) == 1)
            }
        }
    }

    @Test func `sums are sums`() {
        var (one, other) = (RequestMetrics(), RequestMetrics())
        one.count(.health, .identity, status: 200, nanoseconds: 7, bodyBytes: 1)
        one.countConnection()
        other.count(.health, .identity, status: 200, nanoseconds: 8, bodyBytes: 2)
        other.count(.write)
        other.countConnection()
        one.add(other)
        #expect(one.requests(.health, .identity, status: 200) == 2)
        #expect(one.duration(.health) == 15)
        #expect(one.bodyBytes == 3)
        #expect(one.connections == 2)
        #expect(one.closings(.write) == 1)
    }
}
