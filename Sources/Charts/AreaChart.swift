/// Counts over time: the first series as an area, further ones as lines; a single point as dots.
package struct AreaChart: Sendable {
    package struct Series: Sendable {
        let colour: Figure.Colour
        let name: String
        /// One count a bucket of time.
        let counts: [Int64]

        package init(_ colour: Figure.Colour, name: String, counts: [Int64]) {
            self.colour = colour
            self.name = name
            self.counts = counts
        }
    }

    private static let top = 28
    private static let height = 190

    let figure: Figure
    /// One short label and one full name a bucket of time, evenly spaced.
    let labels: [String]
    let names: [String]
    let series: [Series]
    let unit: String

    package init(
        id: String,
        heading: String,
        summary: String,
        labels: [String],
        names: [String],
        series: [Series],
        unit: String,
        rowHead: String = "Time (UTC)"
    ) {
        precondition(labels.count == names.count && series.allSatisfy { $0.counts.count == labels.count })
        let rows = names.indices.map { index in
            [DataTable.Cell.text(names[index])]
                + series.map { .number(NumberText.grouped($0.counts[index])) }
        }
        figure = Figure(
            id: id,
            heading: heading,
            summary: summary,
            keys: series.map { Figure.Key($0.colour, $0.name) },
            table: DataTable(caption: heading, heads: [rowHead] + series.map(\.name), rows: rows)
        )
        self.labels = labels
        self.names = names
        self.series = series
        self.unit = unit
    }

    package func write(into page: inout Markup) {
        let scale = LinearScale(greatest: Double(series.flatMap(\.counts).max() ?? 0), tickCountMax: 4)
        let grid = ValueGrid(scale: scale, top: Self.top, height: Self.height)
        figure.write(into: &page) { page in
            figure.writeUpright(to: &page, grid: grid, unit: unit) { svg in
                if labels.count > 1 { writeCurves(scale, to: &svg) } else { writeDots(grid, to: &svg) }
                ColumnAxis(labels: labels).write(into: &svg, y: Self.top + Self.height + 19)
                writePointers(to: &svg)
            }
        }
    }

    /// The curves live in a drawing of their own that stretches sideways; its strokes keep their width.
    private func writeCurves(_ scale: LinearScale, to svg: inout Markup) {
        svg.element(
            "svg",
            [
                "y": String(Self.top), "width": "100%", "height": String(Self.height),
                "preserveAspectRatio": "none",
                "viewBox": "0 0 1000 1000", "overflow": "visible", "aria-hidden": "true",
            ]
        ) { svg in
            for (index, series) in series.enumerated() {
                var path = ""
                for (place, count) in series.counts.enumerated() {
                    let x = (Double(place) + 0.5) / Double(labels.count) * 1000
                    let y = (1 - scale.share(Double(count))) * 1000
                    path += (place == 0 ? "M" : "L") + NumberText.plain(x) + " " + NumberText.plain(y)
                }
                if index == 0 {
                    let (first, last) = (500 / Double(labels.count), 1000 - 500 / Double(labels.count))
                    let area = path + "L\(NumberText.plain(last)) 1000L\(NumberText.plain(first)) 1000Z"
                    svg.leaf("path", ["class": "area " + series.colour.rawValue, "d": area])
                }
                svg.leaf("path", ["class": "curve " + series.colour.rawValue, "d": path])
            }
        }
        svg.newLine()
    }

    private func writeDots(_ grid: ValueGrid, to svg: inout Markup) {
        for series in series {
            for count in series.counts {
                svg.leaf(
                    "circle",
                    [
                        "class": "dot " + series.colour.rawValue, "cx": "50%",
                        "cy": String(grid.place(Double(count))), "r": "5",
                    ]
                )
            }
        }
    }

    /// Invisible columns that name the numbers under the pointer.
    private func writePointers(to svg: inout Markup) {
        let width = 1 / Double(max(labels.count, 1))
        for (index, name) in names.enumerated() {
            svg.element(
                "rect",
                [
                    "class": "point", "x": NumberText.place(Double(index) * width),
                    "width": NumberText.place(width),
                    "y": String(Self.top), "height": String(Self.height),
                ]
            ) { svg in
                let counts = series.map { "\(NumberText.grouped($0.counts[index])) \($0.name)" }
                svg.element("title", text: name + ": " + counts.joined(separator: ", "))
            }
        }
        svg.newLine()
    }
}
