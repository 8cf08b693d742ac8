/// Amounts of things, one bar each.
package struct BarChart: Sendable {
    package struct Bar: Sendable {
        let label: String
        let amount: Double
        /// The amount as the page shows it, with what else there is to say.
        let value: String

        package init(label: String, amount: Double, value: String) {
            self.label = label
            self.amount = amount
            self.value = value
        }
    }

    let figure: Figure
    /// In the order shown.
    let bars: [Bar]
    /// What is counted, for the axis: `players`.
    let unit: String

    package init(figure: Figure, bars: [Bar], unit: String) {
        self.figure = figure
        self.bars = bars
        self.unit = unit
    }

    package func write(into page: inout Markup) {
        let scale = LinearScale(greatest: bars.map(\.amount).max() ?? 0)
        figure.write(into: &page) { page in
            RowChart(scale: scale, unit: unit).write(
                bars,
                to: &page,
                label: \.label,
                value: \.value,
                height: 14
            ) { bar, svg in
                svg.leaf(
                    "rect",
                    [
                        "class": "s3", "y": "1", "height": "12", "rx": "2",
                        "width": NumberText.place(scale.share(bar.amount)),
                    ]
                )
            }
        }
    }
}
