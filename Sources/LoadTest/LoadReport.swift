import Charts

/// Renders a load test as one self-contained page: what was asked for first, then charts over time.
package enum LoadReport {
    /// The page's UTF-8.
    package static func render(_ summary: LoadTestSummary) -> [UInt8] {
        HTMLPage.render(title: "Goalpost load test") { page in
            writeHead(summary, to: &page)
            page.element("section") { page in
                page.element("h2", text: "Thresholds")
                thresholds(summary).write(into: &page)
            }
            page.element("section") { page in
                page.element("h2", text: "Latencies")
                page.element(
                    "p",
                    text:
                        "From the moment a request was due, whether or not it could be sent then, to its whole answer."
                )
                latencies(summary).write(into: &page)
            }
            page.element("section") { page in
                page.element("h2", text: "Over time")
                page.element("div", ["class": "charts plotted"]) { page in
                    for chart in LoadCharts(summary).charts { chart.write(into: &page) }
                }
            }
            writeFacts(summary, to: &page)
        }
    }

    private static func writeHead(_ summary: LoadTestSummary, to page: inout Markup) {
        let settings = summary.settings
        page.element("header") { page in
            page.element("p", ["class": "kicker"], text: "Goalpost load test")
            page.element(
                "h1",
                text:
                    "\(decimal(settings.requestsPerSecond)) requests/s and \(decimal(settings.eventsPerSecond)) events/s"
            )
            let linger = settings.lingerMilliseconds
            let lingered = linger == 0 ? "" : ", each of which waits up to \(linger) ms for others"
            page.element(
                "p",
                ["class": "lead"],
                text: "\(NumberText.span(Double(settings.durationSeconds))) from \(summary.startedAt) with "
                    + "\(NumberText.grouped(Int64(settings.players))) players and \(settings.goals) goals; events by "
                    + "\(settings.eventsWay)\(lingered), answers as \(settings.encoding)."
            )
            let unmet = summary.thresholds.filter { $0.isMet == false }.map(\.name)
            page.element("p", ["class": "banner", "role": "note"]) { page in
                page.element(
                    "strong",
                    text: summary.isMet ? "All thresholds are met." : "Not all thresholds are met."
                )
                if !unmet.isEmpty { page.text(" Not met: " + unmet.joined(separator: ", ") + ".") }
            }
            HTMLPage.writeNumbers(
                [
                    (
                        "Requests", NumberText.grouped(Int64(summary.api.count)),
                        "\(summary.api.failures) failed"
                    ),
                    (
                        "Events", NumberText.grouped(Int64(summary.events.count)),
                        "\(summary.events.failures) failed"
                    ),
                    (
                        "API p95", milliseconds(summary.api.latency.p95),
                        "p99 " + milliseconds(summary.api.latency.p99)
                    ),
                    (
                        "Event p95", milliseconds(summary.events.latency.p95),
                        "p99 " + milliseconds(summary.events.latency.p99)
                    ),
                ],
                to: &page
            )
        }
        page.newLine()
    }

    private static func thresholds(_ summary: LoadTestSummary) -> DataTable {
        DataTable(
            caption: "What was asked for",
            heads: ["Threshold", "Whose", "Measured", "Limit", "Met", "Remark"],
            rows: summary.thresholds.map { threshold in
                [
                    .text(threshold.name), .text(threshold.source.rawValue),
                    .number(threshold.value.map { unit($0, threshold.unit) } ?? "–"),
                    .number(
                        (threshold.isLeast ? "> " : threshold.limit == 0 ? "" : "< ")
                            + unit(threshold.limit, threshold.unit)
                    ),
                    .text(threshold.isMet.map { $0 ? "met" : "not met" } ?? "not measured"),
                    .name(threshold.remark),
                ]
            }
        )
    }

    private static func latencies(_ summary: LoadTestSummary) -> DataTable {
        DataTable(
            caption: "Milliseconds",
            heads: [
                "What", "Count", "Failed", "p50", "p90", "p95", "p99", "p99.9", "Longest", "p99 from sending",
            ],
            rows: (summary.kinds + [summary.api, summary.events]).map { kind in
                [
                    .text(kind.name), .number(NumberText.grouped(Int64(kind.count))),
                    .number(NumberText.grouped(Int64(kind.failures))),
                ]
                    + [
                        kind.latency.p50, kind.latency.p90, kind.latency.p95, kind.latency.p99,
                        kind.latency.p999,
                        kind.latency.max, kind.service.p99,
                    ].map { .number(decimal($0)) }
            }
        )
    }

    private static func writeFacts(_ summary: LoadTestSummary, to page: inout Markup) {
        page.element("section") { page in
            page.element("h2", text: "How this was made")
            if !summary.problems.isEmpty {
                page.element("ul", ["class": "notes"]) { page in
                    for problem in summary.problems { page.element("li", text: problem) }
                }
            }
            let machine = summary.machine
            var facts: [(label: String, value: String)] = [
                ("Program", summary.program),
                ("Machine", "\(machine.processors) × \(machine.processor), \(machine.system)"),
                ("Load average before", decimal(machine.loadAverageBefore)),
                ("Servers", summary.settings.processes + ", players by " + summary.settings.authentication),
                ("Cycle of jobs", "every \(summary.settings.cycleSeconds) s, \(summary.cycles.count) runs"),
                (
                    "Samples",
                    "\(summary.samplesChecked) answers looked at whole, \(summary.samplesSkipped) skipped"
                ),
                ("Generator at most late", milliseconds(summary.generatorLateMilliseconds)),
            ]
            if let fault = summary.firstFault { facts.append(("First fault", fault)) }
            if let visibility = summary.visibility {
                let lag = visibility.lag
                facts.append(
                    (
                        "Event to visible",
                        "p50 \(decimal(lag.p50 / 1000)) s, p95 \(decimal(lag.p95 / 1000)) s, longest \(decimal(lag.max / 1000)) s"
                    )
                )
            }
            for (name, usage) in summary.usage.sorted(by: { $0.key < $1.key }) {
                facts.append(
                    (
                        "CPU and memory of " + name,
                        "\(decimal(usage.processors)) processors, \(usage.residentBytesMax >> 20) MiB, "
                            + "\(usage.threadsMax) threads, \(usage.openFilesMax) open files at most"
                    )
                )
            }
            if let database = summary.database {
                let share = NumberText.percent(database.hotUpdates, of: database.updates)
                facts.append(
                    (
                        "PostgreSQL",
                        "\(database.sequentialScans) sequential and \(database.indexScans) index scans; \(database.updates) "
                            + "updates, \(share) of them HOT; \(database.deadRows) dead of "
                            + "\(database.deadRows + database.liveRows) rows; "
                            + "\(database.bytesBefore >> 20) MiB before, \(database.bytesAfter >> 20) MiB after"
                    )
                )
            }
            HTMLPage.writeFacts(facts, to: &page)
        }
        page.element("footer") { page in
            page.element(
                "p",
                text: "summary.json holds all figures. The page needs no network and no script."
            )
        }
        page.newLine()
    }

    static func decimal(_ value: Double) -> String { NumberText.decimal(value, places: value < 10 ? 2 : 1) }
    static func milliseconds(_ value: Double) -> String { decimal(value) + "\u{A0}ms" }
    static func unit(_ value: Double, _ unit: String) -> String {
        unit.isEmpty ? decimal(value) : decimal(value) + "\u{A0}" + unit
    }
}
