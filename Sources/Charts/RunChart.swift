/// How long each of some runs took, one column a run, failed ones in another colour.
package struct RunChart: Sendable {
    package struct Run: Sendable {
        /// When it began, short, for the axis.
        let label: String
        let seconds: Double
        /// The whole run in words, for those who point at it.
        let words: String
        let isGood: Bool

        package init(label: String, seconds: Double, words: String, isGood: Bool) {
            self.label = label
            self.seconds = seconds
            self.words = words
            self.isGood = isGood
        }
    }

    private static let top = 28
    private static let height = 96
    /// A run of no time at all is still seen.
    private static let columnMin = 2

    let figure: Figure
    /// Oldest first.
    let runs: [Run]

    package init(figure: Figure, runs: [Run]) {
        self.figure = figure
        self.runs = runs
    }

    package func write(into page: inout Markup) {
        let scale = LinearScale(
            greatest: runs.map(\.seconds).max() ?? 0,
            tickCountMax: 3,
            wholeOnly: false
        )
        let grid = ValueGrid(scale: scale, top: Self.top, height: Self.height)
        figure.write(into: &page) { page in
            figure.writeUpright(to: &page, grid: grid, unit: "seconds") { svg in
                let width = 1 / Double(max(runs.count, 1))
                for (index, run) in runs.enumerated() {
                    let bottom = Self.top + Self.height
                    let y = min(grid.place(run.seconds), bottom - Self.columnMin)
                    svg.element(
                        "rect",
                        [
                            "class": run.isGood ? "s3" : "loss",
                            "x": NumberText.place((Double(index) + 0.1) * width),
                            "width": NumberText.place(width * 0.8), "y": String(y),
                            "height": String(bottom - y),
                        ]
                    ) { $0.element("title", text: run.words) }
                }
                ColumnAxis(labels: runs.map(\.label)).write(into: &svg, y: Self.top + Self.height + 18)
            }
        }
    }
}
