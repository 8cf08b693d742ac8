internal import Goals
internal import Zstd

/// Writes the changing parts of an answer into a draft, finding earlier parts of the answer to copy.
struct DraftWriter {
    /// A text that later ones of its kind are written like, and where it lies in the draft's history.
    struct Model {
        var text: PiecedText
        var historyAt: Int
    }

    var draft: SequenceDraft
    /// A time written before, by which later ones are shortened.
    private var lastTime: (text: [UInt8], outputAt: Int)?
    /// Where `,"status":…,"completedAt":"` was written last, by status and lock, and the time behind it.
    private var lastStates: [(outputAt: Int, time: [UInt8])?]
    /// Where a status word was written last.
    private var lastWords: [Int?]
    private static let words = GoalStatus.allCases.map { Array($0.text.utf8) }
    /// `,"status":"…","locked":…,"completedAt":"` by status and lock.
    private static let states: [[UInt8]] = GoalStatus.allCases.flatMap { status in
        [false, true].map { isLocked in
            GoalText.listedStatus + Array(status.text.utf8) + GoalText.listedLocked
                + GoalText.flag(isLocked) + GoalText.listedCompleted
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
            draft.append(literal: GoalText.flag(shown.isActive))
            at = marks.isActive + GoalText.flag(templateActive).count
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

    /// Writes a text in pieces and makes it the model of the next one.
    ///
    /// What a piece has in common with the model's, at its beginning and at its end, is copied from there. `text`
    /// comes back with the old model's memory: clear it before its next use.
    mutating func write(_ text: inout PiecedText, like model: inout Model?) {
        let historyAt = draft.template.count + draft.byteCount
        guard var known = model else {
            draft.append(literal: text.bytes)
            model = Model(text: text, historyAt: historyAt)
            return
        }
        // Not held twice, so that its memory can be used again.
        model = nil
        write(text, like: known.text, at: known.historyAt)
        swap(&known.text, &text)
        known.historyAt = historyAt
        model = known
    }

    private mutating func write(_ text: PiecedText, like old: PiecedText, at historyAt: Int) {
        precondition(text.ends.count == old.ends.count && text.ends.last == text.bytes.count)
        var (start, oldStart) = (0, 0)
        for (end, oldEnd) in zip(text.ends, old.ends) {
            let most = min(end - start, oldEnd - oldStart)
            var (head, tail) = (0, 0)
            while head < most, text.bytes[start + head] == old.bytes[oldStart + head] { head += 1 }
            while tail < most - head, text.bytes[end - 1 - tail] == old.bytes[oldEnd - 1 - tail] { tail += 1 }
            draft.copy(text.bytes[start..<(start + head)], historyAt: historyAt + oldStart)
            draft.append(literal: text.bytes[(start + head)..<(end - tail)])
            draft.copy(text.bytes[(end - tail)..<end], historyAt: historyAt + oldEnd - tail)
            (start, oldStart) = (end, oldEnd)
        }
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
