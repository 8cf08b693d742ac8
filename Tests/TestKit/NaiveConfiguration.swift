import Foundation

/// A reward as a configuration names it.
package struct NaiveReward: Hashable, Sendable {
    package var type: String
    package var rewardId: String
    package var quantity: Int

    package init(type: String, rewardId: String, quantity: Int) {
        self.type = type
        self.rewardId = rewardId
        self.quantity = quantity
    }
}

/// One goal of a configuration.
package struct NaiveGoal: Sendable {
    package var id: [UInt8]
    package var challengeId: [UInt8]
    package var name: String
    package var description: String
    package var type: String
    package var eventSource: String
    package var daily: Bool
    package var defaultAssigned: Bool
    package var statCode: [UInt8]
    package var comparison: String
    package var target: Int
    package var reward: NaiveReward
    package var prerequisites: [[UInt8]]
}

/// One challenge of a configuration.
package struct NaiveChallenge: Sendable {
    package var id: [UInt8]
    package var name: String
    package var description: String
    package var goals: [NaiveGoal]
}

/// A challenges.json, read by Foundation into plain values; both key styles, no validation.
package struct NaiveConfiguration: Sendable {
    package let challenges: [NaiveChallenge]
    /// The goals of all challenges, in the file's order.
    package let goals: [NaiveGoal]

    /// No challenges at all.
    package init() { (challenges, goals) = ([], []) }

    package init(_ bytes: [UInt8]) throws {
        let root = try Fields(JSONSerialization.jsonObject(with: Data(bytes)), "the file")
        challenges = try root.objects("challenges").map { challenge in
            let id = try challenge.text("challengeId", "challenge_id", "id")
            return try NaiveChallenge(
                id: Array(id.utf8),
                name: challenge.text("name"),
                description: challenge.text("description", default: ""),
                goals: challenge.objects("goals").map { try Self.goal($0, challengeId: Array(id.utf8)) }
            )
        }
        goals = challenges.flatMap(\.goals)
    }

    private static func goal(_ goal: Fields, challengeId: [UInt8]) throws -> NaiveGoal {
        let requirement = try goal.object("requirement")
        let reward = try goal.object("reward")
        return try NaiveGoal(
            id: Array(goal.text("goalId", "goal_id", "id").utf8),
            challengeId: challengeId,
            name: goal.text("name"),
            description: goal.text("description", default: ""),
            type: goal.text("type", default: "absolute"),
            eventSource: goal.text("eventSource", "event_source"),
            daily: goal.flag("daily"),
            defaultAssigned: goal.flag("defaultAssigned", "default_assigned"),
            statCode: Array(requirement.text("statCode", "stat_code").utf8),
            comparison: requirement.text("operator"),
            target: requirement.number("targetValue", "target_value"),
            reward: NaiveReward(
                type: reward.text("type"),
                rewardId: reward.text("rewardId", "reward_id"),
                quantity: reward.number("quantity")
            ),
            prerequisites: goal.texts("prerequisites").map { Array($0.utf8) }
        )
    }
}

/// A JSON object whose values are asked for under any of several keys.
struct Fields {
    private let values: [String: Any]
    private let place: String

    init(_ value: Any?, _ place: String) throws {
        guard let values = value as? [String: Any] else {
            throw NaiveError.badConfiguration("\(place) is not an object")
        }
        self.values = values
        self.place = place
    }

    func value(_ keys: [String]) -> Any? { keys.lazy.compactMap { values[$0] }.first }

    func text(_ keys: String..., default fallback: String? = nil) throws -> String {
        if let text = value(keys) as? String ?? fallback { return text }
        throw NaiveError.badConfiguration("no text \(keys) in \(place)")
    }

    func number(_ keys: String...) throws -> Int {
        if let number = value(keys) as? NSNumber { return number.intValue }
        throw NaiveError.badConfiguration("no number \(keys) in \(place)")
    }

    func flag(_ keys: String...) -> Bool { value(keys) as? Bool ?? false }

    func texts(_ key: String) -> [String] { value([key]) as? [String] ?? [] }

    func object(_ key: String) throws -> Fields { try Fields(value([key]), key) }

    func objects(_ key: String) throws -> [Fields] {
        guard let list = value([key]) as? [Any] else {
            throw NaiveError.badConfiguration("no list \(key) in \(place)")
        }
        return try list.map { try Fields($0, key) }
    }
}
