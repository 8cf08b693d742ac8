import Foundation
import TestKit
import Testing

@Suite struct RandomHistoryTests {
    @Test func `the same seed gives the same bytes, another one others`() throws {
        let (first, again, other) = try (
            RandomHistory(seed: 7, lineCount: 300), RandomHistory(seed: 7, lineCount: 300),
            RandomHistory(seed: 8, lineCount: 300)
        )
        #expect(first.lines == again.lines)
        #expect(first.configurations == again.configurations)
        #expect(first.players == again.players)
        #expect(first.lines != other.lines)
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `folding the history's lines gives the state it carries`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, lineCount: 500)
        let oracle = try NaiveGoalpost(
            lines: history.lines,
            configurations: history.configurations,
            namespace: RandomHistory.namespace
        )
        #expect(history.lines.count == 500)
        #expect(oracle.rows == history.oracle.rows)
        #expect(oracle.players == history.oracle.players)
        #expect(oracle.outcomes == history.oracle.outcomes)
        #expect(oracle.grants == history.oracle.grants)
        #expect(oracle.duplicateRequestCount == history.oracle.duplicateRequestCount)
        for player in history.players {
            for day in history.publishDays {
                for kind in NaiveAnswerKind.allCases {
                    let answer = oracle.answer(Array(player.utf8), kind, publishDay: day)
                    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(answer.utf8)) }
                }
            }
        }
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `configurations keep the rules`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, lineCount: 40)
        #expect(history.configurations[0] != nil)
        for bytes in history.configurations.values {
            let configuration = try NaiveConfiguration(bytes)
            let ids = configuration.goals.map(\.id)
            #expect(Set(ids).count == ids.count)
            #expect(Set(configuration.challenges.map(\.id)).count == configuration.challenges.count)
            #expect((2...6).contains(configuration.challenges.count))
            #expect(configuration.challenges.allSatisfy { !$0.goals.isEmpty })
            // Peel off goals whose prerequisites are all peeled: a cycle would leave some.
            var settled: Set<[UInt8]> = []
            for _ in ids {
                for goal in configuration.goals where settled.isSuperset(of: goal.prerequisites) {
                    settled.insert(goal.id)
                }
            }
            #expect(settled == Set(ids))
            for goal in configuration.goals {
                #expect(goal.target >= 1 && goal.reward.quantity >= 1)
                #expect(!goal.daily || goal.type == "increment")
                #expect(String(decoding: goal.id, as: UTF8.self).unicodeScalars.count <= 100)
            }
        }
        #expect((20...60).contains(history.players.count))
        #expect(Set(history.players.map { Array($0.utf8) }).count == history.players.count)
    }

    /// A generator that never reaches a rule would let differential tests pass without testing it.
    @Test func `forty histories reach every rule`() throws {
        var seen: Set<String> = []
        var names: [String: Int] = [:]
        for seed in 1...40 as ClosedRange<UInt64> {
            let history = try RandomHistory(seed: seed, lineCount: 1_000)
            let oracle = history.oracle
            for outcome in oracle.outcomes.values { seen.insert(outcome.errorCode ?? "applied") }
            for row in oracle.rows.values {
                seen.insert(row.status)
                if row.isActive != (row.assignedAt != nil) { seen.insert("deactivated") }
                if row.progress == NaiveGoalpost.progressMax { seen.insert("clamped") }
                if row.lastCountedOn != nil { seen.insert("counted by day") }
                if row.progress == 0, row.lastEventAt != nil { seen.insert("zero") }
            }
            let ids = Set(oracle.configuration.goals.map(\.id))
            if oracle.rows.keys.contains(where: { !ids.contains($0.goalId) }) { seen.insert("orphan") }
            if oracle.duplicateRequestCount > 0 { seen.insert("duplicate") }
            if !oracle.delivered.isEmpty { seen.insert("delivered") }
            if oracle.grants.keys.contains(where: { oracle.outcomes[$0] == nil }) { seen.insert("outlived") }
            if history.configurations.count > 1 { seen.insert("reconfigured") }
            if oracle.players.count < history.players.count { seen.insert("unheard of") }
            let grantsByGoal = Dictionary(grouping: oracle.grants) { $0.key.userId + [0] + $0.value.goalId }
            if grantsByGoal.values.contains(where: { $0.count > 1 }) { seen.insert("claimed again") }
            for line in history.lines {
                let event = try NaiveEvent(line: line)
                names[String(String(describing: event.kind).prefix(5)), default: 0] += 1
            }
        }
        #expect(
            seen == [
                "applied", "GOAL_NOT_FOUND", "GOAL_NOT_ACTIVE", "ALREADY_CLAIMED", "GOAL_NOT_COMPLETED",
                "PREREQUISITES_NOT_MET", "not_started", "in_progress", "completed", "claimed", "deactivated",
                "clamped",
                "counted by day", "zero", "orphan", "duplicate", "delivered", "outlived", "reconfigured",
                "unheard of",
                "claimed again",
            ]
        )
        #expect(names.count == 5 && names.values.allSatisfy { $0 > 400 }, "\(names)")
    }
}
