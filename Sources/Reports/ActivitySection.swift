import Charts
import Goals

/// Completions, starts and claims over time.
struct ActivitySection {
    let days: [DayTotals]

    func write(into page: inout Markup) {
        page.element("section") { page in
            page.element("h2", text: "Over time")
            let time = TimeBuckets(days)
            guard let busiest = time.buckets.max(by: { $0.completed < $1.completed }) else {
                page.element("p", text: "Nothing was started, completed or claimed in this span.")
                return
            }
            // Else the last week's drop would read as one of the players.
            let edges =
                time.width == 1
                ? "" : " The first and the last \(time.unit) may be cut short by the span's ends."
            let most =
                busiest.completed == 0
                ? "Nothing was completed."
                : "Most completions: \(NumberText.grouped(busiest.completed)), \(time.name(busiest))."
            page.element("div", ["class": "charts plotted"]) { page in
                AreaChart(
                    id: "over-time",
                    heading: "Goals completed a \(time.unit)",
                    summary: most + edges,
                    labels: time.buckets.map(time.label),
                    names: time.buckets.map(time.name),
                    series: [
                        AreaChart.Series(.step3, name: "completed", counts: time.buckets.map(\.completed)),
                        AreaChart.Series(.step4, name: "claimed", counts: time.buckets.map(\.claimed)),
                        AreaChart.Series(.aside, name: "started", counts: time.buckets.map(\.started)),
                    ],
                    unit: "goals a \(time.unit)"
                ).write(into: &page)
            }
        }
        page.newLine()
    }
}
