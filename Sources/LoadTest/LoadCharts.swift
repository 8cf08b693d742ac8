import Charts

/// The curves of a load test: at most so many points as a chart has room for.
struct LoadCharts {
    private static let pointsMax = 120

    private let summary: LoadTestSummary
    /// Seconds that one point stands for.
    private let width: Int
    private let count: Int

    init(_ summary: LoadTestSummary) {
        self.summary = summary
        let seconds = max(1, summary.apiSeconds.count)
        width = (seconds + Self.pointsMax - 1) / Self.pointsMax
        count = (seconds + width - 1) / width
    }

    var charts: [AreaChart] {
        var charts = [
            chart(
                "finished",
                "Answers a second",
                "Requests and events by when they ended; failures beside them.",
                unit: "a second",
                [
                    .init(.step3, name: "events", counts: rate(summary.eventSeconds, \.finished)),
                    .init(.step4, name: "API requests", counts: rate(summary.apiSeconds, \.finished)),
                    .init(.loss, name: "failures", counts: failures),
                ]
            ),
            latency("api-latency", "API latency", summary.apiSeconds),
            latency("event-latency", "Event latency", summary.eventSeconds),
            chart(
                "age",
                "Age of what is served",
                "Seconds since the fold that answers show; it falls with every publish.",
                unit: "seconds",
                [.init(.step3, name: "seconds", counts: greatest(summary.ages.map { Int64(max(0, $0)) }))]
            ),
            processes("cpu", "CPU", "Percent of one processor.", unit: "percent") { before, after, seconds in
                Int64(((after.cpuSeconds - before.cpuSeconds) / seconds * 100).rounded())
            },
            processes("memory", "Memory", "Resident, shared pages counted in each process.", unit: "MiB") {
                _,
                after,
                _ in
                Int64(after.residentBytes >> 20)
            },
        ]
        guard summary.samples.contains(where: { $0.database != nil }) else { return charts }
        charts += [
            chart(
                "disk",
                "Disk",
                "Bytes of log, answers and tables.",
                unit: "MiB",
                [
                    .init(.step3, name: "tables", counts: sampled { ($0.database?.bytes ?? 0) >> 20 }),
                    .init(.step4, name: "log", counts: sampled { Int64($0.logBytes ?? 0) >> 20 }),
                    .init(.aside, name: "answers", counts: sampled { Int64($0.payloadBytes ?? 0) >> 20 }),
                ]
            ),
            chart(
                "lag",
                "Records folded and dead rows",
                "The least offset that is not folded yet, and rows that updates left behind.",
                unit: "records, rows",
                [
                    .init(.step3, name: "folded up to", counts: sampled { $0.database?.watermark ?? 0 }),
                    .init(.loss, name: "dead rows", counts: sampled { $0.database?.deadRows ?? 0 }),
                ]
            ),
        ]
        return charts
    }

    private var failures: [Int64] {
        zip(rate(summary.apiSeconds, \.failures), rate(summary.eventSeconds, \.failures)).map { $0 + $1 }
    }

    private func latency(_ id: String, _ heading: String, _ seconds: [Tally.Second]) -> AreaChart {
        func microseconds(_ value: (Tally.Second) -> Double) -> [Int64] {
            greatest(seconds.map { Int64((value($0) * 1000).rounded()) })
        }
        return chart(
            id,
            heading,
            "By the second in which the answer came; the worst second of each point.",
            unit: "microseconds",
            [
                .init(.step2, name: "p99", counts: microseconds { $0.p99 }),
                .init(.step3, name: "p95", counts: microseconds { $0.p95 }),
                .init(.step4, name: "p50", counts: microseconds { $0.p50 }),
            ]
        )
    }

    private func processes(
        _ id: String,
        _ heading: String,
        _ words: String,
        unit: String,
        _ value: (ProcessFigures, ProcessFigures, Double) -> Int64
    ) -> AreaChart {
        let colours: [Figure.Colour] = [.step3, .step4, .gain, .loss, .aside]
        let names = ["postgresql", "front", "ingest", "jobs", "generator"].filter { name in
            summary.samples.contains { $0.processes[name] != nil }
        }
        return chart(
            id,
            heading,
            words,
            unit: unit,
            names.enumerated().map { index, name in
                AreaChart.Series(
                    colours[index % colours.count],
                    name: name,
                    counts: (0..<count).map { point in
                        let end = at(point + 1)
                        guard let before = at(point), let end, let from = before.processes[name],
                            let to = end.processes[name], end.second > before.second
                        else { return 0 }
                        return max(0, value(from, to, end.second - before.second))
                    }
                )
            }
        )
    }

    /// The newest sample up to a point's begin.
    private func at(_ point: Int) -> MonitorSample? {
        summary.samples.last { $0.second <= Double(point * width) + 0.5 }
    }

    private func sampled(_ value: (MonitorSample) -> Int64) -> [Int64] {
        (0..<count).map { at($0 + 1).map(value) ?? 0 }
    }

    private func rate(_ seconds: [Tally.Second], _ value: (Tally.Second) -> Int) -> [Int64] {
        points(seconds.map { Int64(value($0)) }) { ($0.reduce(0, +) + Int64($0.count) / 2) / Int64($0.count) }
    }

    private func greatest(_ values: [Int64]) -> [Int64] { points(values) { $0.max() ?? 0 } }

    private func points(_ values: [Int64], _ one: (ArraySlice<Int64>) -> Int64) -> [Int64] {
        (0..<count).map { point in
            let part = values.dropFirst(point * width).prefix(width)
            return part.isEmpty ? 0 : one(part)
        }
    }

    private func chart(
        _ id: String,
        _ heading: String,
        _ words: String,
        unit: String,
        _ series: [AreaChart.Series]
    ) -> AreaChart {
        let begins = (0..<count).map { $0 * width }
        return AreaChart(
            id: id,
            heading: heading,
            summary: words,
            labels: begins.map { "\($0) s" },
            names: begins.map { width == 1 ? "second \($0)" : "seconds \($0) to \($0 + width - 1)" },
            series: series,
            unit: unit,
            rowHead: "Since the start"
        )
    }
}
