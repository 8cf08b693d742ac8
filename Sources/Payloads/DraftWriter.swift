internal import Goals
internal import Zstd

/// Writes the changing parts of an answer into a draft, finding earlier parts of the answer to copy.
struct DraftWriter {
    var draft: SequenceDraft
    /// A time written before, by which later ones are shortened.
    private var lastTime: (text: [UInt8], outputAt: Int)?
    /// Where `,"status":…,"completedAt":"` was written last, by status and lock, and the time behind it.
    private var lastStates: [(outputAt: Int, time: [UInt8])?]
    /// Where a status word was written last.
    private var lastWords: [Int?]
    private static let words = GoalStatus.allCases.map { Array($0.text.utf8) }
    private static let flags = [Array("false".utf8), Array("true".utf8)]
    /// `,"status":"…","locked":…,"completedAt":"` by status and lock.
    private static let states: [[UInt8]] = GoalStatus.allCases.flatMap { status in
        flags.map { flag in
            GoalText.listedStatus + Array(status.text.utf8) + GoalText.listedLocked + flag
                + GoalText.listedCompleted
        }
    }

    init(template: [UInt8]) {
        draft = SequenceDraft(template: template)
        lastStates = Array(repeating: nil, count: Self.states.count)
        lastWords = Array(repeating: nil, count: Self.words.count)
    }

    /// Begins another answer.
    mutating func reset() {
        draft.reset()
        lastTime = nil
        for index in lastStates.indices { lastStates[index] = nil }
        for index in lastWords.indices { lastWords[index] = nil }
    }

    /// Copies the template from `at` up to a listed goal's progress, then writes its changing parts.
    ///
    /// `marks` are those of a goal whose template state is (0, not_started, `templateLocked`,
    /// `templateActive`, no times). Answers where the template goes on.
    mutating func writeListed(
        _ shown: ShownGoal,
        isLocked: Bool,
        marks: ListedMarks,
        templateLocked: Bool,
        templateActive: Bool,
        from start: Int
    ) -> Int {
        var at = start
        if shown.progress != 0 {
            draft.copyTemplate(at..<marks.progress)
            draft.append(number: Int(shown.progress))
            at = marks.progress + 1
        }
        var completed: [UInt8]?
        if let time = shown.completedAt { completed = JSONText.time(time) }
        if shown.status != .notStarted || isLocked != templateLocked {
            draft.copyTemplate(at..<(marks.progress + 1))
            writeState(shown.status, isLocked, completed ?? [])
            at = marks.completedAt
        } else if let completed {
            draft.copyTemplate(at..<marks.completedAt)
            write(time: completed)
            at = marks.completedAt
        }
        if let claimedAt = shown.claimedAt {
            draft.copyTemplate(at..<marks.claimedAt)
            write(time: JSONText.time(claimedAt))
            at = marks.claimedAt
        }
        if shown.isActive != templateActive {
            draft.copyTemplate(at..<marks.isActive)
            draft.append(literal: Self.flags[shown.isActive ? 1 : 0])
            at = marks.isActive + Self.flags[templateActive ? 1 : 0].count
        }
        return at
    }

    /// Writes a time, nothing for an empty one.
    mutating func write(time text: [UInt8]) {
        guard !text.isEmpty else { return }
        let outputAt = draft.byteCount
        var shared = 0
        if let lastTime { shared = Self.sharedPrefix(text, lastTime.text) }
        if shared >= SequenceDraft.copyBytesMin, let lastTime {
            draft.copyOutput(at: lastTime.outputAt, byteCount: shared)
        } else {
            shared = 0
        }
        draft.append(literal: text[shared...])
        lastTime = (text, outputAt)
    }

    /// Writes a status word.
    mutating func write(status: GoalStatus) {
        let index = Int(status.rawValue)
        let outputAt = draft.byteCount
        if let last = lastWords[index] {
            draft.copyOutput(at: last, byteCount: Self.words[index].count)
        } else {
            draft.append(literal: Self.words[index])
        }
        lastWords[index] = outputAt
    }

    /// Writes from after `progress` to the end of `completedAt`.
    private mutating func writeState(_ status: GoalStatus, _ isLocked: Bool, _ time: [UInt8]) {
        let index = Int(status.rawValue) * 2 + (isLocked ? 1 : 0)
        let state = Self.states[index]
        let outputAt = draft.byteCount
        if let last = lastStates[index] {
            let shared = Self.sharedPrefix(time, last.time)
            draft.copyOutput(at: last.outputAt, byteCount: state.count + shared)
            draft.append(literal: time[shared...])
            if !time.isEmpty { lastTime = (time, outputAt + state.count) }
        } else {
            draft.append(literal: state)
            write(time: time)
        }
        lastStates[index] = (outputAt, time)
    }

    private static func sharedPrefix(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var count = 0
        let most = min(left.count, right.count)
        while count < most, left[count] == right[count] { count += 1 }
        return count
    }
}
