package import Goals

/// Goals and challenges by number over all configurations that a replay passes.
///
/// A goal keeps its number when the configuration changes, also when it is removed: its rows stay.
package struct GoalCatalogue: Hashable, Sendable {
    /// In the order in which they were first seen; the index is the number.
    package private(set) var goals: [Identifier] = []
    package private(set) var challenges: [Identifier] = []
    private var goalNumbers: [Identifier: UInt32] = [:]
    private var challengeNumbers: [Identifier: UInt32] = [:]

    package init() {}

    package func goalNumber(_ id: Identifier) -> UInt32? { goalNumbers[id] }
    package func challengeNumber(_ id: Identifier) -> UInt32? { challengeNumbers[id] }

    /// Numbers the set's goals and challenges that have no number yet.
    package mutating func add(_ set: ChallengeSet) {
        for challenge in set.challenges { _ = add(challenge: challenge.id) }
        for goal in set.goals { _ = add(goal: goal.id) }
    }

    /// The goal's number, a new one where it has none.
    package mutating func add(goal id: Identifier) -> UInt32 {
        if let number = goalNumbers[id] { return number }
        let number = UInt32(goals.count)
        goals.append(id)
        goalNumbers[id] = number
        return number
    }

    /// The challenge's number, a new one where it has none.
    package mutating func add(challenge id: Identifier) -> UInt32 {
        if let number = challengeNumbers[id] { return number }
        let number = UInt32(challenges.count)
        challenges.append(id)
        challengeNumbers[id] = number
        return number
    }
}
