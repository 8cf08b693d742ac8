import Dispatch

/// Runs tasks on threads of its own, so that a server inside the test process goes on while tests block all others.
final class OwnThreads: TaskExecutor {
    private let queue = DispatchQueue(label: "goalpost.test.server", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
