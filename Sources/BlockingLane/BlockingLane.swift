import Dispatch

/// A serial executor on a dispatch queue of its own, for calls that block their thread.
///
/// An actor that wraps a blocking library names a lane as its executor, so that its calls hold up this queue's
/// thread and never one of the cooperative pool. One lane serves one actor, or several that may wait for each
/// other's calls to end.
package final class BlockingLane: SerialExecutor, Sendable {
    private let queue: DispatchQueue

    /// Makes a lane; `label` names its thread in debuggers and traces.
    package init(label: String) { queue = DispatchQueue(label: label) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Stops the program when the caller does not run on this lane.
    package func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
