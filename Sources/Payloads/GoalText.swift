internal import Goals

/// The parts of a goal's JSON that are the same for every player.
struct GoalText {
    /// `{"goalId":…` to `"progress":` in the lists of challenges.
    private(set) var listedHead = PiecedText()
    /// `{"challengeId":…` to `"assignedAt":"` among the assigned goals.
    private(set) var assignedHead = PiecedText()
    /// `,"target":…,"status":"` among the assigned goals.
    let assignedTarget: [UInt8]
    /// `","requirement":…}` among the assigned goals.
    private(set) var assignedTail = PiecedText()
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
        listedHead.append(Array("{".utf8))
        Self.append(namesOf: goal, to: &listedHead)
        Self.append(termsOf: goal, to: &listedHead)
        listedHead.append(Array(",\"prerequisites\":[".utf8))
        for (position, prerequisite) in goal.prerequisites.enumerated() {
            if position > 0 { listedHead.append(Self.comma) }
            listedHead.append(JSONText.quoted(set.goals[prerequisite].id.utf8))
        }
        listedHead.cut()
        listedHead.append(Array("],\"progress\":".utf8))
        let challenge = set.challenges[goal.challenge].id
        assignedHead.append(Array("{\"challengeId\":".utf8) + JSONText.quoted(challenge.utf8))
        assignedHead.cut()
        assignedHead.append(Self.comma)
        Self.append(namesOf: goal, to: &assignedHead)
        assignedHead.append(Array(",\"isActive\":true,\"assignedAt\":\"".utf8))
        assignedTarget = Array(",\"target\":\(goal.targetValue),\"status\":\"".utf8)
        assignedTail.append(Array("\"".utf8))
        Self.append(termsOf: goal, to: &assignedTail)
        assignedTail.append(Array("}".utf8))
    }

    /// The goal as the lists of challenges show it, in pieces.
    func appendListed(_ shown: ShownGoal, isLocked: Bool, to text: inout PiecedText) {
        text.append(listedHead)
        text.append(number: Int(shown.progress))
        text.append(Self.listedStatus)
        text.append(Array(shown.status.text.utf8))
        text.cut()
        text.append(Self.listedLocked)
        text.append(Self.flag(isLocked))
        text.cut()
        text.append(Self.listedCompleted)
        if let completedAt = shown.completedAt { text.append(JSONText.time(completedAt)) }
        text.cut()
        text.append(Self.listedClaimed)
        if let claimedAt = shown.claimedAt { text.append(JSONText.time(claimedAt)) }
        text.cut()
        text.append(Self.listedActive)
        text.append(Self.flag(shown.isActive))
        text.cut()
        text.append(Self.listedTail)
        text.cut()
    }

    /// The goal as it stands among the assigned goals, in pieces; `time` is when it was assigned.
    func appendAssigned(_ shown: ShownGoal, _ time: [UInt8], to text: inout PiecedText) {
        text.append(assignedHead)
        text.append(time)
        text.cut()
        text.append(Self.assignedMiddle)
        text.append(number: Int(shown.progress))
        text.cut()
        text.append(assignedTarget)
        text.append(Array(shown.status.text.utf8))
        text.cut()
        text.append(assignedTail)
        text.cut()
    }

    /// `{"challengeId":…,"goals":[`.
    static func challengeHead(_ challenge: Challenge) -> PiecedText {
        var text = PiecedText()
        text.append(Array("{\"challengeId\":".utf8) + JSONText.quoted(challenge.id.utf8))
        text.cut()
        text.append(Array(",\"name\":".utf8) + JSONText.quoted(challenge.name))
        text.cut()
        text.append(Array(",\"description\":".utf8) + JSONText.quoted(challenge.description))
        text.cut()
        text.append(Array(",\"goals\":[".utf8))
        text.cut()
        return text
    }

    static func flag(_ isSet: Bool) -> [UInt8] { flags[isSet ? 1 : 0] }
    private static let flags = [Array("false".utf8), Array("true".utf8)]

    /// `"goalId":…,"name":…,"description":…`.
    private static func append(namesOf goal: Goal, to text: inout PiecedText) {
        text.append(Array("\"goalId\":".utf8) + JSONText.quoted(goal.id.utf8))
        text.cut()
        text.append(Array(",\"name\":".utf8) + JSONText.quoted(goal.name))
        text.cut()
        text.append(Array(",\"description\":".utf8) + JSONText.quoted(goal.description))
        text.cut()
    }

    /// `,"requirement":{…},"reward":{…}`.
    private static func append(termsOf goal: Goal, to text: inout PiecedText) {
        text.append(Array(",\"requirement\":{\"statCode\":".utf8) + JSONText.quoted(goal.statCode.utf8))
        text.cut()
        text.append(Array(",\"operator\":".utf8) + JSONText.quoted(goal.comparison))
        text.append(Array(",\"targetValue\":\(goal.targetValue)".utf8))
        text.cut()
        text.append(Array("},\"reward\":{\"type\":\"\(goal.reward.kind.rawValue)\",\"rewardId\":".utf8))
        text.append(JSONText.quoted(goal.reward.id))
        text.cut()
        text.append(Array(",\"quantity\":\(goal.reward.quantity)".utf8))
        text.cut()
        text.append(Array("}".utf8))
    }
}
