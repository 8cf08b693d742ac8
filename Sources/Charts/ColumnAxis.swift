/// The labels below evenly spaced columns: as many as fit without touching, fewer on a phone.
struct ColumnAxis {
    /// Most labels on a wide drawing, and on one 340 pixels wide.
    private static let labelsMax = 8
    private static let labelsOnPhoneMax = 4
    /// Pixels that a narrow plot is wide, and those of a character in the widest of the usual fonts (DejaVu Sans).
    private static let phoneWidth = 300.0
    private static let characterWidth = 7.5

    /// Pixels below the plot.
    static let height = 26

    let labels: [String]

    /// Writes the labels; `y` is their baseline in pixels.
    func write(into svg: inout Markup, y: Int) {
        guard let last = labels.indices.last else { return }
        let step = Self.step(labels.count, Self.labelsMax)
        let phoneStep = Self.multiple(of: step, atLeast: Self.step(labels.count, labelsOnPhone))
        for index in stride(from: 0, through: last, by: step) {
            let centre = (Double(index) + 0.5) / Double(labels.count)
            svg.element(
                "text",
                [
                    "class": index % phoneStep == 0 ? "tick" : "tick wide", "x": NumberText.place(centre),
                    "y": String(y),
                    // At the edges a centred label would be cut off.
                    "text-anchor": centre < 0.06 ? "start" : centre > 0.94 ? "end" : "middle",
                ],
                text: labels[index]
            )
        }
    }

    /// How many of the longest label fit on a phone: the first begins at its column's middle, so that its neighbour
    /// has to keep one and a half widths away.
    private var labelsOnPhone: Int {
        let width = Double(labels.map(\.count).max() ?? 0) * Self.characterWidth
        return min(Self.labelsOnPhoneMax, max(1, Int(Self.phoneWidth / (1.5 * max(width, 1)))))
    }

    private static func step(_ count: Int, _ most: Int) -> Int { max(1, (count + most - 1) / most) }

    private static func multiple(of step: Int, atLeast least: Int) -> Int { (least + step - 1) / step * step }
}
