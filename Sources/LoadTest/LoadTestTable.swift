import Charts

/// The thresholds and main figures as lines for a terminal.
package enum LoadTestTable {
    package static func lines(_ summary: LoadTestSummary) -> [String] {
        [
            "\(padded("", 10))\(padded("threshold", 44))\(padded("measured", 14))\(padded("limit", 12))met"
        ] + summary.thresholds.map(line)
            + [summary.api, summary.events].filter { $0.count > 0 }.map { kind in
                let latency = kind.latency
                let percentiles = [
                    ("p50", latency.p50), ("p95", latency.p95), ("p99", latency.p99), ("p99.9", latency.p999),
                    ("longest", latency.max),
                ].map { "\($0.0) \(LoadReport.decimal($0.1))" }
                return "\(kind.name): \(NumberText.grouped(Int64(kind.count))), \(kind.failures) failed; ms "
                    + percentiles.joined(separator: ", ")
            }
            + summary.problems.map { "problem: \($0)" }
            + [summary.firstFault].compactMap(\.self).map { "first fault: \($0)" }
    }

    private static func line(_ threshold: Threshold) -> String {
        let value = threshold.value.map { LoadReport.unit($0, threshold.unit) } ?? "–"
        let limit =
            (threshold.isLeast ? "> " : threshold.limit == 0 ? "" : "< ")
            + LoadReport.unit(threshold.limit, threshold.unit)
        let met = threshold.isMet.map { $0 ? "met" : "NOT MET" } ?? "not measured"
        return padded(threshold.source.rawValue, 10) + padded(threshold.name, 44) + padded(value, 14)
            + padded(limit, 12) + met + (threshold.remark.isEmpty ? "" : "  (\(threshold.remark))")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
