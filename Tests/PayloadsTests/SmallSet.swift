import Goals
import Payloads

/// Two challenges with every type of goal, and a day to look at them.
///
/// | goal | challenge | type | default | requires |
/// |---|---|---|---|---|
/// | `first` | c1 | absolute | yes | |
/// | `second` | c1 | increment | yes | `first` |
/// | `today` | c1 | daily | no | |
/// | `far` | c2 | increment, once a day | no | `today`, `second` |
enum SmallSet {
    static let day = UTCDay(number: 20_000)
    /// 2024-10-04T00:00:00Z, the start of `day`.
    static let midnight = day.start

    static let set = ChallengeSet(
        challenges: [
            Challenge(id: Identifier("c1"), name: "Opening", description: "", goals: 0..<3),
            Challenge(
                id: Identifier("c2"),
                name: "Späte \"Ziele\"",
                description: "a\\b\n\u{1}",
                goals: 3..<4
            ),
        ],
        goals: [
            goal("first", 0, .absolute, isDefault: true, requires: []),
            goal("second", 0, .increment, isDefault: true, requires: [0]),
            goal("today", 0, .daily, isDefault: false, requires: []),
            goal("far", 1, .increment, isDefault: false, oncePerDay: true, requires: [2, 1]),
        ]
    )

    private static func goal(
        _ id: String,
        _ challenge: Int,
        _ type: GoalType,
        isDefault: Bool,
        oncePerDay: Bool = false,
        requires: [Int]
    ) -> Goal {
        Goal(
            id: Identifier(id),
            challenge: challenge,
            name: "The \(id)",
            description: "Do \(id)",
            type: type,
            eventSource: type == .daily ? .login : .statistic,
            countsOncePerDay: oncePerDay,
            isDefaultAssigned: isDefault,
            statCode: Identifier("kills"),
            targetValue: 10,
            reward: Reward(kind: type == .absolute ? .item : .wallet, id: "sword", quantity: 2),
            prerequisites: requires
        )
    }

    static func time(_ seconds: Int64) -> Timestamp { midnight.adding(seconds: seconds) }

    static func row(
        _ goal: UInt32,
        _ status: GoalStatus,
        progress: Int32 = 0,
        isActive: Bool = true,
        assignedAt: Timestamp? = nil,
        completedAt: Timestamp? = nil,
        claimedAt: Timestamp? = nil
    ) -> ProgressRow {
        ProgressRow(
            player: 7,
            goal: goal,
            progress: progress,
            status: status,
            isActive: isActive,
            assignedAt: assignedAt,
            completedAt: completedAt,
            claimedAt: claimedAt,
            createdAt: midnight,
            updatedAt: midnight
        )
    }

    static func player(_ rows: [ProgressRow], day: UTCDay = day) -> PlayerView {
        PlayerView(firstEventAt: time(-100_000), rows: rows[...], publishDay: day)
    }
}
