/// One thing that is asked of a test, and whether it was so.
package struct Threshold: Sendable, Codable, Equatable {
    /// Whose it is.
    package enum Source: String, Sendable, Codable {
        /// The load test of the service that this one stands in for.
        case seed
        /// What that service's operators aim for, and this house promises.
        case objective
    }

    package let source: Source
    package let name: String
    /// What was measured, nil where this test could not measure it.
    package let value: Double?
    package let limit: Double
    package let unit: String
    /// Whether the value has to stay at or above the limit; else below it, or at it where that is 0.
    package let isLeast: Bool
    /// What the value stands for in particular, such as the tables that were scanned.
    package let remark: String

    package init(
        _ source: Source,
        _ name: String,
        value: Double?,
        limit: Double,
        unit: String,
        isLeast: Bool = false,
        remark: String = ""
    ) {
        self.source = source
        self.name = name
        self.value = value
        self.limit = limit
        self.unit = unit
        self.isLeast = isLeast
        self.remark = remark
    }

    /// Nil where it could not be measured, which is neither.
    package var isMet: Bool? {
        value.map { value in
            guard value.isFinite else { return false }
            return isLeast ? value > limit : limit == 0 ? value == 0 : value < limit
        }
    }
}

/// What the thresholds are judged by.
package struct Measured: Sendable {
    /// Milliseconds; nil where nothing of the sort was sent.
    package var apiP95: Double?
    package var eventP95: Double?
    package var count = 0
    package var failures = 0
    package var checksPassed = 0
    package var checksFailed = 0
    /// The longest time from an event's acknowledgement to its being seen, in seconds.
    package var lagMax: Double?
    /// The time from the begin of one cycle to the next and the longest cycle, in seconds.
    package var lagLimit: Double?
    /// Records acknowledged that the log does not have.
    package var recordsMissing: Int?
    package var jobFailures: Int?
    /// Sequential scans of large tables during the load, with their names.
    package var largeScans: Int?
    package var largeScanNames = ""

    package init() {}

    /// All thresholds in the order of the table.
    package var thresholds: [Threshold] {
        let share = count == 0 ? nil : Double(failures) / Double(count) * 100
        let checks = checksPassed + checksFailed
        let passed = checks == 0 ? nil : Double(checksPassed) / Double(checks) * 100
        return [
            Threshold(.seed, "API requests, 95th percentile", value: apiP95, limit: 2_000, unit: "ms"),
            Threshold(.seed, "events, 95th percentile", value: eventP95, limit: 500, unit: "ms"),
            Threshold(.seed, "failures", value: share, limit: 1, unit: "%"),
            Threshold(.seed, "checks passed", value: passed, limit: 99, unit: "%", isLeast: true),
            Threshold(.objective, "API requests, 95th percentile", value: apiP95, limit: 200, unit: "ms"),
            Threshold(.objective, "events, 95th percentile", value: eventP95, limit: 50, unit: "ms"),
            Threshold(
                .objective,
                "event to visible, longest",
                value: lagMax,
                limit: lagLimit ?? 0,
                unit: "s",
                remark: lagLimit == nil ? "" : "a cycle and its duration"
            ),
            Threshold(.objective, "failures", value: Double(failures), limit: 0, unit: ""),
            Threshold(.objective, "checks failed", value: Double(checksFailed), limit: 0, unit: ""),
            Threshold(
                .objective,
                "acknowledged records missing in the log",
                value: recordsMissing.map(Double.init),
                limit: 0,
                unit: ""
            ),
            Threshold(
                .objective,
                "runs of jobs that failed",
                value: jobFailures.map(Double.init),
                limit: 0,
                unit: ""
            ),
            Threshold(
                .objective,
                "sequential scans of large tables",
                value: largeScans.map(Double.init),
                limit: 0,
                unit: "",
                remark: largeScanNames
            ),
        ]
    }
}
