/// How many get from step to step, one line a thing: up to four bars laid over each other, the last the strongest.
///
/// Each step is a part of the one before it, so the bars nest.
package struct FunnelChart: Sendable {
    package struct Line: Sendable {
        let label: String
        /// One count a step, in the order of `steps`.
        let counts: [Int64]
        let value: String

        package init(label: String, counts: [Int64], value: String) {
            self.label = label
            self.counts = counts
            self.value = value
        }
    }

    private static let colours: [Figure.Colour] = [.step1, .step2, .step3, .step4]

    let figure: Figure
    let lines: [Line]
    let unit: String

    /// `steps`, at most four, name the counts of each line and become the figure's keys.
    package init(
        id: String,
        heading: String,
        summary: String,
        steps: [String],
        lines: [Line],
        unit: String,
        table: DataTable? = nil
    ) {
        precondition(steps.count <= Self.colours.count)
        let keys = zip(Self.colours, steps).map { Figure.Key($0, $1) }
        figure = Figure(id: id, heading: heading, summary: summary, keys: keys, table: table)
        self.lines = lines
        self.unit = unit
    }

    package func write(into page: inout Markup) {
        let scale = LinearScale(greatest: Double(lines.flatMap(\.counts).max() ?? 0))
        figure.write(into: &page) { page in
            RowChart(scale: scale, unit: unit).write(
                lines,
                to: &page,
                label: \.label,
                value: \.value,
                height: 18
            ) { line, svg in
                for (index, count) in line.counts.enumerated() {
                    let thickness = 16 - 4 * index
                    svg.leaf(
                        "rect",
                        [
                            "class": Self.colours[index].rawValue, "y": String((18 - thickness) / 2),
                            "height": String(thickness), "rx": "2",
                            "width": NumberText.place(scale.share(Double(count))),
                        ]
                    )
                }
            }
        }
    }
}
