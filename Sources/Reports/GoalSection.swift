import Charts

/// How far players got: over all goals, and goal by goal where most was completed.
struct GoalSection {
    let goals: [GoalReport]

    func write(into page: inout Markup) {
        page.element("section") { page in
            page.element("h2", text: "How far players got")
            let total = goals.map(\.funnel).reduce(GoalFunnel(), +)
            guard total.assigned > 0 else {
                page.element("p", text: "No goal was assigned to a player.")
                return
            }
            page.element("p", text: sentence(total))
            page.element("div", ["class": "charts"]) { page in
                writeTotal(total, to: &page)
                writeGoals(to: &page)
            }
        }
        page.newLine()
    }

    private func sentence(_ total: GoalFunnel) -> String {
        let untouched = goals.count { $0.funnel.completed == 0 }
        var text = "Each player counts once a goal. "
        switch (untouched, goals.count) {
        case (0, 1): text += "The only goal was completed by somebody."
        case (0, _):
            text +=
                "Every one of the \(NumberText.grouped(Int64(goals.count))) goals was completed by somebody."
        case (let untouched, let all) where untouched == all: text += "No goal was completed by anybody."
        default:
            text +=
                "\(NumberText.grouped(Int64(untouched))) of \(NumberText.grouped(Int64(goals.count))) goals "
            text += untouched == 1 ? "was completed by nobody." : "were completed by nobody."
        }
        return text
    }

    private func writeTotal(_ total: GoalFunnel, to page: inout Markup) {
        var previous = total.assigned
        let bars = zip(GoalFunnel.steps, total.counts).enumerated().map { index, step in
            let share =
                index == 0 ? "" : "  ·  \(NumberText.percent(step.1, of: previous)) of the step before"
            previous = step.1
            return BarChart.Bar(
                label: step.0,
                amount: Double(step.1),
                value: NumberText.grouped(step.1) + share
            )
        }
        BarChart(
            figure: Figure(
                id: "funnel-total",
                heading: "All goals together",
                summary: "Pairs of a player and a goal, by how far they got."
            ),
            bars: bars,
            unit: "pairs"
        ).write(into: &page)
    }

    private func writeGoals(to page: inout Markup) {
        let shown = GoalTable.ordered(goals).prefix(ReportPage.goalsCharted)
        let lines = shown.map { goal in
            FunnelChart.Line(
                label: goal.name,
                counts: goal.funnel.counts,
                value: "\(NumberText.grouped(goal.funnel.completed)) completed  ·  "
                    + NumberText.percent(goal.funnel.completed, of: goal.funnel.assigned)
            )
        }
        FunnelChart(
            id: "funnel-goals",
            heading: shown.count < goals.count
                ? "The \(shown.count) goals completed most" : "Goal by goal",
            summary: "Players by how far they got; the share is that of the players it was assigned to.",
            steps: GoalFunnel.steps,
            lines: Array(lines),
            unit: "players"
        ).write(into: &page)
    }
}
