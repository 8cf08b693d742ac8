import Synchronization

/// Something that happens once, and that one task may wait for.
final class OneTimeEvent: Sendable {
    private let flag = Atomic(false)
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    var hasHappened: Bool { flag.load(ordering: .relaxed) }

    /// It happens now; safe to call again.
    func happen() {
        flag.store(true, ordering: .relaxed)
        continuation.finish()
    }

    /// Returns once it has happened, or when the task is cancelled.
    func wait() async {
        for await _ in stream {}
    }
}
