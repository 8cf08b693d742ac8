internal import Glibc

/// Keeps a second writer out of an environment for as long as it lives.
///
/// LMDB serialises single transactions, not whole runs; two publishers taking turns would undo each other's
/// work. The lock is a `flock` on its own file (closing a second descriptor of LMDB's `lock.mdb` would drop
/// LMDB's locks), and it dies with the process.
final class WriterLock {
    private let descriptor: Int32

    /// Takes the lock without waiting; throws `LMDBError.locked` when somebody holds it.
    init(directory: String, codes: ReturnCode) throws(LMDBError) {
        let descriptor = unsafe open(directory + "/writer.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw codes.systemError("opening writer.lock") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let failure = errno
            close(descriptor)
            throw failure == EWOULDBLOCK
                ? .locked(path: directory) : codes.error(failure, "locking writer.lock")
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
