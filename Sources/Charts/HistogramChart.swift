/// How often values fall into each of some buckets: columns that touch.
package struct HistogramChart: Sendable {
    package struct Bucket: Sendable {
        /// Where the bucket begins, short, for the axis.
        package let label: String
        /// The whole bucket, for those who point at it.
        package let range: String
        package let count: Int64

        package init(label: String, range: String, count: Int64) {
            self.label = label
            self.range = range
            self.count = count
        }
    }

    private static let top = 28
    private static let height = 180

    let figure: Figure
    let buckets: [Bucket]
    let unit: String

    package init(figure: Figure, buckets: [Bucket], unit: String) {
        self.figure = figure
        self.buckets = buckets
        self.unit = unit
    }

    package func write(into page: inout Markup) {
        let scale = LinearScale(greatest: Double(buckets.map(\.count).max() ?? 0), tickCountMax: 4)
        let grid = ValueGrid(scale: scale, top: Self.top, height: Self.height)
        figure.write(into: &page) { page in
            figure.writeUpright(to: &page, grid: grid, unit: unit) { svg in
                let width = 1 / Double(max(buckets.count, 1))
                for (index, bucket) in buckets.enumerated() {
                    let y = grid.place(Double(bucket.count))
                    svg.element(
                        "rect",
                        [
                            "class": "s3", "x": NumberText.place((Double(index) + 0.04) * width),
                            "width": NumberText.place(width * 0.92), "y": String(y),
                            "height": String(Self.top + Self.height - y),
                        ]
                    ) {
                        $0.element(
                            "title",
                            text: "\(bucket.range): \(NumberText.grouped(bucket.count)) \(unit)"
                        )
                    }
                }
                ColumnAxis(labels: buckets.map(\.label)).write(into: &svg, y: Self.top + Self.height + 18)
            }
        }
    }
}
