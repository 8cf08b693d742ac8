import LoadTest
import Testing

@Suite struct LoadReportTests {
    private static func summary(seconds: Int) -> LoadTestSummary {
        let tally = Tally()
        for second in 0..<Int64(seconds) {
            for kind in RequestKind.allCases {
                let intended = second * 1_000_000_000
                tally.record(
                    Arrival(intended: intended, kind: kind),
                    second % 7 == 3 ? .timedOut : .answered,
                    sentAt: intended,
                    now: intended + 1_000_000 * Int64(kind.rawValue + 1)
                )
            }
        }
        tally.roll(to: Int64(seconds) * 1_000_000_000)
        var summary = LoadTestSummary(
            api: tally.total(events: false),
            events: tally.total(events: true),
            kinds: tally.kinds,
            apiSeconds: tally.seconds(events: false),
            eventSeconds: tally.seconds(events: true)
        )
        var measured = Measured()
        (measured.apiP95, measured.count, measured.failures) = (250, 100, 3)
        measured.largeScans = 1
        measured.largeScanNames = "<script>"
        summary.thresholds = measured.thresholds
        summary.problems = ["a & b"]
        for second in 0..<seconds {
            var sample = MonitorSample()
            sample.second = Double(second)
            sample.processes["generator"] = ProcessFigures()
            sample.database = DatabaseFigures()
            summary.samples.append(sample)
        }
        return summary
    }

    @Test(arguments: [1, 60, 119, 120, 121, 1_800])
    func `the page has every chart and threshold, and needs nothing else`(seconds: Int) throws {
        let summary = Self.summary(seconds: seconds)
        let page = String(decoding: LoadReport.render(summary), as: UTF8.self)
        for id in ["finished", "api-latency", "event-latency", "age", "cpu", "memory", "disk", "lag"] {
            #expect(page.contains("id=\"\(id)\""), "\(id)")
        }
        for threshold in summary.thresholds { #expect(page.contains(threshold.name)) }
        #expect(page.contains("not met") && page.contains("a &amp; b"))
        #expect(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"))
        #expect(page.utf8.count < 2_000_000)
    }

    @Test func `a summary is read back as it was written`() throws {
        let summary = Self.summary(seconds: 3)
        let read = try LoadTestSummary(json: summary.json())
        #expect(try read.json() == summary.json())
        #expect(read.kinds == summary.kinds && read.thresholds == summary.thresholds)
    }

    @Test func `the terminal's table says what is met`() {
        let lines = LoadTestTable.lines(Self.summary(seconds: 10))
        #expect(lines.contains { $0.contains("API requests, 95th percentile") && $0.contains("NOT MET") })
        #expect(lines.contains { $0.contains("checks passed") && $0.contains("not measured") })
    }
}
