import Charts
import Goals
import Replay
import Reports

/// Says a replay's result in the report's words.
struct ReplayReport {
    let result: ReplayResult
    let goals: ReplayGoals
    let whatIf: WhatIfReport?

    /// The goal with this catalogue number.
    func goal(_ number: UInt32) -> GoalReport {
        let id = result.catalogue.goals[Int(number)]
        let index = result.challenges.goalIndex(id)
        let isDefault = index.map { result.challenges.goals[$0].isDefaultAssigned } ?? false
        let totals = goals.totals[Int(number)]
        let old = totals.challenge.map { result.catalogue.challenges[Int($0)] }
        let configured = index.map { result.challenges.challenges[result.challenges.goals[$0].challenge].id }
        return GoalReport(
            id: id,
            challenge: configured ?? old ?? Identifier(""),
            name: Self.name(id, [result.challenges]),
            funnel: goals.funnel(number, isDefaultAssigned: isDefault, players: Int64(result.players)),
            times: totals.times
        )
    }

    func model(namespace: String, version: String) -> ReportModel {
        ReportModel(
            title: title(namespace),
            subtitle: subtitle,
            partial: partial,
            players: Int64(result.players),
            records: Int64(clamping: result.records),
            goals: shownGoals.map(goal),
            days: days,
            whatIf: whatIf,
            facts: facts(version),
            notes: notes
        )
    }

    /// The goal's name by the first of the sets that has it, else its id.
    static func name(_ id: Identifier, _ sets: [ChallengeSet]) -> String {
        for set in sets {
            if let index = set.goalIndex(id), !set.goals[index].name.isEmpty { return set.goals[index].name }
        }
        return id.description
    }

    /// The goal's challenge by the first of the sets that has it, else an empty id.
    static func challenge(_ id: Identifier, _ sets: [ChallengeSet]) -> Identifier {
        for set in sets {
            if let index = set.goalIndex(id) { return set.challenges[set.goals[index].challenge].id }
        }
        return Identifier("")
    }

    /// Configured goals in the configuration's order, then removed ones that somebody has a row of.
    private var shownGoals: [UInt32] {
        let configured = result.challenges.goals.compactMap { result.catalogue.goalNumber($0.id) }
        let removed = result.catalogue.goals.indices.filter { number in
            result.challenges.goalIndex(result.catalogue.goals[number]) == nil
                && goals.totals[number].rows > 0
        }
        return configured + removed.map(UInt32.init)
    }

    private var days: [DayTotals] {
        let numbers = result.catalogue.goals.indices.map(UInt32.init)
        return result.effects.days.compactMap { day in
            var sum: (started: UInt64, completed: UInt64, claimed: UInt64) = (0, 0, 0)
            for number in numbers {
                let counts = result.effects.counts(number, on: day)
                sum.started += counts.started
                sum.completed += counts.completed
                sum.claimed += counts.claimed
            }
            guard sum != (0, 0, 0) else { return nil }
            return DayTotals(
                day: day,
                started: Int64(clamping: sum.started),
                completed: Int64(clamping: sum.completed),
                claimed: Int64(clamping: sum.claimed)
            )
        }
    }

    // MARK: Words

    private func title(_ namespace: String) -> String {
        guard result.other != nil else { return "Replay of \(namespace)" }
        let file = result.options.first { $0.name == "--challenges" }?.value.split(separator: "/").last
        return "\(namespace) with \(file.map(String.init) ?? "other challenges")"
    }

    private var subtitle: String {
        let records = "records \(Self.grouped(result.fromOffset)) up to \(Self.grouped(result.nextOffset))"
        guard let least = result.leastTime, let greatest = result.greatestTime else {
            return "No records: \(records)."
        }
        return "\(DayText.minute(least)) to \(DayText.minute(greatest)), \(records)."
    }

    private var partial: String? {
        guard result.isPartial else { return nil }
        let (done, all) = (result.nextOffset - result.fromOffset, result.toOffset - result.fromOffset)
        return "It was stopped before record \(Self.grouped(result.nextOffset)), after "
            + "\(NumberText.percent(Int64(clamping: done), of: Int64(clamping: all))) of the span; "
            + "everything here is as of that record. Run the same replay with --resume to go on."
    }

    private func facts(_ version: String) -> [ReportModel.Fact] {
        var facts = [
            ReportModel.Fact("Log", result.log),
            ReportModel.Fact(
                "Records",
                "offset \(Self.grouped(result.fromOffset)) up to \(Self.grouped(result.nextOffset))"
            ),
            ReportModel.Fact("Rows", Self.grouped(UInt64(result.rows))),
        ]
        facts += result.options.map { ReportModel.Fact($0.name, $0.value) }
        facts += [
            ReportModel.Fact("Took", NumberText.span(result.seconds)),
            ReportModel.Fact("Made by", "goalpost \(version)"),
        ]
        return facts
    }

    private var notes: [String] {
        var notes = [
            "How far players got is their state at the end of the replay. A daily goal shows its latest day only.",
            "Over time, a daily goal counts on each day on which it is completed; days are those of the events.",
            "Time to complete leaves daily goals out; its percentiles are exact to a thirty-second of their value.",
        ]
        if result.fromOffset > 0 {
            notes.append(
                "Over time counts from record \(Self.grouped(result.fromOffset)) on; the state at the end includes "
                    + "what happened before."
            )
        }
        if result.options.contains(where: { ["--players", "--sample", "--partitions"].contains($0.name) }) {
            notes.append("Only some players were replayed; no number is scaled up to all.")
        }
        if whatIf != nil {
            notes.append(
                "A what-if replays the same events: it cannot know what players would have done under other challenges. "
                    + "A claim counts as gained where the request that was once refused would have been granted."
            )
            notes.append(
                "Cost in rewards is what claims of the span grant; whether they were delivered is left out."
            )
        }
        return notes
    }

    private static func grouped(_ number: UInt64) -> String { NumberText.grouped(Int64(clamping: number)) }
}
