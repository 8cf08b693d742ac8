/// The numbers behind a chart, or any table of a page: a head and rows, wide ones scroll in their own box.
package struct DataTable: Sendable {
    /// One cell: names and words read from the left, numbers are set flush right in figures of one width.
    package enum Cell: Sendable, Equatable {
        /// Text of the program.
        case text(String)
        /// Text that players or the game chose.
        case name(String)
        /// A number, already as the page shows it.
        case number(String)
    }

    package let caption: String
    /// Column heads; the columns of numbers are those whose first row is a number.
    package let heads: [String]
    package let rows: [[Cell]]

    package init(caption: String, heads: [String], rows: [[Cell]]) {
        self.caption = caption
        self.heads = heads
        self.rows = rows
    }

    /// Writes the table in its scrolling box, reachable by keyboard.
    package func write(into page: inout Markup) {
        page.element("div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption]) {
            page in
            page.element("table") { page in
                page.element("caption", text: caption)
                page.element("thead") { page in
                    page.element("tr") { page in
                        for (column, head) in heads.enumerated() {
                            page.element(
                                "th",
                                ["scope": "col", "class": isNumber(column) ? "n" : "t"],
                                text: head
                            )
                        }
                    }
                }
                page.newLine()
                page.element("tbody") { page in
                    for row in rows {
                        page.element("tr") { page in
                            for (column, cell) in row.enumerated() {
                                Self.write(cell, isHead: column == 0, to: &page)
                            }
                        }
                        page.newLine()
                    }
                }
            }
        }
        page.newLine()
    }

    private func isNumber(_ column: Int) -> Bool {
        guard let row = rows.first, row.indices.contains(column) else { return false }
        if case .number = row[column] { return true }
        return false
    }

    private static func write(_ cell: Cell, isHead: Bool, to page: inout Markup) {
        switch cell {
        case .text(let text) where isHead: page.element("th", ["scope": "row"], text: text)
        case .name(let text) where isHead: page.element("th", ["scope": "row"]) { $0.name(text) }
        case .text(let text): page.element("td", text: text)
        case .name(let text): page.element("td", ["class": "w"]) { $0.name(text) }
        case .number(let text): page.element("td", ["class": "n"], text: text)
        }
    }
}
