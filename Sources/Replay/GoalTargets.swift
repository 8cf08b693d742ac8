import Fold
import Goals

/// What the signals of one configuration reach: for each login or stat code the goals, as a state numbers them.
struct GoalTargets: Sendable {
    /// One goal of the configuration.
    struct Target: Sendable {
        let rule: GoalRule
        /// Catalogue number.
        let goal: UInt32
        /// What a row of the goal is filed under: the goal and its challenge.
        let kind: UInt32
        /// The goal was in other challenges before: its rows may be filed under those.
        fileprivate(set) var isMoved = false
    }

    /// By index into the set's goals.
    private(set) var goals: [Target] = []
    /// Goal indices by signal, one list after another; behind them each goal by itself, as requests name it.
    private(set) var signals: [UInt32] = []
    /// What rows of the signals' goals are filed under, in the same order.
    private(set) var signalKinds: [UInt32] = []
    /// Whether any goal was in another challenge before.
    private(set) var hasMoved = false
    private(set) var login: Range<Int> = 0..<0
    /// How many login goals are active by default: rows that a first login makes.
    private(set) var defaultLogins = 0
    /// By stat number.
    private(set) var stats: [Range<Int>] = []

    /// `statCodes` gives the stats their numbers.
    init(
        _ challenges: ChallengeSet,
        statCodes: [Identifier],
        catalogue: GoalCatalogue,
        kinds: inout RowKinds
    ) {
        for goal in challenges.goals {
            let number = catalogue.goalNumber(goal.id) ?? 0
            let challenge = catalogue.challengeNumber(challenges.challenges[goal.challenge].id) ?? 0
            let kind = kinds.kind(goal: number, challenge: challenge)
            goals.append(Target(rule: GoalRule(goal), goal: number, kind: kind))
        }
        for index in goals.indices { goals[index].isMoved = kinds.isMoved(goals[index].goal) }
        hasMoved = goals.contains(where: \.isMoved)
        login = append(challenges.loginGoals)
        defaultLogins = challenges.loginGoals.count { challenges.goals[$0].isDefaultAssigned }
        stats = statCodes.map { code in
            append(challenges.statNumber(code).map { challenges.statGoals[$0] } ?? [])
        }
        _ = append(Array(goals.indices))
    }

    /// The list that holds only this goal.
    func only(_ goal: UInt32) -> Range<Int> {
        let start = signals.count - goals.count + Int(goal)
        return start..<(start + 1)
    }

    private mutating func append(_ list: [Int]) -> Range<Int> {
        let start = signals.count
        signals += list.map { UInt32($0) }
        signalKinds += list.map { goals[$0].kind }
        return start..<signals.count
    }
}

/// Numbers for what a row is of: a goal in a challenge, since a row keeps the challenge of its last change.
struct RowKinds: Sendable {
    private(set) var goals: [UInt32] = []
    private(set) var challenges: [UInt32] = []
    private var kindsByGoal: [[UInt32]] = []

    mutating func kind(goal: UInt32, challenge: UInt32) -> UInt32 {
        while kindsByGoal.count <= Int(goal) { kindsByGoal.append([]) }
        if let kind = kindsByGoal[Int(goal)].first(where: { challenges[Int($0)] == challenge }) {
            return kind
        }
        let kind = UInt32(goals.count)
        goals.append(goal)
        challenges.append(challenge)
        kindsByGoal[Int(goal)].append(kind)
        return kind
    }

    func isMoved(_ goal: UInt32) -> Bool { kindsByGoal[Int(goal)].count > 1 }

    /// All kinds of rows that a goal may have.
    func kinds(of goal: UInt32) -> [UInt32] { kindsByGoal[Int(goal)] }
}
