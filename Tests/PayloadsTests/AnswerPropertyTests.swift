import Foundation
import Goals
import Payloads
import TestKit
import Testing

/// Rendered answers parsed again and held against the rows.
@Suite struct AnswerPropertyTests {
    private static let listedKeys = [
        "goalId", "name", "description", "requirement", "reward", "prerequisites", "progress", "status",
        "locked",
        "completedAt", "claimedAt", "isActive", "expiresAt", "expiresInSeconds",
    ]
    private static let assignedKeys = [
        "challengeId", "goalId", "name", "description", "isActive", "assignedAt", "expiresAt", "progress",
        "target", "status", "requirement", "reward",
    ]

    @Test(arguments: UInt64(100)..<130)
    func `answers are well-formed and say what the rows say`(seed: UInt64) throws {
        var players = RandomPlayers(seed: seed)
        let renderer = try AnswerRenderer(challenges: players.set)
        for _ in 0..<10 {
            let player = players.player()
            let expected = players.set.goals.indices.map { Expected($0, players.set, player) }
            try checkListed(
                renderer.render(.challenges, player.view),
                players.set,
                expected,
                activeOnly: false
            )
            try checkListed(
                renderer.render(.activeOnly, player.view),
                players.set,
                expected,
                activeOnly: true
            )
            try checkAssigned(renderer.render(.initialize, player.view), players.set, expected)
        }
    }

    /// What a goal must show, worked out without the room's own types.
    private struct Expected {
        var status = "not_started"
        var progress: Int32 = 0
        var isActive: Bool
        var completedAt: Timestamp?
        var claimedAt: Timestamp?
        var assignedAt: Timestamp?
        var isDone: Bool { status == "completed" || status == "claimed" }

        init(_ goal: Int, _ set: ChallengeSet, _ player: RandomPlayer) {
            let definition = set.goals[goal]
            guard let row = player.rows.first(where: { $0.goal == UInt32(goal) }) else {
                isActive = definition.isDefaultAssigned
                assignedAt = player.firstEventAt
                return
            }
            isActive = row.isActive
            assignedAt = row.assignedAt
            let isOver =
                definition.type == .daily
                && (row.completedAt?.microseconds ?? .max) < player.publishDay.start.microseconds
            if isOver { return }
            status = row.status.text
            progress = row.progress
            completedAt = row.completedAt
            claimedAt = row.claimedAt
        }
    }

    private func checkListed(
        _ bytes: [UInt8],
        _ set: ChallengeSet,
        _ expected: [Expected],
        activeOnly: Bool
    ) throws {
        let tree = try JSONTree(parsing: bytes)
        #expect(tree.keys == ["challenges"])
        let shown = set.challenges.filter { challenge in
            !activeOnly || challenge.goals.contains { expected[$0].isActive }
        }
        let challenges = tree["challenges"].array
        #expect(challenges.map { $0["challengeId"].string } == shown.map(\.id.description))
        for (challenge, definition) in zip(challenges, shown) {
            #expect(challenge.keys == ["challengeId", "name", "description", "goals"])
            #expect(challenge["description"].string == definition.description)
            let goals = definition.goals.filter { !activeOnly || expected[$0].isActive }
            #expect(challenge["goals"].array.count == goals.count)
            for (tree, goal) in zip(challenge["goals"].array, goals) {
                #expect(tree.keys == Self.listedKeys)
                check(tree, set.goals[goal], expected[goal])
                let isLocked = set.goals[goal].prerequisites.contains { !expected[$0].isDone }
                #expect(tree["locked"] == .other("\(isLocked)"))
                #expect(tree["isActive"] == .other("\(expected[goal].isActive)"))
                #expect(tree["completedAt"].string == Self.text(expected[goal].completedAt))
                #expect(tree["claimedAt"].string == Self.text(expected[goal].claimedAt))
                #expect(
                    tree["prerequisites"].array.map(\.string)
                        == set.goals[goal].prerequisites.map { set.goals[$0].id.description }
                )
                #expect(tree["expiresAt"] == .string(""))
                #expect(tree["expiresInSeconds"] == .other("0"))
            }
        }
    }

    private func checkAssigned(_ bytes: [UInt8], _ set: ChallengeSet, _ expected: [Expected]) throws {
        let tree = try JSONTree(parsing: bytes)
        #expect(tree.keys == ["assignedGoals", "newAssignments", "totalActive"])
        let goals = set.goals.indices.filter { expected[$0].isActive }
        #expect(tree["newAssignments"] == .other("0"))
        #expect(tree["totalActive"] == .other("\(goals.count)"))
        #expect(tree["assignedGoals"].array.count == goals.count)
        for (tree, goal) in zip(tree["assignedGoals"].array, goals) {
            #expect(tree.keys == Self.assignedKeys)
            check(tree, set.goals[goal], expected[goal])
            #expect(tree["challengeId"].string == set.challenges[set.goals[goal].challenge].id.description)
            #expect(tree["assignedAt"].string == Self.text(expected[goal].assignedAt))
            #expect(tree["target"] == .other("\(set.goals[goal].targetValue)"))
            #expect(tree["isActive"] == .other("true"))
        }
    }

    private func check(_ tree: JSONTree, _ goal: Goal, _ expected: Expected) {
        #expect(tree["goalId"].string == goal.id.description)
        #expect(tree["name"].string == goal.name)
        #expect(tree["description"].string == goal.description)
        #expect(tree["progress"] == .other("\(expected.progress)"))
        #expect(tree["status"].string == expected.status)
        #expect(tree["requirement"].keys == ["statCode", "operator", "targetValue"])
        #expect(tree["requirement"]["targetValue"] == .other("\(goal.targetValue)"))
        #expect(tree["reward"].keys == ["type", "rewardId", "quantity"])
        #expect(tree["reward"]["type"].string == goal.reward.kind.rawValue)
    }

    /// A time as Foundation writes it.
    private static func text(_ time: Timestamp?) -> String {
        guard let time else { return "" }
        let seconds = (Double(time.microseconds) / 1_000_000).rounded(.down)
        return Date(timeIntervalSince1970: seconds).formatted(.iso8601)
    }
}
