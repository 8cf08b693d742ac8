import Disk
import Goals
import Replay
import Reports

/// `goals.csv`: one line a goal, by goal id.
///
/// `players_*` are players by how far they got at the end; `started`, `completed` and `claimed` count what happened
/// in the span, where a daily goal counts each day. The `what_if_*` columns are there for a what-if only.
struct GoalFile {
    private static let columns = [
        "goal_id", "challenge_id", "name", "configured", "players_assigned", "players_started",
        "players_completed",
        "players_claimed", "started", "completed", "claimed", "claims_rejected", "seconds_to_complete_p50",
        "seconds_to_complete_p90", "seconds_to_complete_p99",
    ]
    private static let whatIfColumns = [
        "what_if_configured", "what_if_players_completed", "what_if_players_claimed", "completions_gained",
        "completions_lost", "claims_gained", "claims_lost", "players_affected", "what_if_completed",
        "what_if_claimed",
    ]

    private let result: ReplayResult
    private let goals: ReplayGoals
    private let whatIf: WhatIfReport?

    init(_ result: ReplayResult, _ goals: ReplayGoals, _ whatIf: WhatIfReport?) {
        (self.result, self.goals, self.whatIf) = (result, goals, whatIf)
    }

    func write(at path: String, volume: any Volume) throws -> OutputFile {
        let file = try OutputFile(path, volume: volume)
        let columns = Self.columns + (whatIf == nil ? [] : Self.whatIfColumns)
        try file.append { $0 += Array((columns.joined(separator: ",") + "\r\n").utf8) }
        let changes = Dictionary(
            uniqueKeysWithValues: (whatIf?.goals ?? []).map { ($0.id, $0) }
        )
        let ids = Set(result.catalogue.goals).union(changes.keys).sorted()
        let report = ReplayReport(result: result, goals: goals, whatIf: whatIf)
        for id in ids {
            let fields = line(id, report) + (changes[id].map(whatIfFields) ?? [])
            try file.append { $0 += Array(fields.joined(separator: [UInt8(ascii: ",")])) + [0x0D, 0x0A] }
        }
        try file.finish()
        return file
    }

    private func line(_ id: Identifier, _ report: ReplayReport) -> [[UInt8]] {
        let number = result.catalogue.goalNumber(id)
        let goal = number.map(report.goal)
        let counts = number.map(result.effects.total) ?? GoalEffects.Counts()
        let rejected = RequestOutcome.Rejection.allCases.reduce(UInt64(0)) { sum, reason in
            sum + (number.map { result.effects.rejectedClaims($0, reason) } ?? 0)
        }
        let sets = [result.challenges] + (result.other.map { [$0.challenges] } ?? [])
        let texts = [id, goal?.challenge ?? ReplayReport.challenge(id, sets)].map { FieldText.csv($0.utf8) }
        let name = FieldText.csv(Array(ReplayReport.name(id, sets).utf8))
        let funnel = goal?.funnel ?? GoalFunnel()
        let numbers =
            funnel.counts.map(Self.number)
            + [counts.started, counts.completed, counts.claimed].map(Self.number)
        let times = [0.5, 0.9, 0.99].map { share in (goal?.times.percentile(share)).map(Self.number) ?? [] }
        return texts + [name, Self.flag(result.challenges.goalIndex(id) != nil)] + numbers
            + [Self.number(rejected)] + times
    }

    private func whatIfFields(_ change: WhatIfReport.GoalChange) -> [[UInt8]] {
        guard let other = result.other else { return [] }
        let counts = other.catalogue.goalNumber(change.id).map(other.effects.total) ?? GoalEffects.Counts()
        return [Self.flag(other.challenges.goalIndex(change.id) != nil)]
            + [
                change.completedAfter, change.claimedAfter, change.completionsGained, change.completionsLost,
                change.claimsGained, change.claimsLost, change.playersAffected,
            ].map(Self.number) + [counts.completed, counts.claimed].map(Self.number)
    }

    private static func number(_ number: some FixedWidthInteger) -> [UInt8] { Array(String(number).utf8) }
    private static func flag(_ flag: Bool) -> [UInt8] { Array((flag ? "true" : "false").utf8) }
}
