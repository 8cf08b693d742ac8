/// The goals a log segment is folded with: a validated challenges.json, indexed.
///
/// Goals are numbered across all challenges in configuration order; that number is the `goal` of a
/// `ProgressRow`. Made only by `ChallengeFile.read`, which checks every rule first.
package struct ChallengeSet: Sendable {
    package let challenges: [Challenge]
    /// All goals in configuration order.
    package let goals: [Goal]
    /// Goals with eventSource login, ascending.
    package let loginGoals: [Int]
    private let goalsByID: [Identifier: Int]
    private let statNumbers: [Identifier: Int]
    /// Goals with eventSource statistic by stat number, each list ascending.
    package let statGoals: [[Int]]

    package init(challenges: [Challenge], goals: [Goal]) {
        self.challenges = challenges
        self.goals = goals
        loginGoals = goals.indices.filter { goals[$0].eventSource == .login }
        goalsByID = Dictionary(
            uniqueKeysWithValues: goals.enumerated().map { ($0.element.id, $0.offset) }
        )
        var numbers: [Identifier: Int] = [:]
        var lists: [[Int]] = []
        for (index, goal) in goals.enumerated() where goal.eventSource == .statistic {
            if let number = numbers[goal.statCode] {
                lists[number].append(index)
            } else {
                numbers[goal.statCode] = lists.count
                lists.append([index])
            }
        }
        statNumbers = numbers
        statGoals = lists
    }

    package func goalIndex(_ id: Identifier) -> Int? { goalsByID[id] }
    /// The index of the goal if it is in that challenge; an unknown goal and a wrong challenge are alike.
    package func goalIndex(_ id: Identifier, in challenge: Identifier) -> Int? {
        guard let index = goalsByID[id], challenges[goals[index].challenge].id == challenge else {
            return nil
        }
        return index
    }
    /// The number of a stat code that some statistic goal counts, else nil.
    package func statNumber(_ code: Identifier) -> Int? { statNumbers[code] }
    package var statCodes: [Identifier] { statNumbers.sorted { $0.value < $1.value }.map(\.key) }
}

/// One challenge: a named run of goals.
package struct Challenge: Hashable, Sendable {
    package let id: Identifier
    package let name: String
    package let description: String
    /// Indices into `ChallengeSet.goals`; never empty.
    package let goals: Range<Int>

    package init(id: Identifier, name: String, description: String, goals: Range<Int>) {
        self.id = id
        self.name = name
        self.description = description
        self.goals = goals
    }
}

/// How a goal counts.
package enum GoalType: String, Sendable, CaseIterable {
    /// Progress is the stat's value.
    case absolute
    /// Progress is the number of events, or of days with `Goal.countsOncePerDay`.
    case increment
    /// Completed by any event, for that UTC day.
    case daily
}

/// Which events a goal counts.
package enum EventSource: String, Sendable, CaseIterable { case login, statistic }

/// What a claim gives.
package struct Reward: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable, Codable { case item = "ITEM", wallet = "WALLET" }
    package let kind: Kind
    package let id: String
    /// 1 or more.
    package let quantity: Int32

    package init(kind: Kind, id: String, quantity: Int32) {
        self.kind = kind
        self.id = id
        self.quantity = quantity
    }
}

/// One goal of the configuration.
package struct Goal: Hashable, Sendable {
    package let id: Identifier
    /// Index into `ChallengeSet.challenges`.
    package let challenge: Int
    package let name: String
    package let description: String
    package let type: GoalType
    package let eventSource: EventSource
    /// `daily: true` of an increment goal: at most one count a UTC day.
    package let countsOncePerDay: Bool
    /// Active for every player from their first event on.
    package let isDefaultAssigned: Bool
    package let statCode: Identifier
    /// The comparison with the target; `>=` is the only one there is.
    package let comparison: String
    /// 1 or more.
    package let targetValue: Int32
    package let reward: Reward
    /// Indices into `ChallengeSet.goals`, in the configuration's order.
    package let prerequisites: [Int]

    package init(
        id: Identifier,
        challenge: Int,
        name: String,
        description: String,
        type: GoalType,
        eventSource: EventSource,
        countsOncePerDay: Bool,
        isDefaultAssigned: Bool,
        statCode: Identifier,
        comparison: String = ">=",
        targetValue: Int32,
        reward: Reward,
        prerequisites: [Int]
    ) {
        self.id = id
        self.challenge = challenge
        self.name = name
        self.description = description
        self.type = type
        self.eventSource = eventSource
        self.countsOncePerDay = countsOncePerDay
        self.isDefaultAssigned = isDefaultAssigned
        self.statCode = statCode
        self.comparison = comparison
        self.targetValue = targetValue
        self.reward = reward
        self.prerequisites = prerequisites
    }
}
