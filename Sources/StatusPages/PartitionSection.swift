import Charts
import StatusReport

/// How far each partition is, and how evenly the rows lie.
struct PartitionSection {
    /// Most partitions a chart shows, those furthest behind or largest; the table has all.
    private static let charted = 32

    let fold: FoldStatus

    func write(into page: inout Markup) {
        page.element("section") { page in
            page.element("h2", text: "Partitions")
            page.element("p", text: "The watermarks are those of \(StatusJSON.text(fold.asOf)).")
            page.element("div", ["class": "charts"]) { page in
                writeLag(to: &page)
                if fold.partitions.contains(where: { $0.rows != nil }) { writeRows(to: &page) }
            }
            page.element("details", ["class": "data"]) { page in
                page.element("summary", text: "Show all partitions")
                table.write(into: &page)
            }
        }
        page.newLine()
    }

    private func writeLag(to page: inout Markup) {
        let behind = fold.partitions.sorted { ($1.lagRecords, $0.partition) < ($0.lagRecords, $1.partition) }
        let summary =
            fold.lagRecords == 0
            ? "Every record is folded."
            : "The one furthest behind lacks \(StatusPage.grouped(fold.lagRecords)) records; the oldest of them is "
                + "\(NumberText.span(fold.lagSeconds)) old."
        BarChart(
            figure: Figure(id: "lag", heading: "Records not folded", summary: summary),
            bars: behind.prefix(Self.charted).map { partition in
                BarChart.Bar(
                    label: "Partition \(partition.partition)",
                    amount: Double(partition.lagRecords),
                    value: StatusPage.grouped(partition.lagRecords)
                )
            },
            unit: "records"
        ).write(into: &page)
    }

    private func writeRows(to page: inout Markup) {
        let rows = fold.partitions.map { ($0.partition, $0.rows ?? 0) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
        let total = rows.reduce(0) { $0 + $1.1 }
        let mean = Double(total) / Double(max(rows.count, 1))
        let skew = mean > 0 ? Double(rows.first?.1 ?? 0) / mean : 1
        BarChart(
            figure: Figure(
                id: "rows",
                heading: "Rows",
                summary:
                    "\(StatusPage.grouped(total)) rows as PostgreSQL estimates them; the largest partition has "
                    + "\(NumberText.decimal(skew, places: 2)) times the mean."
            ),
            bars: rows.prefix(Self.charted).map { partition, rows in
                BarChart.Bar(
                    label: "Partition \(partition)",
                    amount: Double(rows),
                    value: StatusPage.grouped(rows)
                )
            },
            unit: "rows"
        ).write(into: &page)
    }

    private var table: DataTable {
        DataTable(
            caption: "Partitions",
            heads: ["Partition", "Watermark", "Not folded", "Changes", "Rows", "Bytes", "Last fold"],
            rows: fold.partitions.map { partition in
                [
                    .text("\(partition.partition)"), .number(StatusPage.grouped(partition.watermark)),
                    .number(StatusPage.grouped(partition.lagRecords)),
                    .number(StatusPage.grouped(partition.sequence)),
                    .number(partition.rows.map(StatusPage.grouped) ?? "–"),
                    .number(partition.bytes.map(StatusPage.bytes) ?? "–"),
                    .text(partition.foldedAt.map(StatusJSON.text) ?? "never"),
                ]
            }
        )
    }
}
