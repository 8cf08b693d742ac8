import Charts

/// All goals with all their numbers, most completed first.
struct GoalTable {
    let goals: [GoalReport]

    /// Most completed first, then most started; equal ones stay in the configuration's order.
    static func ordered(_ goals: [GoalReport]) -> [GoalReport] {
        goals.enumerated().sorted { left, right in
            let (a, b) = (left.element.funnel, right.element.funnel)
            if a.completed != b.completed { return a.completed > b.completed }
            if a.started != b.started { return a.started > b.started }
            return left.offset < right.offset
        }.map(\.element)
    }

    func write(into page: inout Markup) {
        guard !goals.isEmpty else { return }
        page.element("section", ["class": "folded"]) { page in
            page.element("h2", text: "All goals")
            let count = NumberText.grouped(Int64(goals.count)) + (goals.count == 1 ? " goal" : " goals")
            if goals.count <= ReportPage.goalsUnfolded {
                page.element("details", ["open": "open"]) { writeTable(count, to: &$0) }
            } else {
                page.element("details") { writeTable(count, to: &$0) }
            }
        }
        page.newLine()
    }

    private func writeTable(_ count: String, to page: inout Markup) {
        page.element("summary", text: "Table of \(count)")
        DataTable(
            caption: "Players by how far they got, and how long it took from assignment to completion",
            heads: [
                "Goal", "Assigned", "Started", "Completed", "of assigned", "Claimed", "of completed",
                "Median",
                "90 %", "Goal id", "Challenge",
            ],
            rows: Self.ordered(goals).map { goal in
                let span = { (share: Double) in
                    goal.times.percentile(share).map { NumberText.span(Double($0)) } ?? "–"
                }
                return [
                    .name(goal.name), .number(NumberText.grouped(goal.funnel.assigned)),
                    .number(NumberText.grouped(goal.funnel.started)),
                    .number(NumberText.grouped(goal.funnel.completed)),
                    .number(NumberText.percent(goal.funnel.completed, of: goal.funnel.assigned)),
                    .number(NumberText.grouped(goal.funnel.claimed)),
                    .number(NumberText.percent(goal.funnel.claimed, of: goal.funnel.completed)),
                    .number(span(0.5)), .number(span(0.9)), .name("\(goal.id)"), .name("\(goal.challenge)"),
                ]
            }
        ).write(into: &page)
    }
}
