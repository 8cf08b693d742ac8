import LoadTest
import Testing

@Suite struct ThresholdTests {
    private static func good() -> Measured {
        var measured = Measured()
        (measured.apiP95, measured.eventP95) = (9.5, 3.25)
        (measured.count, measured.failures) = (100_000, 0)
        (measured.checksPassed, measured.checksFailed) = (200_000, 0)
        (measured.lagMax, measured.lagLimit) = (61.5, 70)
        (measured.recordsMissing, measured.jobFailures, measured.largeScans) = (0, 0, 0)
        measured.serversEndedBadly = 0
        return measured
    }

    private static func unmet(_ measured: Measured) -> Set<String> {
        Set(measured.thresholds.filter { $0.isMet == false }.map { "\($0.source) \($0.name)" })
    }

    @Test func `a good test meets all of them`() {
        #expect(Self.good().thresholds.allSatisfy { $0.isMet == true })
    }

    @Test func `each is broken by its own figure`() {
        func changed(_ change: (inout Measured) -> Void) -> Set<String> {
            var measured = Self.good()
            change(&measured)
            return Self.unmet(measured)
        }
        #expect(changed { $0.apiP95 = 200 } == ["objective API requests, 95th percentile"])
        #expect(
            changed { $0.apiP95 = 2_000 }
                == ["objective API requests, 95th percentile", "seed API requests, 95th percentile"]
        )
        #expect(changed { $0.eventP95 = 50 } == ["objective events, 95th percentile"])
        #expect(changed { $0.failures = 1 } == ["objective failures"])
        #expect(changed { $0.failures = 1_000 } == ["objective failures", "seed failures"])
        #expect(changed { $0.checksFailed = 1 } == ["objective checks failed"])
        #expect(changed { $0.lagMax = 70.5 } == ["objective event to visible, longest"])
        #expect(changed { $0.recordsMissing = 1 } == ["objective acknowledged records missing in the log"])
        #expect(changed { $0.jobFailures = 1 } == ["objective runs of jobs that failed"])
        #expect(changed { $0.serversEndedBadly = 1 } == ["objective servers that ended badly"])
        #expect(changed { $0.largeScans = 2 } == ["objective sequential scans of large tables"])
    }

    @Test func `what was not measured is neither met nor not`() {
        let thresholds = Measured().thresholds
        #expect(thresholds.filter { $0.value == nil }.allSatisfy { $0.isMet == nil })
        #expect(thresholds.first { $0.name == "checks passed" }?.isMet == nil)
    }

    @Test func `what a test of its own servers could not measure is not met`() {
        var measured = Self.good()
        measured.isOwn = true
        #expect(measured.thresholds.allSatisfy { $0.isMet == true })
        (measured.recordsMissing, measured.jobFailures, measured.largeScans) = (nil, nil, nil)
        (measured.lagMax, measured.serversEndedBadly, measured.eventP95) = (nil, nil, nil)
        #expect(
            Self.unmet(measured) == [
                "objective acknowledged records missing in the log", "objective runs of jobs that failed",
                "objective sequential scans of large tables", "objective event to visible, longest",
                "objective servers that ended badly", "objective events, 95th percentile",
                "seed events, 95th percentile",
            ]
        )
        // Nobody asked for events.
        measured.sendsEvents = false
        #expect(!Self.unmet(measured).contains { $0.hasSuffix("events, 95th percentile") })
        measured.isOwn = false
        #expect(Self.unmet(measured).isEmpty)
    }

    @Test func `no number is no success`() {
        #expect(Threshold(.seed, "x", value: .nan, limit: 5, unit: "ms").isMet == false)
        #expect(Threshold(.seed, "x", value: .infinity, limit: 5, unit: "%", isLeast: true).isMet == false)
    }
}
