internal import Goals
internal import Zstd

/// Drafts the assigned goals as differences from their template.
struct AssignedDraft {
    private let texts: [GoalText]
    private let template: AnswerText
    /// Whether the goal is not the first in the template: a comma stands before it there.
    private let hasComma: [Bool]
    /// The template's first goal.
    private let templateModel: DraftWriter.Model?
    /// What the next goal that the template lacks is written like.
    private var model: DraftWriter.Model?
    private var text = PiecedText()
    private(set) var writer: DraftWriter

    init(texts: [GoalText], template: AnswerText) {
        self.texts = texts
        self.template = template
        let first = template.assigned.indices.first { template.assigned[$0] != nil }
        let firstStart = first.flatMap { template.assigned[$0]?.start }
        hasComma = template.assigned.map { marks in marks.map { $0.start != firstStart } ?? false }
        if let first, let firstStart {
            var text = PiecedText()
            texts[first].appendAssigned(ShownGoal(isActive: true), [], to: &text)
            templateModel = DraftWriter.Model(text: text, historyAt: firstStart)
        } else {
            templateModel = nil
        }
        writer = DraftWriter(template: template.bytes)
    }

    /// Makes the draft of a player's answer.
    mutating func make(_ display: borrowing PlayerDisplay) {
        writer.reset()
        model = templateModel
        writer.draft.copyTemplate(0..<GoalText.assignedListHead.count)
        var count = 0
        var (lastAt, time): (Timestamp?, [UInt8]) = (nil, [])
        for goal in texts.indices where display.shown[goal].isActive {
            let assignedAt = display.assignedAt(of: goal)
            if assignedAt != lastAt {
                time = assignedAt.map { JSONText.time($0) } ?? []
                lastAt = assignedAt
            }
            if let marks = template.assigned[goal] {
                write(goal, display.shown[goal], marks, time, isFirst: count == 0)
            } else {
                if count > 0 { writer.draft.append(literal: GoalText.comma) }
                writeNew(goal, display.shown[goal], time)
            }
            count += 1
        }
        writer.draft.copyTemplate(
            template.assignedEnd..<(template.assignedEnd + GoalText.newAssignments.count)
        )
        writer.draft.append(number: 0)
        writer.draft.append(literal: GoalText.totalActive)
        writer.draft.append(number: count)
        writer.draft.append(literal: GoalText.assignedListTail)
    }

    private mutating func write(
        _ goal: Int,
        _ shown: ShownGoal,
        _ marks: AssignedMarks,
        _ time: [UInt8],
        isFirst: Bool
    ) {
        var at = marks.start
        if !isFirst {
            if hasComma[goal] { at -= 1 } else { writer.draft.append(literal: GoalText.comma) }
        }
        if !time.isEmpty {
            writer.draft.copyTemplate(at..<marks.assignedAt)
            writer.write(time: time)
            at = marks.assignedAt
        }
        if shown.progress != 0 {
            writer.draft.copyTemplate(at..<marks.progress)
            writer.draft.append(number: Int(shown.progress))
            at = marks.progress + 1
        }
        if shown.status != .notStarted {
            writer.draft.copyTemplate(at..<marks.status)
            writer.write(status: shown.status)
            at = marks.status + GoalStatus.notStarted.text.utf8.count
        }
        writer.draft.copyTemplate(at..<marks.end)
    }

    /// A goal that the template lacks.
    private mutating func writeNew(_ goal: Int, _ shown: ShownGoal, _ time: [UInt8]) {
        text.removeAll()
        texts[goal].appendAssigned(shown, time, to: &text)
        writer.write(&text, like: &model)
    }
}
