import Charts

/// How the replayed rows compare with the live tables.
struct DifferenceSection {
    let difference: DifferenceReport

    func write(into page: inout Markup) {
        page.element("section") { page in
            page.element("h2", text: "Beside the live tables")
            page.element("p", text: difference.compared)
            if difference.isSame {
                let rows = NumberText.grouped(difference.rowsCompared)
                page.element("p", text: "No difference in \(rows) rows.")
                return
            }
            HTMLPage.writeNumbers(
                [
                    (
                        "Rows that differ", NumberText.grouped(difference.rowsDifferent),
                        "in both, with other contents"
                    ),
                    (
                        "Only in the replay", NumberText.grouped(difference.rowsMissing),
                        "missing from the tables"
                    ),
                    (
                        "Only in the tables", NumberText.grouped(difference.rowsExtra),
                        "the replay has no such row"
                    ),
                    (
                        "Players with a difference", NumberText.grouped(difference.players),
                        "\(NumberText.grouped(difference.rowsCompared)) rows compared"
                    ),
                ],
                to: &page
            )
            page.element("p", text: "diff.csv lists them field by field.")
        }
        page.newLine()
    }
}
