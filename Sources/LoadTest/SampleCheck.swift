import Synchronization

/// Decodes sampled answers beside the event loop, a few at a time, and counts what is wrong with them.
final class SampleCheck: Sendable {
    /// What came of the samples.
    struct Counts: Sendable, Codable, Equatable {
        var checked = 0
        /// Of these, whose progress had to be at least something.
        var compared = 0
        /// Not JSON of the expected form.
        var broken = 0
        /// Progress behind what was acknowledged before the fold that the answer names.
        var behind = 0
        /// Not looked at since too many waited.
        var skipped = 0
        /// The first fault, for people.
        var firstFault: String?
    }

    struct Sample: Sendable {
        let body: [UInt8]
        let coding: AnswerCoding
        let template: HeldTemplate?
        let progressMin: Int
        let about: String
    }

    private struct State {
        var counts = Counts()
        var waiting = 0
    }

    /// Most bodies that wait.
    private static let waitingMax = 32

    /// The goal whose progress is known; nil where only the form is looked at.
    private let goalID: String?
    private let state = Mutex(State())

    init(goalID: String?) { self.goalID = goalID }

    /// Takes a body to look at; returns at once.
    func check(_ sample: Sample) {
        let isTaken = state.withLock { state in
            guard state.waiting < Self.waitingMax else {
                state.counts.skipped += 1
                return false
            }
            state.waiting += 1
            return true
        }
        guard isTaken else { return }
        Task.detached(priority: .low) { self.look(at: sample) }
    }

    private func look(at sample: Sample) {
        var fault: String?
        var isBehind = false
        var isCompared = false
        do {
            let content = try AnswerBody.content(sample.body, sample.coding, template: sample.template)
            let answer = try AnswerBody.Answer(content)
            if let goalID, sample.progressMin > 0 {
                isCompared = true
                let progress = answer.progress(of: goalID) ?? 0
                if progress < sample.progressMin {
                    isBehind = true
                    fault =
                        "\(sample.about): progress \(progress) of \(goalID), at least \(sample.progressMin) was acknowledged"
                }
            }
        } catch {
            fault = "\(sample.about): \(error)"
        }
        state.withLock { [fault, isBehind, isCompared] state in
            state.waiting -= 1
            state.counts.checked += 1
            if isCompared { state.counts.compared += 1 }
            if isBehind { state.counts.behind += 1 } else if fault != nil { state.counts.broken += 1 }
            if state.counts.firstFault == nil { state.counts.firstFault = fault }
        }
    }

    var isIdle: Bool { state.withLock { $0.waiting == 0 } }
    var counts: Counts { state.withLock { $0.counts } }
}
