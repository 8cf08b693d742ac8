/// The value axis of an upright drawing: lines across it, and a number at the left of each.
struct ValueGrid {
    let scale: LinearScale
    /// Pixels from the drawing's top to the plot's top, and the plot's height.
    let top: Int
    let height: Int

    func writeLines(to svg: inout Markup) {
        for tick in scale.ticks {
            let y = String(place(tick))
            svg.leaf(
                "line",
                ["class": tick == 0 ? "base" : "grid", "x1": "0", "x2": "100%", "y1": y, "y2": y]
            )
        }
    }

    /// The numbers right of which the lines begin, the unit above the topmost.
    func writeNumbers(to svg: inout Markup, unit: String) {
        svg.element("text", ["class": "tick", "x": "0", "y": "11"], text: unit)
        for tick in scale.ticks {
            svg.element(
                "text",
                ["class": "tick", "x": "38", "y": String(place(tick) + 4), "text-anchor": "end"],
                text: NumberText.short(tick)
            )
        }
    }

    /// Pixels from the drawing's top to a value.
    func place(_ value: Double) -> Int { top + height - Int((scale.share(value) * Double(height)).rounded()) }
}
