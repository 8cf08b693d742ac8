import Charts

/// How long it takes from a goal's assignment to its completion.
struct SpanSection {
    private static let minute: Int64 = 60
    private static let hour: Int64 = 3600
    private static let day: Int64 = 86_400
    /// Where the chart's buckets begin, in seconds, with their labels.
    private static let bounds: [(seconds: Int64, label: String)] = [
        (0, "0"), (minute, "1 min"), (10 * minute, "10 min"), (hour, "1 h"), (3 * hour, "3 h"),
        (6 * hour, "6 h"),
        (12 * hour, "12 h"), (day, "1 d"), (2 * day, "2 d"), (4 * day, "4 d"), (7 * day, "7 d"),
        (14 * day, "14 d"),
        (30 * day, "30 d"), (60 * day, "60 d"), (120 * day, "120 d"), (365 * day, "1 y"),
    ]

    let goals: [GoalReport]

    func write(into page: inout Markup) {
        var all = SpanHistogram()
        for goal in goals { all.merge(goal.times) }
        guard let median = all.percentile(0.5), let ninth = all.percentile(0.9) else { return }
        page.element("section") { page in
            page.element("h2", text: "Time to complete")
            page.element(
                "p",
                text:
                    "Half of all completions came within \(NumberText.span(Double(median))) of the assignment, "
                    + "nine of ten within \(NumberText.span(Double(ninth)))."
            )
            page.element("div", ["class": "charts plotted"]) { page in
                writeHistogram(all, to: &page)
            }
        }
        page.newLine()
    }

    private func writeHistogram(_ all: SpanHistogram, to page: inout Markup) {
        let counts = all.counts(between: Self.bounds.dropFirst().map(\.seconds))
        let buckets = Self.bounds.indices.map { index in
            let bound = Self.bounds[index]
            let range =
                index + 1 < Self.bounds.count
                ? "\(bound.label) to \(Self.bounds[index + 1].label)" : "\(bound.label) and more"
            return HistogramChart.Bucket(label: bound.label, range: range, count: counts[index])
        }
        let first = counts.firstIndex { $0 > 0 } ?? 0
        let last = counts.lastIndex { $0 > 0 } ?? 0
        let shown = Array(buckets[first...last])
        HistogramChart(
            figure: Figure(
                id: "spans",
                heading: "From assignment to completion, all goals",
                summary: "Each column begins at the time below it and ends where the next begins; "
                    + "columns further right span more time.",
                table: DataTable(
                    caption: "From assignment to completion, all goals",
                    heads: ["Time", "Completions", "Share"],
                    rows: shown.map { bucket in
                        [
                            .text(bucket.range), .number(NumberText.grouped(bucket.count)),
                            .number(NumberText.percent(bucket.count, of: all.count)),
                        ]
                    }
                )
            ),
            buckets: shown,
            unit: "completions"
        ).write(into: &page)
    }
}
