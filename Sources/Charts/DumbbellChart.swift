/// Amounts before and after, one line a thing: a ring where it was, a dot where it is, the way between them.
package struct DumbbellChart: Sendable {
    package struct Line: Sendable {
        let label: String
        let before: Double
        let after: Double
        let value: String

        package init(label: String, before: Double, after: Double, value: String) {
            self.label = label
            self.before = before
            self.after = after
            self.value = value
        }
    }

    let figure: Figure
    let lines: [Line]
    let unit: String

    package init(
        id: String,
        heading: String,
        summary: String,
        lines: [Line],
        unit: String,
        table: DataTable? = nil
    ) {
        figure = Figure(
            id: id,
            heading: heading,
            summary: summary + " The ring is before, the dot after.",
            keys: [Figure.Key(.gain, "more than before"), Figure.Key(.loss, "less than before")],
            table: table
        )
        self.lines = lines
        self.unit = unit
    }

    package func write(into page: inout Markup) {
        let scale = LinearScale(greatest: lines.map { max($0.before, $0.after) }.max() ?? 0)
        figure.write(into: &page) { page in
            RowChart(scale: scale, unit: unit).write(
                lines,
                to: &page,
                label: \.label,
                value: \.value,
                height: 18
            ) { line, svg in
                let (from, to) = (
                    NumberText.place(scale.share(line.before)), NumberText.place(scale.share(line.after))
                )
                let colour =
                    line.after < line.before
                    ? Figure.Colour.loss.rawValue
                    : line.after > line.before ? Figure.Colour.gain.rawValue : Figure.Colour.aside.rawValue
                svg.leaf("line", ["class": "way " + colour, "x1": from, "x2": to, "y1": "9", "y2": "9"])
                svg.leaf("circle", ["class": "ring " + colour, "cx": from, "cy": "9", "r": "4.5"])
                svg.leaf("circle", ["class": "dot " + colour, "cx": to, "cy": "9", "r": "5.5"])
            }
        }
    }
}
