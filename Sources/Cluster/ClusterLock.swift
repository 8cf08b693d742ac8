import Glibc

/// The lock that one process holds while it starts or stops the cluster; dies with the process.
final class ClusterLock: Sendable {
    /// How long to wait for another process, in seconds: longer than a start takes.
    static let secondsMax = 60
    private static let pollInterval = Duration.milliseconds(50)

    private let descriptor: Int32

    /// Waits for the lock; throws `busy` after `secondsMax`.
    init(path: String) async throws(ClusterError) {
        // Closed on exec: no child may hold the lock on.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Files.failure("open", path) }
        self.descriptor = descriptor
        let deadline = ContinuousClock.now + .seconds(Self.secondsMax)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw Files.failure("lock", path) }
            guard ContinuousClock.now < deadline else { throw .busy(lock: path, seconds: Self.secondsMax) }
            do {
                try await Task.sleep(for: Self.pollInterval)
            } catch {
                throw .busy(lock: path, seconds: 0)
            }
        }
    }

    deinit { close(descriptor) }
}
