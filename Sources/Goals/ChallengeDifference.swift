/// What one configuration changes against another, goal by goal, for people to read before they apply it.
package struct ChallengeDifference: Sendable, Equatable {
    /// Lines such as `+ goal g1 in challenge c1`, `- goal g2`, `~ goal g3: target 10 → 20`.
    package let lines: [String]

    package var isEmpty: Bool { lines.isEmpty }

    package init(from old: ChallengeSet, to new: ChallengeSet) {
        var lines: [String] = []
        let oldChallenges = Dictionary(uniqueKeysWithValues: old.challenges.map { ($0.id, $0) })
        let newChallenges = Set(new.challenges.map(\.id))
        for challenge in old.challenges where !newChallenges.contains(challenge.id) {
            lines.append("- challenge \(challenge.id)")
        }
        for challenge in new.challenges {
            guard let before = oldChallenges[challenge.id] else {
                lines.append("+ challenge \(challenge.id)")
                continue
            }
            lines += Self.change("~ challenge \(challenge.id): name", before.name, challenge.name)
            lines += Self.change(
                "~ challenge \(challenge.id): description",
                before.description,
                challenge.description
            )
        }
        for goal in old.goals where new.goalIndex(goal.id) == nil {
            lines.append("- goal \(goal.id): its rows are kept and shown nowhere")
        }
        for goal in new.goals {
            let challenge = new.challenges[goal.challenge].id
            if let index = old.goalIndex(goal.id) {
                lines += Self.changes(old, old.goals[index], new, goal)
            } else {
                lines.append("+ goal \(goal.id) in challenge \(challenge)")
            }
        }
        if lines.isEmpty,
            old.goals.map(\.id) != new.goals.map(\.id) || old.challenges.map(\.id) != new.challenges.map(\.id)
        {
            lines.append("~ order of goals or challenges")
        }
        self.lines = lines
    }

    private static func changes(
        _ oldSet: ChallengeSet,
        _ old: Goal,
        _ newSet: ChallengeSet,
        _ new: Goal
    ) -> [String] {
        let head = "~ goal \(new.id): "
        func ids(_ set: ChallengeSet, _ goal: Goal) -> String {
            goal.prerequisites.map { "\(set.goals[$0].id)" }.joined(separator: ", ")
        }
        return change(
            head + "challenge",
            oldSet.challenges[old.challenge].id,
            newSet.challenges[new.challenge].id
        )
            + change(head + "name", old.name, new.name)
            + change(head + "description", old.description, new.description)
            + change(head + "type", old.type.rawValue, new.type.rawValue)
            + change(head + "eventSource", old.eventSource.rawValue, new.eventSource.rawValue)
            + change(head + "daily", old.countsOncePerDay, new.countsOncePerDay)
            + change(head + "defaultAssigned", old.isDefaultAssigned, new.isDefaultAssigned)
            + change(head + "statCode", old.statCode, new.statCode)
            + change(head + "target", old.targetValue, new.targetValue)
            + change(head + "reward", text(old.reward), text(new.reward))
            + change(head + "prerequisites", ids(oldSet, old), ids(newSet, new))
    }

    private static func text(_ reward: Reward) -> String {
        "\(reward.quantity) × \(reward.kind.rawValue) \(reward.id)"
    }

    private static func change<Value: Equatable & CustomStringConvertible>(
        _ what: String,
        _ old: Value,
        _ new: Value
    ) -> [String] {
        // As bytes: two spellings of one name are a change that players see.
        guard !old.description.utf8.elementsEqual(new.description.utf8) else { return [] }
        return ["\(what) \(old.description) → \(new.description)"]
    }
}
