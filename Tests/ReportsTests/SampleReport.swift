import Goals
import Reports
import TestKit

/// Reports of every size for the tests: the same seed gives the same report.
enum SampleReport {
    /// Ids and names that could break a page or a chart.
    static let oddNames = [
        "<script>alert(1)</script>", "\"quoted\" & 'single'", "هدف النصر ١٢", "🏆 Trophy 🧗🏽‍♀️ run",
        String(repeating: "長", count: 100), String(repeating: "x", count: 100),
        "</style></svg><img src=x onerror=alert(1)>",
        "\u{202E}reversed", "tab\tand\u{1}control",
    ]
    private static let plainNames = [
        "Win ten ranked matches", "Log in every day", "Collect 1,000 gems", "Reach level 50",
        "Defeat the Ice Giant",
        "Finish the tutorial", "Craft a legendary sword", "Play with three friends", "Explore every island",
    ]

    /// `goals` goals, `days` days from 5 January 2026 on, `players` players.
    static func make(
        goals: Int,
        days: Int,
        players: Int64,
        isWhatIf: Bool = false,
        hasDifference: Bool = false,
        partial: String? = nil,
        seed: UInt64 = 1
    ) -> ReportModel {
        var random = SplitMix64(seed: seed)
        let reports = (0..<goals).map { goal($0, players: players, using: &random) }
        let totals = (0..<days).map { index -> DayTotals in
            let weekend = index % 7 >= 5 ? 3 : 2
            let wave = Int64(players) * Int64(weekend) * Int64(60 + index % 30) / 100
            let started = wave + Int64(random.number(0...Int(wave / 4 + 1)))
            return DayTotals(
                day: UTCDay(number: 20_458 + Int32(index)),
                started: started,
                completed: started * 2 / 3,
                claimed: started / 3
            )
        }
        return ReportModel(
            title: isWhatIf ? "mygame with season-2.json" : "Replay of mygame",
            subtitle: "5 Jan to 4 Feb 2026, records 0 to 50,000,000, all players.",
            partial: partial,
            players: players,
            records: players * 50,
            goals: reports,
            days: totals,
            whatIf: isWhatIf ? whatIf(reports, players: players, using: &random) : nil,
            difference: hasDifference
                ? DifferenceReport(
                    compared: "The replayed rows beside user_goal_progress, both up to offset 50,000,000.",
                    rowsCompared: 1_000_000,
                    rowsMissing: 3,
                    rowsExtra: 1,
                    rowsDifferent: 12,
                    players: 9
                ) : nil,
            facts: [
                ReportModel.Fact("Log", "0b9e2f0c-6a0d-4d5b-9a3e-0d6d1d9c7c11"),
                ReportModel.Fact("Records", "0 to 50,000,000"),
                ReportModel.Fact("Configuration", "the log's own, 2 in this span"),
                ReportModel.Fact("Made by", "goalpost 0.1.0"),
            ],
            notes: [
                "A completion counts on the day of the event that brought it.",
                "Names are those of the last configuration.",
            ]
        )
    }

    private static func goal(_ index: Int, players: Int64, using random: inout SplitMix64) -> GoalReport {
        let odd = index % 3 == 2 && index / 3 < oddNames.count
        let name = odd ? oddNames[index / 3] : plainNames[index % plainNames.count] + " #\(index)"
        let started = players * Int64(random.number(20...95)) / 100
        let completed = started * Int64(random.number(0...90)) / 100
        let claimed = completed * Int64(random.number(10...100)) / 100
        var times = SpanHistogram()
        for _ in 0..<min(completed, 200) {
            let span = Int64(1) << Int64(random.number(6...21))
            times.add(seconds: span + Int64(random.number(0...Int(span))))
        }
        return GoalReport(
            id: Identifier(odd ? oddNames[index / 3] : "goal-\(index)"),
            challenge: Identifier("season-1"),
            name: name,
            funnel: GoalFunnel(assigned: players, started: started, completed: completed, claimed: claimed),
            times: times
        )
    }

    private static func whatIf(
        _ goals: [GoalReport],
        players: Int64,
        using random: inout SplitMix64
    ) -> WhatIfReport {
        let changes = goals.enumerated().map { index, goal in
            var change = WhatIfReport.GoalChange(
                id: goal.id,
                challenge: goal.challenge,
                name: goal.name,
                presence: index % 11 == 4 ? .added : index % 13 == 7 ? .removed : .both
            )
            guard index % 4 != 3 else { return change }
            let gained = goal.funnel.completed * Int64(random.number(0...40)) / 100
            let lost = goal.funnel.completed * Int64(random.number(0...40)) / 100
            change.completedBefore = goal.funnel.completed
            change.completedAfter = goal.funnel.completed + gained - lost
            change.completionsGained = gained
            change.completionsLost = lost
            change.claimedBefore = goal.funnel.claimed
            change.claimedAfter = goal.funnel.claimed + gained / 2
            change.claimsGained = gained / 2
            change.playersAffected = gained + lost
            return change
        }
        let rewards = ["gems", "gold", "<b>coins</b>", "legendary-sword"].enumerated().map { index, id in
            let before = players * Int64(random.number(1...30))
            return WhatIfReport.RewardChange(
                kind: index % 2 == 0 ? "WALLET" : "ITEM",
                id: id,
                before: before,
                after: before * Int64(random.number(70...150)) / 100
            )
        }
        return WhatIfReport(goals: changes, rewards: rewards, playersAffected: players * 41 / 100)
    }
}
