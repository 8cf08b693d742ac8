import Charts

/// What another configuration would have changed: completions, claims and the cost in rewards.
struct WhatIfSection {
    let whatIf: WhatIfReport

    func write(into page: inout Markup) {
        page.element("section") { page in
            page.element("h2", text: "What would change")
            let changed = ordered.filter(Self.isChanged)
            guard !changed.isEmpty || whatIf.rewards.contains(where: { $0.before != $0.after }) else {
                page.element("p", text: sameSentence)
                return
            }
            writeNumbers(to: &page)
            page.element("div", ["class": "charts"]) { page in
                writeCompletions(changed, to: &page)
                writeClaims(changed, to: &page)
                writeRewards(to: &page)
            }
            page.element("details") { page in
                page.element(
                    "summary",
                    text: "Table of goals that differ: \(NumberText.grouped(Int64(changed.count)))"
                )
                writeTable(changed, to: &page)
            }
        }
        page.newLine()
    }

    /// Largest change first.
    private var ordered: [WhatIfReport.GoalChange] {
        func weight(_ goal: WhatIfReport.GoalChange) -> Int64 {
            goal.completionsGained + goal.completionsLost + goal.claimsGained + goal.claimsLost
        }
        return whatIf.goals.enumerated().sorted { left, right in
            let (a, b) = (weight(left.element), weight(right.element))
            if a != b { return a > b }
            if left.element.playersAffected != right.element.playersAffected {
                return left.element.playersAffected > right.element.playersAffected
            }
            return left.offset < right.offset
        }.map(\.element)
    }

    private static func isChanged(_ goal: WhatIfReport.GoalChange) -> Bool {
        goal.playersAffected > 0 || goal.presence != .both
            || goal.completedBefore != goal.completedAfter || goal.claimedBefore != goal.claimedAfter
    }

    private var sameSentence: String {
        whatIf.playersAffected == 0
            ? "Nothing: under the other configuration every player has the same completions, claims and rewards."
            : "No completion, claim or reward changes, though rows of "
                + "\(Self.count(Int(whatIf.playersAffected), "player")) differ."
    }

    private func writeNumbers(to page: inout Markup) {
        let sum = { (field: KeyPath<WhatIfReport.GoalChange, Int64>) in
            whatIf.goals.reduce(0) { $0 + $1[keyPath: field] }
        }
        HTMLPage.writeNumbers(
            [
                (
                    "Players affected", NumberText.grouped(whatIf.playersAffected),
                    "with any difference in a row"
                ),
                (
                    "Completions", NumberText.signed(sum(\.completionsGained) - sum(\.completionsLost)),
                    "\(NumberText.grouped(sum(\.completionsGained))) gained, "
                        + "\(NumberText.grouped(sum(\.completionsLost))) lost"
                ),
                (
                    "Claims", NumberText.signed(sum(\.claimsGained) - sum(\.claimsLost)),
                    "\(NumberText.grouped(sum(\.claimsGained))) gained, \(NumberText.grouped(sum(\.claimsLost))) lost"
                ),
                (
                    "Rewards that cost more or less",
                    NumberText.grouped(Int64(whatIf.rewards.count { $0.before != $0.after })),
                    "of \(Self.count(whatIf.rewards.count, "reward")) granted"
                ),
            ],
            to: &page
        )
    }

    private func writeCompletions(_ changed: [WhatIfReport.GoalChange], to page: inout Markup) {
        let shown = changed.filter {
            $0.completionsGained + $0.completionsLost > 0 || $0.completedBefore != $0.completedAfter
        }
        guard !shown.isEmpty else { return }
        DumbbellChart(
            id: "what-if-completions",
            heading: "Completions" + Self.most(shown.count),
            summary: "Players who have completed the goal at the end.",
            lines: shown.prefix(ReportPage.goalsCharted).map { goal in
                Self.line(goal.name + Self.mark(goal), goal.completedBefore, goal.completedAfter)
            },
            unit: "players"
        ).write(into: &page)
    }

    private func writeClaims(_ changed: [WhatIfReport.GoalChange], to page: inout Markup) {
        let shown = changed.filter {
            $0.claimsGained + $0.claimsLost > 0 || $0.claimedBefore != $0.claimedAfter
        }
        guard !shown.isEmpty else { return }
        DumbbellChart(
            id: "what-if-claims",
            heading: "Claims" + Self.most(shown.count),
            summary: "Players who have claimed the goal's reward at the end.",
            lines: shown.prefix(ReportPage.goalsCharted).map { goal in
                Self.line(goal.name + Self.mark(goal), goal.claimedBefore, goal.claimedAfter)
            },
            unit: "players"
        ).write(into: &page)
    }

    private func writeRewards(to page: inout Markup) {
        let rewards = whatIf.rewards.sorted { left, right in
            let (a, b) = ((left.after - left.before).magnitude, (right.after - right.before).magnitude)
            return a != b ? a > b : Array(left.id.utf8).lexicographicallyPrecedes(Array(right.id.utf8))
        }
        guard !rewards.isEmpty else { return }
        DumbbellChart(
            id: "what-if-rewards",
            heading: "Cost in rewards"
                + (rewards.count > ReportPage.goalsCharted
                    ? ": the \(ReportPage.goalsCharted) that change most" : ""),
            summary: "Quantity granted of each reward over the whole span.",
            lines: rewards.prefix(ReportPage.goalsCharted).map { reward in
                Self.line("\(reward.id) (\(reward.kind))", reward.before, reward.after)
            },
            unit: "units",
            table: DataTable(
                caption: "Quantity granted of each reward",
                heads: ["Reward", "Kind", "Before", "After", "Difference"],
                rows: rewards.map { reward in
                    [
                        .name(reward.id), .text(reward.kind), .number(NumberText.grouped(reward.before)),
                        .number(NumberText.grouped(reward.after)),
                        .number(NumberText.signed(reward.after - reward.before)),
                    ]
                }
            )
        ).write(into: &page)
    }

    private func writeTable(_ changed: [WhatIfReport.GoalChange], to page: inout Markup) {
        DataTable(
            caption: "Goals that differ; gained and lost are counted player by player",
            heads: [
                "Goal", "Completed before", "after", "gained", "lost", "Claimed before", "after", "gained",
                "lost",
                "Players affected", "Configured", "Goal id", "Challenge",
            ],
            rows: changed.map { goal in
                let counts = [
                    goal.completedBefore, goal.completedAfter, goal.completionsGained, goal.completionsLost,
                    goal.claimedBefore, goal.claimedAfter, goal.claimsGained, goal.claimsLost,
                    goal.playersAffected,
                ]
                return [.name(goal.name)] + counts.map { .number(NumberText.grouped($0)) }
                    + [.text(goal.presence.rawValue), .name("\(goal.id)"), .name("\(goal.challenge)")]
            }
        ).write(into: &page)
    }

    private static func line(_ label: String, _ before: Int64, _ after: Int64) -> DumbbellChart.Line {
        DumbbellChart.Line(
            label: label,
            before: Double(before),
            after: Double(after),
            value:
                "\(NumberText.grouped(before)) → \(NumberText.grouped(after))  ·  \(NumberText.signed(after - before))"
        )
    }

    private static func mark(_ goal: WhatIfReport.GoalChange) -> String {
        switch goal.presence {
        case .both: ""
        case .added: " (new)"
        case .removed: " (removed)"
        }
    }

    private static func most(_ count: Int) -> String {
        count > ReportPage.goalsCharted
            ? ": the \(ReportPage.goalsCharted) goals that change most" : ", before and after"
    }

    private static func count(_ number: Int, _ word: String) -> String {
        NumberText.grouped(Int64(number)) + " " + word + (number == 1 ? "" : "s")
    }
}
