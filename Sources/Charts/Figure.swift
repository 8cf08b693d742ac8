/// The frame of every chart: a heading, a sentence, the drawing, and its numbers as a table that folds out.
package struct Figure: Sendable {
    /// One colour of the drawing and what it stands for.
    package struct Key: Sendable {
        /// The style sheet's class of that colour.
        let colour: String
        let label: String

        package init(_ colour: Colour, _ label: String) {
            self.colour = colour.rawValue
            self.label = label
        }
    }

    /// The style sheet's colours; they change for dark screens and for paper.
    package enum Colour: String, Sendable {
        /// Four steps of one hue, faint to strong.
        case step1 = "s1"
        case step2 = "s2"
        case step3 = "s3"
        case step4 = "s4"
        /// More than before, and less; told apart without red and green.
        case gain, loss
        /// What is there for comparison.
        case aside
    }

    /// Unique on the page; ASCII letters, digits and hyphens.
    let id: String
    let heading: String
    /// What to see in it, or how to read it; shown, and read to those who cannot see the drawing.
    let summary: String
    let keys: [Key]
    let table: DataTable?

    package init(id: String, heading: String, summary: String, keys: [Key] = [], table: DataTable? = nil) {
        self.id = id
        self.heading = heading
        self.summary = summary
        self.keys = keys
        self.table = table
    }

    /// Writes the frame with the drawing that `body` writes.
    func write(into page: inout Markup, _ body: (inout Markup) -> Void) {
        page.element("figure", ["class": "chart", "id": id, "aria-labelledby": id + "-h"]) { page in
            page.element("figcaption") { page in
                page.element("h3", ["id": id + "-h"], text: heading)
                if !summary.isEmpty { page.element("p", text: summary) }
                if !keys.isEmpty { writeKeys(into: &page) }
            }
            page.newLine()
            body(&page)
            if let table {
                page.element("details", ["class": "data"]) { page in
                    page.element("summary", text: "Show the numbers")
                    table.write(into: &page)
                }
            }
        }
        page.newLine()
    }

    /// Writes an upright drawing: the numbers of its value axis, and beside them the plot that `body` draws, as
    /// wide as there is room.
    func writeUpright(to page: inout Markup, grid: ValueGrid, unit: String, _ body: (inout Markup) -> Void) {
        let height = String(grid.top + grid.height + ColumnAxis.height)
        page.element("div", ["class": "upright"]) { page in
            page.element("svg", ["class": "scale", "height": height, "aria-hidden": "true"]) { svg in
                grid.writeNumbers(to: &svg, unit: unit)
            }
            page.element(
                "svg",
                ["class": "plot", "height": height, "role": "img", "aria-labelledby": id + "-t " + id + "-d"]
            ) { svg in
                svg.element("title", ["id": id + "-t"], text: heading)
                svg.element("desc", ["id": id + "-d"], text: summary)
                svg.newLine()
                grid.writeLines(to: &svg)
                body(&svg)
            }
        }
        page.newLine()
    }

    private func writeKeys(into page: inout Markup) {
        page.element("ul", ["class": "keys"]) { page in
            for key in keys {
                page.element("li") { page in
                    page.element("svg", ["width": "12", "height": "12", "aria-hidden": "true"]) { svg in
                        svg.leaf("rect", ["width": "12", "height": "12", "rx": "2", "class": key.colour])
                    }
                    page.text(key.label)
                }
            }
        }
    }
}
