internal import Goals

/// The parts of a goal's JSON that are the same for every player.
struct GoalText {
    /// `{"goalId":…` to `"progress":` in the lists of challenges.
    let listedHead: [UInt8]
    /// `{"challengeId":…` to `"assignedAt":"` among the assigned goals.
    let assignedHead: [UInt8]
    /// `,"target":…,"status":"` among the assigned goals.
    let assignedTarget: [UInt8]
    /// `","requirement":…}` among the assigned goals.
    let assignedTail: [UInt8]
    /// Before a goal in an array that is not its first.
    static let comma = [UInt8(ascii: ",")]
    /// Between `assignedAt` and `progress`.
    static let assignedMiddle = Array("\",\"expiresAt\":\"\",\"progress\":".utf8)
    /// Between `progress` and `status` in the lists of challenges.
    static let listedStatus = Array(",\"status\":\"".utf8)
    static let listedLocked = Array("\",\"locked\":".utf8)
    static let listedCompleted = Array(",\"completedAt\":\"".utf8)
    static let listedClaimed = Array("\",\"claimedAt\":\"".utf8)
    static let listedActive = Array("\",\"isActive\":".utf8)
    static let listedTail = Array(",\"expiresAt\":\"\",\"expiresInSeconds\":0}".utf8)
    static let challengeTail = Array("]}".utf8)
    static let listHead = Array("{\"challenges\":[".utf8)
    static let listTail = Array("]}".utf8)
    static let assignedListHead = Array("{\"assignedGoals\":[".utf8)
    static let newAssignments = Array("],\"newAssignments\":".utf8)
    static let totalActive = Array(",\"totalActive\":".utf8)
    static let assignedListTail = Array("}".utf8)

    init(_ goal: Goal, in set: ChallengeSet) {
        let named =
            Array("\"goalId\":".utf8) + JSONText.quoted(goal.id.utf8) + Array(",\"name\":".utf8)
            + JSONText.quoted(goal.name) + Array(",\"description\":".utf8) + JSONText.quoted(goal.description)
        let terms = Self.terms(goal)
        var listed = Array("{".utf8) + named + terms + Array(",\"prerequisites\":[".utf8)
        for (position, prerequisite) in goal.prerequisites.enumerated() {
            if position > 0 { listed += Self.comma }
            listed += JSONText.quoted(set.goals[prerequisite].id.utf8)
        }
        listedHead = listed + Array("],\"progress\":".utf8)
        assignedHead =
            Array("{\"challengeId\":".utf8) + JSONText.quoted(set.challenges[goal.challenge].id.utf8)
            + Self.comma + named + Array(",\"isActive\":true,\"assignedAt\":\"".utf8)
        assignedTarget = Array(",\"target\":\(goal.targetValue),\"status\":\"".utf8)
        assignedTail = Array("\"".utf8) + terms + Array("}".utf8)
    }

    /// `{"challengeId":…,"goals":[`.
    static func challengeHead(_ challenge: Challenge) -> [UInt8] {
        Array("{\"challengeId\":".utf8) + JSONText.quoted(challenge.id.utf8) + Array(",\"name\":".utf8)
            + JSONText.quoted(challenge.name) + Array(",\"description\":".utf8)
            + JSONText.quoted(challenge.description) + Array(",\"goals\":[".utf8)
    }

    /// `,"requirement":{…},"reward":{…}`.
    private static func terms(_ goal: Goal) -> [UInt8] {
        Array(",\"requirement\":{\"statCode\":".utf8) + JSONText.quoted(goal.statCode.utf8)
            + Array(",\"operator\":".utf8) + JSONText.quoted(goal.comparison)
            + Array(",\"targetValue\":\(goal.targetValue)},\"reward\":{\"type\":\"".utf8)
            + Array(goal.reward.kind.rawValue.utf8) + Array("\",\"rewardId\":".utf8)
            + JSONText.quoted(goal.reward.id) + Array(",\"quantity\":\(goal.reward.quantity)}".utf8)
    }
}
