/// The three answers a player can ask for.
package enum NaiveAnswerKind: String, CaseIterable, Sendable { case initialize, challenges, activeOnly }

extension NaiveGoalpost {
    /// The answer a player gets on a UTC day (counted from 1970), by the configuration that governs the log's end.
    ///
    /// A player without events gets the template.
    package func answer(_ userId: [UInt8], _ kind: NaiveAnswerKind, publishDay: Int) -> String {
        kind == .initialize
            ? initialize(userId, publishDay)
            : challengeList(userId, publishDay, activeOnly: kind == .activeOnly)
    }

    /// The answer for a player without events.
    package func template(_ kind: NaiveAnswerKind) -> String {
        // No event can have this id: a user id has at least one scalar.
        answer([], kind, publishDay: 0)
    }

    /// What an answer shows of a row: a daily goal of an earlier day looks like a new one.
    private func shown(_ userId: [UInt8], _ goal: NaiveGoal, _ publishDay: Int) -> NaiveRow {
        var row = row(userId, goal)
        guard goal.type == "daily" else { return row }
        if let completedAt = row.completedAt, NaiveTime.day(completedAt) >= publishDay { return row }
        row.progress = 0
        row.status = "not_started"
        row.completedAt = nil
        row.claimedAt = nil
        return row
    }

    private func initialize(_ userId: [UInt8], _ publishDay: Int) -> String {
        var assigned: [String] = []
        for goal in configuration.goals {
            let row = shown(userId, goal, publishDay)
            guard row.isActive else { continue }
            var text = "{\"challengeId\":" + Self.quote(goal.challengeId)
            text += ",\"goalId\":" + Self.quote(goal.id)
            text += ",\"name\":" + Self.quote(goal.name)
            text += ",\"description\":" + Self.quote(goal.description)
            text += ",\"isActive\":true"
            text += ",\"assignedAt\":\"" + NaiveTime.format(row.assignedAt) + "\""
            text += ",\"expiresAt\":\"\""
            text += ",\"progress\":\(row.progress)"
            text += ",\"target\":\(goal.target)"
            text += ",\"status\":\"" + row.status + "\""
            text += ",\"requirement\":" + Self.requirement(goal)
            text += ",\"reward\":" + Self.reward(goal) + "}"
            assigned.append(text)
        }
        let newAssignments = players[userId] == nil ? assigned.count : 0
        return "{\"assignedGoals\":[" + assigned.joined(separator: ",")
            + "],\"newAssignments\":\(newAssignments),\"totalActive\":\(assigned.count)}"
    }

    private func challengeList(_ userId: [UInt8], _ publishDay: Int, activeOnly: Bool) -> String {
        var challenges: [String] = []
        for challenge in configuration.challenges {
            var goals: [String] = []
            for goal in challenge.goals {
                let row = shown(userId, goal, publishDay)
                if activeOnly, !row.isActive { continue }
                let locked = goal.prerequisites.contains { id in
                    guard let prerequisite = configuration.goals.first(where: { $0.id == id }) else {
                        return true
                    }
                    return !["completed", "claimed"].contains(shown(userId, prerequisite, publishDay).status)
                }
                var text = "{\"goalId\":" + Self.quote(goal.id)
                text += ",\"name\":" + Self.quote(goal.name)
                text += ",\"description\":" + Self.quote(goal.description)
                text += ",\"requirement\":" + Self.requirement(goal)
                text += ",\"reward\":" + Self.reward(goal)
                text +=
                    ",\"prerequisites\":[" + goal.prerequisites.map(Self.quote).joined(separator: ",") + "]"
                text += ",\"progress\":\(row.progress)"
                text += ",\"status\":\"" + row.status + "\""
                text += ",\"locked\":\(locked)"
                text += ",\"completedAt\":\"" + NaiveTime.format(row.completedAt) + "\""
                text += ",\"claimedAt\":\"" + NaiveTime.format(row.claimedAt) + "\""
                text += ",\"isActive\":\(row.isActive)"
                text += ",\"expiresAt\":\"\",\"expiresInSeconds\":0}"
                goals.append(text)
            }
            if activeOnly, goals.isEmpty { continue }
            var text = "{\"challengeId\":" + Self.quote(challenge.id)
            text += ",\"name\":" + Self.quote(challenge.name)
            text += ",\"description\":" + Self.quote(challenge.description)
            text += ",\"goals\":[" + goals.joined(separator: ",") + "]}"
            challenges.append(text)
        }
        return "{\"challenges\":[" + challenges.joined(separator: ",") + "]}"
    }

    private static func requirement(_ goal: NaiveGoal) -> String {
        "{\"statCode\":" + quote(goal.statCode) + ",\"operator\":" + quote(goal.comparison)
            + ",\"targetValue\":\(goal.target)}"
    }

    private static func reward(_ goal: NaiveGoal) -> String {
        "{\"type\":" + quote(goal.reward.type) + ",\"rewardId\":" + quote(goal.reward.rewardId)
            + ",\"quantity\":\(goal.reward.quantity)}"
    }

    private static func quote(_ bytes: [UInt8]) -> String { quote(String(decoding: bytes, as: UTF8.self)) }

    /// A JSON string: quote, backslash and control characters escaped, all else as it is.
    package static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{8}": quoted += "\\b"
            case "\u{C}": quoted += "\\f"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{0}"..<" ":
                quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
