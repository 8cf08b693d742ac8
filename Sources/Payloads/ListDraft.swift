internal import Goals
internal import Zstd

/// Drafts the lists of challenges, all goals or active ones only, as differences from their template.
struct ListDraft {
    private let set: ChallengeSet
    /// What the template shows, by goal.
    private let isLockedInTemplate: [Bool]
    private let isActiveInTemplate: [Bool]
    private let texts: [GoalText]
    private let challengeHeads: [[UInt8]]
    private let template: AnswerText
    private let isActiveOnly: Bool
    /// Marks to take common parts from for goals that the template lacks.
    private let donor: (marks: ListedMarks, isLocked: Bool)?
    private(set) var writer: DraftWriter

    init(_ set: ChallengeSet, texts: [GoalText], template: AnswerText, isActiveOnly: Bool) {
        self.set = set
        self.texts = texts
        self.template = template
        self.isActiveOnly = isActiveOnly
        isLockedInTemplate = set.goals.map { !$0.prerequisites.isEmpty }
        isActiveInTemplate = set.goals.map(\.isDefaultAssigned)
        challengeHeads = set.challenges.map(GoalText.challengeHead)
        donor =
            template.listed.indices.lazy.compactMap { goal in
                template.listed[goal].map { ($0, !set.goals[goal].prerequisites.isEmpty) }
            }.first
        writer = DraftWriter(template: template.bytes)
    }

    /// Makes the draft of a player's answer.
    mutating func make(_ display: borrowing PlayerDisplay) {
        writer.reset()
        if isActiveOnly, display.differsInActivity { makeFromParts(display) } else { makeInPlace(display) }
    }

    /// The same goals as in the template: only goals that may differ are visited.
    private mutating func makeInPlace(_ display: borrowing PlayerDisplay) {
        var at = 0
        for goal in display.touched {
            guard let marks = template.listed[goal] else { continue }
            at = write(goal, display, marks, from: at)
        }
        writer.draft.copyTemplate(at..<template.bytes.count)
    }

    /// Other goals than in the template: put together challenge by challenge.
    private mutating func makeFromParts(_ display: borrowing PlayerDisplay) {
        writer.draft.copyTemplate(0..<GoalText.listHead.count)
        var isFirst = true
        for (index, challenge) in set.challenges.enumerated() {
            var isOpen = false
            for goal in challenge.goals where display.shown[goal].isActive {
                if isOpen {
                    writer.draft.append(literal: GoalText.comma)
                } else {
                    if !isFirst { writer.draft.append(literal: GoalText.comma) }
                    (isOpen, isFirst) = (true, false)
                    if let head = template.challengeHeads[index] {
                        writer.draft.copyTemplate(head)
                    } else {
                        writer.draft.append(literal: challengeHeads[index])
                    }
                }
                if let marks = template.listed[goal] {
                    let at = write(goal, display, marks, from: marks.start)
                    writer.draft.copyTemplate(at..<marks.end)
                } else {
                    writeNew(goal, display)
                }
            }
            if isOpen { writer.draft.append(literal: GoalText.challengeTail) }
        }
        writer.draft.append(literal: GoalText.listTail)
    }

    private mutating func write(
        _ goal: Int,
        _ display: borrowing PlayerDisplay,
        _ marks: ListedMarks,
        from at: Int
    ) -> Int {
        writer.writeListed(
            display.shown[goal],
            isLocked: display.locked[goal],
            marks: marks,
            templateLocked: isLockedInTemplate[goal],
            templateActive: isActiveInTemplate[goal],
            from: at
        )
    }

    /// A goal that the template lacks: its own text, with the common parts of a goal that is there.
    private mutating func writeNew(_ goal: Int, _ display: borrowing PlayerDisplay) {
        guard let donor else {
            let alone = AnswerText(listed: texts[goal], display.shown[goal], isLocked: display.locked[goal])
            return writer.draft.append(literal: alone.bytes)
        }
        writer.draft.append(literal: texts[goal].listedHead)
        let at = writer.writeListed(
            display.shown[goal],
            isLocked: display.locked[goal],
            marks: donor.marks,
            templateLocked: donor.isLocked,
            templateActive: true,
            from: donor.marks.progress
        )
        writer.draft.copyTemplate(at..<donor.marks.end)
    }
}
