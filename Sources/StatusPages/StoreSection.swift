import Charts
import Foundation
import StatusReport

/// What the store holds for players, and how large the answers are.
struct StoreSection {
    let view: StatusView

    func write(into page: inout Markup) {
        guard let store = view.store else { return }
        page.element("section") { page in
            page.element("h2", text: "Published answers")
            if !store.templates.isEmpty {
                page.element("div", ["class": "charts"]) { page in
                    BarChart(
                        figure: Figure(
                            id: "templates",
                            heading: "Templates",
                            summary:
                                "The answer for a player without events; what others get is stored as its "
                                + "difference from that."
                        ),
                        bars: store.templates.map { template in
                            BarChart.Bar(
                                label: template.kind,
                                amount: Double(template.bytes),
                                value: StatusPage.grouped(UInt64(template.bytes)) + " bytes"
                            )
                        },
                        unit: "bytes"
                    ).write(into: &page)
                }
            }
            HTMLPage.writeFacts(facts(store), to: &page)
        }
        page.newLine()
    }

    private func facts(_ store: ShownStore) -> [(label: String, value: String)] {
        var facts: [(label: String, value: String)] = [
            ("Answers for", store.day), ("Published", StatusJSON.text(store.publishedAt)),
            ("Log included", "up to offset \(StatusPage.grouped(store.offset))"),
            (
                "Store",
                "\(StatusPage.bytes(UInt64(store.usedBytes))) used of a map of \(StatusPage.bytes(UInt64(store.mapBytes)))"
            ), ("Reader slots taken", StatusPage.grouped(UInt64(store.readerSlots))),
        ]
        if store.players > 0 {
            facts.append(("A player takes", StatusPage.bytes(UInt64(store.usedBytes / store.players))))
        }
        for template in store.templates { facts.append(("Template \(template.kind)", template.id)) }
        return facts
    }
}
