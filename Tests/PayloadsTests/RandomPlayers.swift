import Goals
import Payloads
import TestKit

/// Challenge sets and players for property tests, all from one seed.
struct RandomPlayers {
    var random: SplitMix64
    let set: ChallengeSet
    static let publishDay = UTCDay(number: 20_400)

    init(seed: UInt64, challengeCount: Int? = nil, goalsPerChallenge: Int? = nil, plainText: Bool = false) {
        var random = SplitMix64(seed: seed)
        var goals: [Goal] = []
        var challenges: [Challenge] = []
        let count = challengeCount ?? Int.random(in: 1...6, using: &random)
        let total = (0..<count).map { _ in goalsPerChallenge ?? Int.random(in: 1...12, using: &random) }
        for challenge in 0..<count {
            let start = goals.count
            for _ in 0..<total[challenge] {
                goals.append(
                    Self.goal(goals.count, challenge, total.reduce(0, +), plainText, &random)
                )
            }
            challenges.append(
                Challenge(
                    id: Identifier("c\(challenge)"),
                    name: "Challenge \(challenge)",
                    description: plainText ? "Season \(challenge)" : "\u{1}\t\"quoted\" \\ é 🎯 </b>&",
                    goals: start..<goals.count
                )
            )
        }
        set = ChallengeSet(challenges: challenges, goals: goals)
        self.random = random
    }

    private static func goal(
        _ index: Int,
        _ challenge: Int,
        _ total: Int,
        _ plainText: Bool,
        _ random: inout SplitMix64
    ) -> Goal {
        let long = plainText ? "" : String(repeating: "x", count: Int.random(in: 0...40, using: &random))
        let type = GoalType.allCases.randomElement(using: &random) ?? .absolute
        // Prerequisites point to later and earlier goals, also in other challenges; cycles do no harm here.
        let prerequisites =
            random.chance(30)
            ? (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 0..<total, using: &random)
            }
            : []
        return Goal(
            id: Identifier("goal-\(index)-é\"\(long)"),
            challenge: challenge,
            name: "Goal \(index) \(long)",
            description: "Do it \(index) times\n",
            type: type,
            eventSource: random.chance(20) ? .login : .statistic,
            countsOncePerDay: false,
            isDefaultAssigned: random.chance(60),
            statCode: Identifier("stat_\(index % 7)"),
            targetValue: .random(in: 1...Int32.max, using: &random),
            reward: Reward(
                kind: random.chance(50) ? .item : .wallet,
                id: "reward\(index)",
                quantity: .random(in: 1...500, using: &random)
            ),
            prerequisites: prerequisites
        )
    }

    mutating func player(rowPercent: Int? = nil) -> RandomPlayer {
        let percent = rowPercent ?? [0, 3, 20, 60, 100].randomElement(using: &random) ?? 0
        var rows: [ProgressRow] = []
        for goal in set.goals.indices where random.chance(percent) { rows.append(row(goal)) }
        return RandomPlayer(firstEventAt: time(), rows: rows)
    }

    private mutating func row(_ goal: Int) -> ProgressRow {
        let status = GoalStatus.allCases.randomElement(using: &random) ?? .notStarted
        let isDone = status == .completed || status == .claimed
        return ProgressRow(
            player: 0,
            goal: UInt32(goal),
            progress: status == .notStarted
                ? 0 : [0, 1, 7, 42, 1234, Int32.max].randomElement(using: &random) ?? 0,
            status: status,
            isActive: random.chance(80),
            assignedAt: random.chance(90) ? time() : nil,
            completedAt: isDone ? time() : nil,
            claimedAt: status == .claimed ? time() : nil,
            createdAt: time(),
            updatedAt: time()
        )
    }

    /// Times around the publish day, so that some daily goals are over and some are not.
    private mutating func time() -> Timestamp {
        let base = Self.publishDay.start.microseconds
        return Timestamp(
            microseconds: base + .random(in: -3_000_000_000_00...172_799_999_999, using: &random)
        )
    }
}

/// A player of `RandomPlayers`.
struct RandomPlayer {
    let firstEventAt: Timestamp
    let rows: [ProgressRow]
    var publishDay = RandomPlayers.publishDay

    var view: PlayerView { PlayerView(firstEventAt: firstEventAt, rows: rows[...], publishDay: publishDay) }
}
