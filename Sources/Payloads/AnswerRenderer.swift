package import Goals
internal import Zstd

/// One answer of a player as it is stored.
package struct EncodedAnswer: Hashable, Sendable {
    package let kind: AnswerKind
    /// A zstd frame that needs the renderer's template of that kind as dictionary.
    package let frame: [UInt8]
    /// The last UTC day the answer holds for, nil when no day ends it.
    ///
    /// A daily goal is shown as done on that day, and as not started on the next. The same for all answers of
    /// a player.
    package let dailyUntil: UTCDay?
}

/// Turns a player's rows into the bytes a client receives, and into frames against the template.
///
/// The bytes are the seed's JSON, compact, its fields in its order: `assignedGoals` are the active goals in
/// configuration order, missing times are `""`, times have seconds and `Z`, `expiresAt` is `""` and
/// `expiresInSeconds` 0, `prerequisites` is always an array of goal ids. `locked` means that some prerequisite
/// is not shown as completed or claimed. Strings are escaped as `JSONText` says.
///
/// The template is the answer for a player without events. It shows default goals as active in all three
/// answers, since the first event will assign them: so it differs least from what players get then. Its
/// `newAssignments` is their number, while a player with events has 0.
///
/// Not `Sendable`: it keeps scratch memory (about four times the template) and belongs to one lane.
package final class AnswerRenderer {
    /// By `AnswerKind`.
    package let templates: [Template]
    private let set: ChallengeSet
    private let texts: [GoalText]
    private var display: PlayerDisplay
    private var assigned: AssignedDraft
    private var listed: ListDraft
    private var active: ListDraft
    private let compressors: [SequenceCompressor]

    /// Renders the templates.
    ///
    /// Throws when zstd has no memory.
    package init(challenges set: ChallengeSet) throws(PayloadError) {
        self.set = set
        let texts = set.goals.map { GoalText($0, in: set) }
        self.texts = texts
        display = PlayerDisplay(set)
        let shown = set.goals.map { ShownGoal($0, firstEventAt: nil) }
        let locked = Self.locked(set, shown)
        let initialize = AnswerText(assignedOf: set, texts: texts, shown: shown, areNew: true)
        let all = AnswerText(challenges: set, texts: texts, shown: shown, locked: locked, activeOnly: false)
        let some = AnswerText(challenges: set, texts: texts, shown: shown, locked: locked, activeOnly: true)
        assigned = AssignedDraft(texts: texts, template: initialize)
        listed = ListDraft(set, texts: texts, template: all, isActiveOnly: false)
        active = ListDraft(set, texts: texts, template: some, isActiveOnly: true)
        templates = [
            Template(kind: .initialize, bytes: initialize.bytes),
            Template(kind: .challenges, bytes: all.bytes),
            Template(kind: .activeOnly, bytes: some.bytes),
        ]
        var compressors: [SequenceCompressor] = []
        for template in templates {
            do throws(ZstdError) {
                compressors.append(try SequenceCompressor(template: template.bytes))
            } catch { throw .frame(template.kind, error) }
        }
        self.compressors = compressors
    }

    /// Frames that could not be made from differences since init, and were made by ordinary compression.
    package var fallbackCount: Int { compressors.reduce(0) { $0 + $1.fallbackCount } }

    /// The answer's bytes, rendered from the rows without template or differences.
    package func render(_ kind: AnswerKind, _ player: PlayerView) -> [UInt8] {
        var shown = set.goals.map { ShownGoal($0, firstEventAt: player.firstEventAt) }
        for row in player.rows where Int(row.goal) < shown.count {
            let isDaily = set.goals[Int(row.goal)].type == .daily
            shown[Int(row.goal)] = ShownGoal(row: row, isDaily: isDaily, publishDay: player.publishDay)
        }
        switch kind {
        case .initialize:
            return AnswerText(assignedOf: set, texts: texts, shown: shown, areNew: false).bytes
        case .challenges, .activeOnly:
            return AnswerText(
                challenges: set,
                texts: texts,
                shown: shown,
                locked: Self.locked(set, shown),
                activeOnly: kind == .activeOnly
            ).bytes
        }
    }

    /// One answer as a frame, decoded and compared before it is returned.
    package func frame(_ kind: AnswerKind, _ player: PlayerView) throws(PayloadError) -> EncodedAnswer {
        display.show(player)
        return try frameShown(kind)
    }

    /// All answers as frames, by `AnswerKind`; cheaper than one after the other.
    package func frames(_ player: PlayerView) throws(PayloadError) -> [EncodedAnswer] {
        display.show(player)
        var answers: [EncodedAnswer] = []
        for kind in AnswerKind.allCases { answers.append(try frameShown(kind)) }
        return answers
    }

    private func frameShown(_ kind: AnswerKind) throws(PayloadError) -> EncodedAnswer {
        let compressor = compressors[Int(kind.rawValue)]
        do throws(ZstdError) {
            let frame: [UInt8]
            switch kind {
            case .initialize:
                assigned.make(display)
                frame = try compressor.compress(assigned.writer.draft)
            case .challenges:
                listed.make(display)
                frame = try compressor.compress(listed.writer.draft)
            case .activeOnly:
                active.make(display)
                frame = try compressor.compress(active.writer.draft)
            }
            return EncodedAnswer(kind: kind, frame: frame, dailyUntil: display.dailyUntil)
        } catch { throw .frame(kind, error) }
    }

    private static func locked(_ set: ChallengeSet, _ shown: [ShownGoal]) -> [Bool] {
        set.goals.map { goal in goal.prerequisites.contains { !shown[$0].isDone } }
    }
}
