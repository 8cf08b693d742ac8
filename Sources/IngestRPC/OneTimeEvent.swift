import Synchronization

/// Something that happens once, and that one task may wait for.
package final class OneTimeEvent: Sendable {
    private let flag = Atomic(false)
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    package init() { (stream, continuation) = AsyncStream.makeStream() }

    package var hasHappened: Bool { flag.load(ordering: .relaxed) }

    /// It happens now; safe to call again.
    package func happen() {
        flag.store(true, ordering: .relaxed)
        continuation.finish()
    }

    /// Returns once it has happened, or when the task is cancelled.
    package func wait() async {
        for await _ in stream {}
    }
}
