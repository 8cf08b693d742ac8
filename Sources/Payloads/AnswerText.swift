internal import Goals

/// Where a goal's changing parts lie in a rendered list of challenges, as byte positions.
struct ListedMarks {
    /// The goal's `{`.
    var start = 0
    var progress = 0
    var status = 0
    var locked = 0
    var completedAt = 0
    var claimedAt = 0
    var isActive = 0
    /// After the goal's `}`.
    var end = 0
}

/// Where a goal's changing parts lie in a rendered list of assigned goals, as byte positions.
struct AssignedMarks {
    /// The goal's `{`.
    var start = 0
    var assignedAt = 0
    var progress = 0
    var status = 0
    /// After the goal's `}`.
    var end = 0
}

/// An answer written from front to back, and where its goals lie in it.
struct AnswerText {
    private(set) var bytes: [UInt8] = []
    /// By goal; nil for a goal that is not in the answer.
    private(set) var listed: [ListedMarks?] = []
    private(set) var assigned: [AssignedMarks?] = []
    /// By challenge: from its `{` to after its `[`; nil for one that is not in the answer.
    private(set) var challengeHeads: [Range<Int>?] = []
    /// Where `],"newAssignments":` begins.
    private(set) var assignedEnd = 0

    /// The lists of challenges; `activeOnly` leaves out inactive goals and challenges without an active one.
    init(
        challenges set: ChallengeSet,
        texts: [GoalText],
        shown: [ShownGoal],
        locked: [Bool],
        activeOnly: Bool
    ) {
        listed = Array(repeating: nil, count: set.goals.count)
        challengeHeads = Array(repeating: nil, count: set.challenges.count)
        bytes += GoalText.listHead
        var isFirst = true
        for (index, challenge) in set.challenges.enumerated() {
            let goals = challenge.goals.filter { !activeOnly || shown[$0].isActive }
            if goals.isEmpty { continue }
            if !isFirst { bytes += GoalText.comma }
            isFirst = false
            let start = bytes.count
            bytes += GoalText.challengeHead(challenge).bytes
            challengeHeads[index] = start..<bytes.count
            for goal in goals {
                if goal != goals[0] { bytes += GoalText.comma }
                appendListed(goal, texts[goal], shown[goal], isLocked: locked[goal])
            }
            bytes += GoalText.challengeTail
        }
        bytes += GoalText.listTail
    }

    /// The assigned goals.
    init(assignedOf set: ChallengeSet, texts: [GoalText], shown: [ShownGoal], areNew: Bool) {
        assigned = Array(repeating: nil, count: set.goals.count)
        bytes += GoalText.assignedListHead
        var count = 0
        for goal in set.goals.indices where shown[goal].isActive {
            if count > 0 { bytes += GoalText.comma }
            count += 1
            appendAssigned(goal, texts[goal], shown[goal])
        }
        assignedEnd = bytes.count
        bytes += GoalText.newAssignments
        JSONText.append(areNew ? count : 0, to: &bytes)
        bytes += GoalText.totalActive
        JSONText.append(count, to: &bytes)
        bytes += GoalText.assignedListTail
    }

    private mutating func appendListed(_ goal: Int, _ text: GoalText, _ shown: ShownGoal, isLocked: Bool) {
        var marks = ListedMarks()
        marks.start = bytes.count
        bytes += text.listedHead.bytes
        marks.progress = bytes.count
        JSONText.append(Int(shown.progress), to: &bytes)
        bytes += GoalText.listedStatus
        marks.status = bytes.count
        bytes += Array(shown.status.text.utf8)
        bytes += GoalText.listedLocked
        marks.locked = bytes.count
        append(isLocked)
        bytes += GoalText.listedCompleted
        marks.completedAt = bytes.count
        append(shown.completedAt)
        bytes += GoalText.listedClaimed
        marks.claimedAt = bytes.count
        append(shown.claimedAt)
        bytes += GoalText.listedActive
        marks.isActive = bytes.count
        append(shown.isActive)
        bytes += GoalText.listedTail
        marks.end = bytes.count
        listed[goal] = marks
    }

    private mutating func appendAssigned(_ goal: Int, _ text: GoalText, _ shown: ShownGoal) {
        var marks = AssignedMarks()
        marks.start = bytes.count
        bytes += text.assignedHead.bytes
        marks.assignedAt = bytes.count
        append(shown.assignedAt)
        bytes += GoalText.assignedMiddle
        marks.progress = bytes.count
        JSONText.append(Int(shown.progress), to: &bytes)
        bytes += text.assignedTarget
        marks.status = bytes.count
        bytes += Array(shown.status.text.utf8)
        bytes += text.assignedTail.bytes
        marks.end = bytes.count
        assigned[goal] = marks
    }

    private mutating func append(_ flag: Bool) { bytes += GoalText.flag(flag) }

    private mutating func append(_ time: Timestamp?) {
        if let time { bytes += JSONText.time(time) }
    }
}
