internal import Goals
internal import Zstd

/// Drafts the lists of challenges, all goals or active ones only, as differences from their template.
struct ListDraft {
    private let set: ChallengeSet
    /// What the template shows, by goal.
    private let isLockedInTemplate: [Bool]
    private let isActiveInTemplate: [Bool]
    private let texts: [GoalText]
    private let challengeHeads: [PiecedText]
    private let template: AnswerText
    private let isActiveOnly: Bool
    /// The template's first goal and challenge.
    private let templateModels: (goal: DraftWriter.Model?, challenge: DraftWriter.Model?)
    /// What the next goal or challenge that the template lacks is written like.
    private var models: (goal: DraftWriter.Model?, challenge: DraftWriter.Model?)
    private var text = PiecedText()
    private(set) var writer: DraftWriter

    init(_ set: ChallengeSet, texts: [GoalText], template: AnswerText, isActiveOnly: Bool) {
        self.set = set
        self.texts = texts
        self.template = template
        self.isActiveOnly = isActiveOnly
        isLockedInTemplate = set.goals.map { !$0.prerequisites.isEmpty }
        isActiveInTemplate = set.goals.map(\.isDefaultAssigned)
        challengeHeads = set.challenges.map(GoalText.challengeHead)
        templateModels = (
            Self.goalModel(set, texts, template), Self.challengeModel(challengeHeads, template)
        )
        writer = DraftWriter(template: template.bytes)
    }

    private static func goalModel(
        _ set: ChallengeSet,
        _ texts: [GoalText],
        _ template: AnswerText
    ) -> DraftWriter.Model? {
        for (goal, marks) in template.listed.enumerated() {
            guard let marks else { continue }
            var text = PiecedText()
            let shown = ShownGoal(isActive: set.goals[goal].isDefaultAssigned)
            texts[goal].appendListed(shown, isLocked: !set.goals[goal].prerequisites.isEmpty, to: &text)
            return DraftWriter.Model(text: text, historyAt: marks.start)
        }
        return nil
    }

    private static func challengeModel(
        _ heads: [PiecedText],
        _ template: AnswerText
    ) -> DraftWriter.Model? {
        for (head, range) in zip(heads, template.challengeHeads) {
            if let range { return DraftWriter.Model(text: head, historyAt: range.lowerBound) }
        }
        return nil
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
        models = templateModels
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
                        text.removeAll()
                        text.append(challengeHeads[index])
                        writer.write(&text, like: &models.challenge)
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

    /// A goal that the template lacks.
    private mutating func writeNew(_ goal: Int, _ display: borrowing PlayerDisplay) {
        text.removeAll()
        texts[goal].appendListed(display.shown[goal], isLocked: display.locked[goal], to: &text)
        writer.write(&text, like: &models.goal)
    }
}
