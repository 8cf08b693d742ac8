import Synchronization

/// Ends a run's work between two of its batches: at its time limit, or when a signal says so.
///
/// Work hears of it as a cancelled task. What it has committed stays, and the next run goes on from there.
struct RunLimits: Sendable {
    private enum Stop: Sendable {
        case timeout, terminated, interrupted
    }

    /// Why the work was told to end; the first reason counts.
    private final class StopReason: Sendable {
        private let first = Mutex<Stop?>(nil)
        var stop: Stop? { first.withLock { $0 } }
        func set(_ stop: Stop) { first.withLock { $0 = $0 ?? stop } }
    }

    private static let interruptSignal: Int32 = 2

    let policy: RunPolicy

    /// Runs `work` to its end or to the batch at which it was told to stop.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, JobError> {
        let reason = StopReason()
        let task = Task { try await work() }
        let timer = policy.deadline.map { deadline in
            Task {
                // The time limit itself; cancelled when the work ends before it.
                try await Task.sleep(until: deadline, clock: .continuous)
                reason.set(.timeout)
                task.cancel()
            }
        }
        let watch =
            policy.catchesSignals
            ? SignalWatch { signal in
                reason.set(signal == Self.interruptSignal ? .interrupted : .terminated)
                task.cancel()
            } : nil
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        timer?.cancel()
        watch?.stop()
        switch result {
        case .success(let value): return .success(value)
        case .failure(let error):
            guard error is CancellationError else { return .failure(JobError(error)) }
            return .failure(failure(reason.stop))
        }
    }

    private func failure(_ stop: Stop?) -> JobError {
        let rest = "what it committed stays, and the next run goes on from there"
        return switch stop {
        case .timeout:
            JobError(.tryAgain, "stopped at its time limit of \(seconds) s: \(rest)")
        case .terminated: JobError(.tryAgain, "stopped by SIGTERM: \(rest)")
        case .interrupted: JobError(.interrupted, "stopped by Ctrl-C: \(rest)")
        case nil: JobError(.tryAgain, "cancelled: \(rest)")
        }
    }

    private var seconds: String { String((policy.timeout ?? .zero).components.seconds) }
}
