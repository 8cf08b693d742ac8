/// Checks a challenges.json rule by rule and builds the `ChallengeSet`.
///
/// Rules and messages are those of the service whose configuration files this reads, plus what only its database
/// checked or nothing did: prerequisite cycles, a goal requiring itself, id lengths, the types of values.
struct ChallengeValidator {
    private typealias Value = ChallengeReader.Value

    private let line: (Int) -> Int
    private var faults: [ChallengeFault] = []
    private var challenge: String?
    private var goal: String?

    init(line: @escaping (Int) -> Int) { self.line = line }

    mutating func validate(_ raw: ChallengeReader) -> ChallengeFile.Outcome {
        switch raw.challengesValue.shape {
        case .texts where !raw.challenges.isEmpty: break
        case .texts, .absent, .null:
            report(raw.challengesValue.place, "config must have at least one challenge")
        default: report(raw.challengesValue.place, "'challenges' must be a list of objects")
        }
        var challenges: [Challenge] = []
        var goals: [Goal] = []
        var places: [Int] = []
        var prerequisites: [ChallengeReader.Value] = []
        var challengeIDs: Set<Identifier> = []
        for rawChallenge in raw.challenges {
            challenge = rawChallenge.id.text ?? ""
            goal = nil
            let id = checkedID(rawChallenge.id, rawChallenge.place, "challenge ID cannot be empty")
            let name = required(rawChallenge.name, rawChallenge.place, "challenge name cannot be empty")
            let description = text(rawChallenge.description, "description")
            switch rawChallenge.goalsValue.shape {
            case .texts where !rawChallenge.goals.isEmpty: break
            case .texts, .absent, .null: report(rawChallenge.place, "challenge must have at least one goal")
            default: report(rawChallenge.goalsValue.place, "'goals' must be a list of objects")
            }
            if let id, !challengeIDs.insert(Identifier(id)).inserted {
                challenge = nil
                report(rawChallenge.id.place, "duplicate challenge ID: \(id)")
                challenge = id
            }
            let first = goals.count
            for rawGoal in rawChallenge.goals {
                goals.append(read(rawGoal, challenge: challenges.count))
                places.append(rawGoal.place)
                prerequisites.append(rawGoal.prerequisites)
            }
            challenges.append(
                Challenge(
                    id: Identifier(id ?? ""),
                    name: name,
                    description: description,
                    goals: first..<goals.count
                )
            )
        }
        challenge = nil
        goal = nil
        let ids = checkUnique(goals, challenges, places)
        link(&goals, ids, prerequisites)
        if faults.isEmpty { checkCycles(goals, places) }
        guard faults.isEmpty else { return .invalid(faults.sorted { $0.line < $1.line }) }
        return .valid(ChallengeSet(challenges: challenges, goals: goals))
    }

    // MARK: One goal

    private mutating func read(_ raw: ChallengeReader.RawGoal, challenge: Int) -> Goal {
        goal = raw.id.text ?? ""
        defer { goal = nil }
        let id = checkedID(raw.id, raw.place, "goal ID cannot be empty")
        let name = required(raw.name, raw.place, "goal name cannot be empty")
        let type = checkedType(raw)
        let source = checkedSource(raw)
        let isDaily = flag(raw.daily, "daily")
        if isDaily, type != .increment {
            report(
                raw.daily.place,
                "daily flag can only be true for increment-type goals (current type: '\(type.rawValue)')"
            )
        }
        shape(raw.requirement, "requirement")
        shape(raw.reward, "reward")
        let statCode = checkedID(
            raw.statCode,
            raw.requirement.isMissing ? raw.place : raw.requirement.place,
            "stat_code cannot be empty"
        )
        if raw.comparison.text != ">=" {
            let found = raw.comparison.text ?? ""
            report(place(raw.comparison, raw), "unsupported operator '\(found)' (only '>=' supported)")
        }
        let target = positive(raw.target, place(raw.target, raw), "target_value must be positive")
        return Goal(
            id: Identifier(id ?? ""),
            challenge: challenge,
            name: name,
            description: text(raw.description, "description"),
            type: type,
            eventSource: source,
            countsOncePerDay: isDaily,
            isDefaultAssigned: flag(raw.defaultAssigned, "defaultAssigned"),
            statCode: Identifier(statCode ?? ""),
            targetValue: target,
            reward: reward(raw),
            prerequisites: []
        )
    }

    private mutating func checkedType(_ raw: ChallengeReader.RawGoal) -> GoalType {
        if raw.type.isMissing || raw.type.text == "" { return .absolute }
        if let text = raw.type.text, let type = GoalType(rawValue: text) { return type }
        report(
            raw.type.place,
            "invalid goal type '\(raw.type.text ?? "")' (must be 'absolute', 'increment', or 'daily')"
        )
        return .absolute
    }

    private mutating func checkedSource(_ raw: ChallengeReader.RawGoal) -> EventSource {
        let text = raw.eventSource.text ?? ""
        if let source = EventSource(rawValue: text) { return source }
        if raw.eventSource.isMissing || text.isEmpty, raw.eventSource.shape != .other {
            report(place(raw.eventSource, raw), "event_source cannot be empty")
        } else {
            report(raw.eventSource.place, "invalid event_source '\(text)' (must be 'login' or 'statistic')")
        }
        return .login
    }

    private mutating func reward(_ raw: ChallengeReader.RawGoal) -> Reward {
        let text = raw.rewardType.text ?? ""
        let kind = Reward.Kind(rawValue: text)
        if kind == nil {
            report(
                place(raw.rewardType, raw),
                "unsupported reward type '\(text)' (only 'ITEM' or 'WALLET' allowed)"
            )
        }
        let id = required(raw.rewardID, raw.place, "reward_id cannot be empty")
        let quantity = positive(raw.quantity, place(raw.quantity, raw), "reward quantity must be positive")
        return Reward(kind: kind ?? .item, id: id, quantity: quantity)
    }

    // MARK: Between goals

    private mutating func checkUnique(
        _ goals: [Goal],
        _ challenges: [Challenge],
        _ places: [Int]
    ) -> [Identifier: Int] {
        var ids: [Identifier: Int] = [:]
        for (index, goal) in goals.enumerated() where !goal.id.utf8.isEmpty {
            if ids[goal.id] == nil {
                ids[goal.id] = index
            } else {
                report(places[index], "duplicate goal ID: \(goal.id)")
            }
        }
        return ids
    }

    private mutating func link(
        _ goals: inout [Goal],
        _ ids: [Identifier: Int],
        _ prerequisites: [ChallengeReader.Value]
    ) {
        for (index, value) in prerequisites.enumerated() where !value.isMissing {
            guard case .texts(let names) = value.shape else {
                report(
                    value.place,
                    "goal '\(goals[index].id)' has prerequisites that are not a list of goal ids"
                )
                continue
            }
            var links: [Int] = []
            for name in names {
                guard let target = ids[Identifier(name)] else {
                    report(
                        value.place,
                        "goal '\(goals[index].id)' has invalid prerequisite: '\(name)' does not exist"
                    )
                    continue
                }
                if target == index {
                    report(value.place, "goal '\(name)' has itself as a prerequisite")
                } else if links.contains(target) {
                    report(value.place, "goal '\(goals[index].id)' has the prerequisite '\(name)' twice")
                } else {
                    links.append(target)
                }
            }
            let goal = goals[index]
            goals[index] = Goal(
                id: goal.id,
                challenge: goal.challenge,
                name: goal.name,
                description: goal.description,
                type: goal.type,
                eventSource: goal.eventSource,
                countsOncePerDay: goal.countsOncePerDay,
                isDefaultAssigned: goal.isDefaultAssigned,
                statCode: goal.statCode,
                targetValue: goal.targetValue,
                reward: goal.reward,
                prerequisites: links
            )
        }
    }

    /// Removes goals without open prerequisites until none is left; what stays is in a cycle or behind one.
    private mutating func checkCycles(_ goals: [Goal], _ places: [Int]) {
        var open = goals.map(\.prerequisites.count)
        var dependents = [[Int]](repeating: [], count: goals.count)
        for (index, goal) in goals.enumerated() {
            for prerequisite in goal.prerequisites { dependents[prerequisite].append(index) }
        }
        var ready = open.indices.filter { open[$0] == 0 }
        var isDone = [Bool](repeating: false, count: goals.count)
        while let index = ready.popLast() {
            isDone[index] = true
            for dependent in dependents[index] {
                open[dependent] -= 1
                if open[dependent] == 0 { ready.append(dependent) }
            }
        }
        guard let start = isDone.firstIndex(of: false) else { return }
        // Every goal left has a prerequisite that is left, so following those must come round.
        var path: [Int] = []
        var index = start
        while !path.contains(index) {
            path.append(index)
            index = goals[index].prerequisites.first { !isDone[$0] } ?? index
        }
        let cycle = path[(path.firstIndex(of: index) ?? 0)...] + [index]
        let names = cycle.map { "'\(goals[$0].id)'" }.joined(separator: " → ")
        report(places[index], "prerequisites form a cycle: \(names)")
    }

    // MARK: Values

    private func place(_ value: Value, _ raw: ChallengeReader.RawGoal) -> Int {
        value.shape == .absent ? raw.place : value.place
    }

    private mutating func required(_ value: Value, _ fallback: Int, _ message: String) -> String {
        if case .text(let text) = value.shape, !text.isEmpty { return text }
        report(value.shape == .absent ? fallback : value.place, message)
        return ""
    }

    /// An id that the tables can hold; nil when it is none.
    private mutating func checkedID(_ value: Value, _ fallback: Int, _ message: String) -> String? {
        let text = required(value, fallback, message)
        guard !text.isEmpty else { return nil }
        guard text.unicodeScalars.count <= Identifier.scalarsMax, !text.unicodeScalars.contains("\0") else {
            report(
                value.place,
                "'\(text.prefix(40))…' is no id: at most \(Identifier.scalarsMax) characters, no U+0000"
            )
            return nil
        }
        return text
    }

    private mutating func text(_ value: Value, _ name: String) -> String {
        switch value.shape {
        case .absent, .null: return ""
        case .text(let text): return text
        default:
            report(value.place, "'\(name)' must be a string")
            return ""
        }
    }

    private mutating func flag(_ value: Value, _ name: String) -> Bool {
        switch value.shape {
        case .absent, .null: return false
        case .bool(let flag): return flag
        default:
            report(value.place, "'\(name)' must be true or false")
            return false
        }
    }

    private mutating func positive(_ value: Value, _ place: Int, _ message: String) -> Int32 {
        if case .number(let number) = value.shape, number >= 1, number <= Double(Int32.max),
            number == number.rounded()
        {
            return Int32(number)
        }
        if case .number(let number) = value.shape, number > 0 {
            report(place, message + ": a whole number of at most \(Int32.max) is wanted")
        } else {
            report(place, message)
        }
        return 1
    }

    private mutating func shape(_ value: Value, _ name: String) {
        switch value.shape {
        case .absent, .null, .other: return
        default: report(value.place, "'\(name)' must be an object")
        }
    }

    private mutating func report(_ place: Int, _ message: String) {
        guard faults.count < ChallengeFile.faultsMax else { return }
        faults.append(ChallengeFault(line: line(place), challenge: challenge, goal: goal, message: message))
    }
}
