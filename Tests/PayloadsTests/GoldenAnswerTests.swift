import Goals
import Payloads
import TestKit
import Testing

/// Answers as files, for the eye and against change: every type of goal in every state.
@Suite struct GoldenAnswerTests {
    /// 12 goals: four states for each type; the second challenge requires goals of the first.
    private static let set: ChallengeSet = {
        var goals: [Goal] = []
        for (number, type) in GoalType.allCases.enumerated() {
            for state in GoalStatus.allCases {
                goals.append(
                    Goal(
                        id: Identifier("\(type)-\(state)"),
                        challenge: number,
                        name: "\(type) \(state) <é>",
                        description: "line\nbreak \"quoted\"",
                        type: type,
                        eventSource: type == .increment ? .login : .statistic,
                        countsOncePerDay: type == .increment,
                        isDefaultAssigned: state != .inProgress,
                        statCode: Identifier("stat/\(type)"),
                        targetValue: 10,
                        reward: Reward(
                            kind: number == 1 ? .wallet : .item,
                            id: "gold",
                            quantity: Int32(number + 1)
                        ),
                        prerequisites: number == 1 ? [goals.count - 4, 11] : []
                    )
                )
            }
        }
        return ChallengeSet(
            challenges: GoalType.allCases.enumerated().map { number, type in
                Challenge(
                    id: Identifier("\(type)"),
                    name: "All \(type)",
                    description: "tab\t",
                    goals: (number * 4)..<(number * 4 + 4)
                )
            },
            goals: goals
        )
    }()

    private static let player: PlayerView = {
        let rows = set.goals.indices.filter { $0 % 4 > 0 }.map { index in
            let status = GoalStatus.allCases[index % 4]
            let time = SmallSet.time(Int64(index) * 3600)
            return SmallSet.row(
                UInt32(index),
                status,
                progress: Int32(index),
                isActive: index != 5,
                assignedAt: SmallSet.time(-50),
                completedAt: status == .inProgress ? nil : time,
                claimedAt: status == .claimed ? time.adding(seconds: 1) : nil
            )
        }
        return SmallSet.player(rows)
    }()

    @Test(arguments: AnswerKind.allCases)
    func `answers are as in the golden files`(kind: AnswerKind) throws {
        let renderer = try AnswerRenderer(challenges: Self.set)
        try expectGolden(renderer.templates[Int(kind.rawValue)].bytes, at: "payloads/\(kind)-template.json")
        try expectGolden(renderer.render(kind, Self.player), at: "payloads/\(kind)-player.json")
        let nextDay = PlayerView(
            firstEventAt: Self.player.firstEventAt,
            rows: Self.player.rows,
            publishDay: SmallSet.day.next
        )
        try expectGolden(renderer.render(kind, nextDay), at: "payloads/\(kind)-next-day.json")
    }
}
