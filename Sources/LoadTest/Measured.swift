/// What the thresholds are judged by.
package struct Measured: Sendable {
    /// Whether the test runs the servers itself: then what could not be measured is not met either.
    package var isOwn = false
    /// Whether players' requests and events were to be sent at all.
    package var sendsRequests = true
    package var sendsEvents = true
    /// Milliseconds; nil where nothing of the sort was answered.
    package var apiP95: Double?
    package var eventP95: Double?
    /// Requests, events and what the probe sent, and how many of them failed.
    package var count = 0
    package var failures = 0
    /// Of the failures, those of the probe.
    package var probeFailures = 0
    package var checksPassed = 0
    package var checksFailed = 0
    /// The longest time from an event's acknowledgement to its being seen, in seconds; nil where none was.
    package var lagMax: Double?
    /// The time from the begin of one cycle to the next and the longest cycle, in seconds.
    package var lagLimit: Double?
    /// Records acknowledged that the log does not have.
    package var recordsMissing: Int?
    package var jobFailures: Int?
    /// Servers of the test's own that ended by themselves, by a signal or with another status than 0.
    package var serversEndedBadly: Int?
    /// Sequential scans of large tables during the load, with their names.
    package var largeScans: Int?
    package var largeScanNames = ""

    package init() {}

    /// All thresholds in the order of the table.
    package var thresholds: [Threshold] {
        let share = count == 0 ? nil : Double(failures) / Double(count) * 100
        let checks = checksPassed + checksFailed
        let passed = checks == 0 ? nil : Double(checksPassed) / Double(checks) * 100
        let (needsAPI, needsEvents) = (isOwn && sendsRequests, isOwn && sendsEvents)
        func none(_ name: String, _ count: Int?, remark: String = "") -> Threshold {
            let value = count.map(Double.init)
            return Threshold(
                .objective,
                name,
                value: value,
                limit: 0,
                unit: "",
                remark: remark,
                isNeeded: isOwn
            )
        }
        let (api, events) = ("API requests, 95th percentile", "events, 95th percentile")
        return [
            Threshold(.seed, api, value: apiP95, limit: 2_000, unit: "ms", isNeeded: needsAPI),
            Threshold(.seed, events, value: eventP95, limit: 500, unit: "ms", isNeeded: needsEvents),
            Threshold(.seed, "failures", value: share, limit: 1, unit: "%", isNeeded: isOwn),
            Threshold(
                .seed,
                "checks passed",
                value: passed,
                limit: 99,
                unit: "%",
                isLeast: true,
                isNeeded: isOwn
            ),
            Threshold(.objective, api, value: apiP95, limit: 200, unit: "ms", isNeeded: needsAPI),
            Threshold(.objective, events, value: eventP95, limit: 50, unit: "ms", isNeeded: needsEvents),
            Threshold(
                .objective,
                "event to visible, longest",
                value: lagMax,
                limit: lagLimit ?? 0,
                unit: "s",
                remark: lagLimit == nil ? "" : "a cycle and its duration",
                isNeeded: isOwn
            ),
            none(
                "failures",
                failures,
                remark: probeFailures == 0 ? "" : "\(probeFailures) of them the probe's"
            ),
            none("checks failed", checksFailed),
            none("acknowledged records missing in the log", recordsMissing),
            none("runs of jobs that failed", jobFailures),
            none("servers that ended badly", serversEndedBadly),
            none("sequential scans of large tables", largeScans, remark: largeScanNames),
        ]
    }
}
