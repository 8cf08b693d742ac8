import Jobs
import Synchronization

/// The progress of a verify, told from several threads.
final class VerifyBar: Sendable {
    /// A bar belongs to one thread at a time: the lock sees to that.
    private struct Shown {
        var phase: VerifyJob.Stage.Phase?
        var bar: ProgressBar?
    }

    private let shown = Mutex(Shown())

    func show(_ stage: VerifyJob.Stage) {
        shown.withLock { shown in
            if shown.phase != stage.phase {
                shown.bar?.finish()
                shown.bar = ProgressBar("verify: \(stage.phase.rawValue)")
                shown.phase = stage.phase
            }
            let unit =
                switch stage.phase {
                case .fold: "records"
                case .compare: "rows"
                case .payloads: "players"
                }
            shown.bar?.show(done: stage.done, total: stage.total, count: stage.done, unit: unit)
        }
    }

    func finish() { shown.withLock { $0.bar?.finish() } }
}
