import Charts

/// Renders a report as one self-contained HTML page: what matters most first, every chart with its numbers.
///
/// The page needs no script and fetches nothing; the same model gives the same bytes.
package enum ReportPage {
    /// Most goals a chart shows; the table of all goals follows it.
    package static let goalsCharted = 15
    /// Most goals for which the table of all goals starts unfolded.
    static let goalsUnfolded = 25

    /// The page's UTF-8.
    package static func render(_ model: ReportModel) -> [UInt8] {
        HTMLPage.render(title: model.title) { page in
            writeHead(model, to: &page)
            if let whatIf = model.whatIf { WhatIfSection(whatIf: whatIf).write(into: &page) }
            if let difference = model.difference {
                DifferenceSection(difference: difference).write(into: &page)
            }
            ActivitySection(days: model.days).write(into: &page)
            GoalSection(goals: model.goals).write(into: &page)
            SpanSection(goals: model.goals).write(into: &page)
            GoalTable(goals: model.goals).write(into: &page)
            writeNotes(model, to: &page)
        }
    }

    private static func writeHead(_ model: ReportModel, to page: inout Markup) {
        page.element("header") { page in
            page.element(
                "p",
                ["class": "kicker"],
                text: model.whatIf == nil ? "Goalpost replay" : "Goalpost what-if"
            )
            page.element("h1", text: model.title)
            page.element("p", ["class": "lead"], text: model.subtitle)
            if let partial = model.partial {
                page.element("p", ["class": "banner", "role": "note"]) { page in
                    page.element("strong", text: "Partial result.")
                    page.text(partial)
                }
            }
            let total = model.goals.map(\.funnel).reduce(GoalFunnel(), +)
            HTMLPage.writeNumbers(
                [
                    ("Players", NumberText.grouped(model.players), ""),
                    ("Records folded", NumberText.grouped(model.records), ""),
                    (
                        "Goals completed", NumberText.grouped(total.completed),
                        Self.share(total.completed, of: total.started, "of those started")
                    ),
                    (
                        "Rewards claimed", NumberText.grouped(total.claimed),
                        Self.share(total.claimed, of: total.completed, "of those completed")
                    ),
                ],
                to: &page
            )
        }
        page.newLine()
    }

    private static func share(_ part: Int64, of whole: Int64, _ words: String) -> String {
        whole > 0 ? NumberText.percent(part, of: whole) + " " + words : ""
    }

    private static func writeNotes(_ model: ReportModel, to page: inout Markup) {
        page.element("section") { page in
            page.element("h2", text: "How this was made")
            if !model.notes.isEmpty {
                page.element("ul", ["class": "notes"]) { page in
                    for note in model.notes {
                        page.element("li", text: note)
                        page.newLine()
                    }
                }
            }
            HTMLPage.writeFacts(model.facts.map { ($0.label, $0.value) }, to: &page)
        }
        page.element("footer") { page in
            page.element("p", text: "All days and times are UTC. The page needs no network and no script.")
            page.element(
                "p",
                ["class": "onpaper"],
                text: "Tables that are folded on the screen are not printed; unfold them before printing."
            )
        }
        page.newLine()
    }
}
