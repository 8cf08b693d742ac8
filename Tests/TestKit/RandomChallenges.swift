/// A random, always valid challenges.json, and random changes to it.
///
/// Prerequisites point from later-made goals to earlier-made ones only, so they never form a cycle, but stand in
/// any order and across challenges.
package struct RandomChallenges: Sendable {
    /// One goal before it is written down.
    package struct Goal: Sendable {
        package let id: String
        package let type: String
        package let isLogin: Bool
        package let countsOncePerDay: Bool
        package let statCode: String
        package var name: String
        package var isDefault: Bool
        package var target: Int
        package var rewardId: String
        package var rewardQuantity: Int
        package var prerequisites: [String]
        /// How many goals were made before it; a prerequisite's is lower.
        let rank: Int
    }

    /// One challenge before it is written down.
    package struct Challenge: Sendable {
        package let id: String
        package let name: String
        package var goals: [Goal]
    }

    package private(set) var challenges: [Challenge] = []
    private var madeCount = 0

    package var goals: [Goal] { challenges.flatMap(\.goals) }

    private static let challengeIds = [
        "weekly", "café", "cafe\u{301}", "o'hara \"pro\"", "🏆", "events 2026",
    ]
    /// Ids that go wrong where bytes are mistaken for characters, or text for SQL or JSON.
    private static let oddGoalIds = [
        "é", "e\u{301}", "say \"hi\"", "back\\slash", "two words", "🧗🏽‍♀️", "tab\there", "'; --",
        String(repeating: "長", count: 100),
    ]
    private static let statCodes = [
        "kills", "wins", "mort\u{e9}", "morte\u{301}", "dmg \"crit\"", "score", "login",
    ]
    private static let names = [
        "First steps", "Die „Jagd“", "He said \"go\"", "🎯 Sharpshooter", "C:\\temp", "a/b", "line\nbreak",
        "Ünïcödé",
        "ctrl\u{1}\u{1f}\u{7f}", "line\u{2028}separated", "e\u{301} and é",
    ]

    /// Two to six challenges with 3 to 25 goals in all.
    package init(using random: inout SplitMix64) {
        let ids = Self.challengeIds.shuffled(using: &random).prefix(random.number(2...6))
        challenges = ids.map { Challenge(id: $0, name: random.pick(Self.names), goals: []) }
        for index in challenges.indices { addGoal(to: index, &random) }
        for _ in challenges.count..<random.number(max(3, challenges.count)...25) {
            addGoal(to: random.number(0...challenges.count - 1), &random)
        }
        for index in challenges.indices { challenges[index].goals.shuffle(using: &random) }
    }

    /// Changes some targets, rewards and defaults, removes some goals and adds some.
    package mutating func change(using random: inout SplitMix64) {
        for challenge in challenges.indices {
            for index in challenges[challenge].goals.indices {
                if random.oneIn(4) { challenges[challenge].goals[index].target = Self.target(&random) }
                if random.oneIn(6) { challenges[challenge].goals[index].isDefault.toggle() }
                if random.oneIn(6) { challenges[challenge].goals[index].rewardQuantity += 1 }
                if random.oneIn(8) { challenges[challenge].goals[index].name = random.pick(Self.names) }
            }
            let last = challenges[challenge].goals.count - 1
            if last > 0, random.oneIn(2) {
                remove(challenges[challenge].goals[random.number(0...last)].id)
            }
        }
        for _ in 0..<random.number(0...3) { addGoal(to: random.number(0...challenges.count - 1), &random) }
    }

    private mutating func remove(_ id: String) {
        for challenge in challenges.indices {
            challenges[challenge].goals.removeAll { $0.id == id && $0.id.utf8.elementsEqual(id.utf8) }
            for index in challenges[challenge].goals.indices {
                challenges[challenge].goals[index].prerequisites.removeAll { $0.utf8.elementsEqual(id.utf8) }
            }
        }
    }

    private mutating func addGoal(to challenge: Int, _ random: inout SplitMix64) {
        let type = random.pick(["absolute", "absolute", "increment", "increment", "daily"])
        let isLogin = random.oneIn(4)
        let earlier = goals.map(\.id)
        var prerequisites: [String] = []
        if !earlier.isEmpty, random.oneIn(3) {
            prerequisites = Array(earlier.shuffled(using: &random).prefix(random.number(1...2)))
        }
        let isOdd = madeCount < Self.oddGoalIds.count && random.oneIn(2)
        challenges[challenge].goals.append(
            Goal(
                id: isOdd ? Self.oddGoalIds[madeCount] : "g\(madeCount)",
                type: type,
                isLogin: isLogin,
                countsOncePerDay: type == "increment" && random.oneIn(2),
                statCode: random.pick(Self.statCodes),
                name: random.pick(Self.names),
                isDefault: random.oneIn(2),
                target: Self.target(&random),
                rewardId: random.pick(["sword", "gold \"coin\"", "💎"]),
                rewardQuantity: random.number(1...3),
                prerequisites: prerequisites,
                rank: madeCount
            )
        )
        madeCount += 1
    }

    private static func target(_ random: inout SplitMix64) -> Int {
        random.oneIn(20) ? NaiveGoalpost.progressMax : random.pick([1, 2, 3, 5, 10, 40])
    }

    // MARK: - The file

    /// The challenges.json, with camelCase or snake_case keys and some optional keys left out.
    package func bytes(using random: inout SplitMix64) -> [UInt8] {
        let isSnake = random.oneIn(3)
        let lists = challenges.map { challenge in
            let goals = challenge.goals.map { "\n    " + Self.text($0, isSnake: isSnake, &random) }
            return "{" + (isSnake ? "\"id\": " : "\"challengeId\": ") + NaiveGoalpost.quote(challenge.id)
                + ", \"name\": " + NaiveGoalpost.quote(challenge.name)
                + ", \"description\": \"Challenge \\u00e9 \\/ " + challenge.goals[0].type + "\", \"goals\": ["
                + goals.joined(separator: ",") + "]}"
        }
        return Array(("{\"challenges\": [\n" + lists.joined(separator: ",\n") + "\n]}\n").utf8)
    }

    private static func text(_ goal: Goal, isSnake: Bool, _ random: inout SplitMix64) -> String {
        func key(_ camel: String, _ snake: String) -> String { "\"" + (isSnake ? snake : camel) + "\":" }
        var parts = [
            key("goalId", "id") + NaiveGoalpost.quote(goal.id),
            "\"name\":" + NaiveGoalpost.quote(goal.name),
            "\"description\":\"Reach \(goal.target) in " + goal.type + "\"",
            key("eventSource", "event_source") + (goal.isLogin ? "\"login\"" : "\"statistic\""),
            "\"requirement\":{" + key("statCode", "stat_code") + NaiveGoalpost.quote(goal.statCode)
                + ",\"operator\":\">=\"," + key("targetValue", "target_value") + "\(goal.target)}",
            "\"reward\":{\"type\":\"" + (goal.rank.isMultiple(of: 2) ? "ITEM" : "WALLET") + "\","
                + key("rewardId", "reward_id") + NaiveGoalpost.quote(goal.rewardId)
                + ",\"quantity\":\(goal.rewardQuantity)}",
        ]
        // An absent type means absolute; absent flags are false; no prerequisites need no key.
        if goal.type != "absolute" || random.oneIn(2) { parts.append("\"type\":\"" + goal.type + "\"") }
        if goal.countsOncePerDay || random.oneIn(2) { parts.append("\"daily\":\(goal.countsOncePerDay)") }
        if goal.isDefault || random.oneIn(2) {
            parts.append(key("defaultAssigned", "default_assigned") + "\(goal.isDefault)")
        }
        if !goal.prerequisites.isEmpty || random.oneIn(2) {
            let list = goal.prerequisites.map { NaiveGoalpost.quote($0) }.joined(separator: ",")
            parts.append("\"prerequisites\":[" + list + "]")
        }
        return "{" + parts.shuffled(using: &random).joined(separator: ", ") + "}"
    }
}
