/// What the charts of one line a thing have in common: label, bar and value side by side, or stacked on a phone.
///
/// Labels and values are text of the page, not of the drawing, so they wrap, shorten and read aloud by themselves.
struct RowChart {
    let scale: LinearScale
    let unit: String

    /// Writes the list of rows and the axis below it.
    func write<Row>(
        _ rows: [Row],
        to page: inout Markup,
        label: (Row) -> String,
        value: (Row) -> String,
        height: Int,
        bar: (Row, inout Markup) -> Void
    ) {
        page.element("div", ["class": "rows"]) { page in
            page.element("div", ["class": "list", "role": "list"]) { page in
                for row in rows {
                    page.element("div", ["class": "row", "role": "listitem"]) { page in
                        page.element("span", ["class": "label", "title": label(row)]) { $0.name(label(row)) }
                        page.element("span", ["class": "bar"]) { page in
                            self.drawing(to: &page, height: height) { svg in
                                svg.element("title", text: "\(label(row)): \(value(row))")
                                writeGrid(to: &svg)
                                bar(row, &svg)
                            }
                        }
                        page.element("span", ["class": "value"], text: value(row))
                    }
                    page.newLine()
                }
            }
            writeAxis(to: &page)
        }
        page.newLine()
    }

    private func drawing(to page: inout Markup, height: Int, _ body: (inout Markup) -> Void) {
        page.element("svg", ["width": "100%", "height": String(height), "role": "img"], body)
    }

    private func writeGrid(to svg: inout Markup) {
        for tick in scale.ticks {
            let place = NumberText.place(scale.share(tick))
            svg.leaf("line", ["class": "grid", "x1": place, "x2": place, "y1": "0", "y2": "100%"])
        }
    }

    /// The ticks' numbers; on a phone only the first and the last are left.
    private func writeAxis(to page: inout Markup) {
        page.element("div", ["class": "axis", "aria-hidden": "true"]) { page in
            page.element("svg", ["width": "100%", "height": "18"]) { svg in
                for (index, tick) in scale.ticks.enumerated() {
                    let isFirst = index == 0
                    let isLast = index == scale.ticks.count - 1
                    let text = NumberText.short(tick) + (isLast ? " " + unit : "")
                    // The last label is long: its neighbour would touch it.
                    if !isLast, index == scale.ticks.count - 2, index > 0 { continue }
                    svg.element(
                        "text",
                        [
                            "class": isFirst || isLast ? "tick" : "tick wide",
                            "x": NumberText.place(scale.share(tick)),
                            "y": "13", "text-anchor": isFirst ? "start" : isLast ? "end" : "middle",
                        ],
                        text: text
                    )
                }
            }
        }
    }
}
