import Disk

/// The lock by which only one run of a job works on a data directory; dies with its process.
struct JobLock {
    private static let pollInterval = Duration.milliseconds(50)
    /// Who looks whether a job runs holds its lock for an instant: that must not pass for a run.
    private static let glances = 5

    private let files: JobFiles
    private let path: String

    init(_ files: JobFiles, _ job: JobName) {
        self.files = files
        path = files.lock(job)
    }

    /// Takes the lock, waiting for it as the policy says; nil where another run has it and waiting has no point.
    func take(_ policy: RunPolicy) async throws -> (any FileLock)? {
        var tries = 0
        while true {
            if let lock = try files.volume.tryLock(path) { return lock }
            tries += 1
            if policy.overlap == .wait {
                if let deadline = policy.deadline, deadline <= .now { return nil }
            } else if tries >= Self.glances {
                return nil
            }
            // A lock that dies with its process tells nobody when it is free: it has to be tried again.
            try await Task.sleep(for: Self.pollInterval)
        }
    }

    /// Whether some run holds it.
    func isHeld() throws -> Bool {
        guard try files.volume.exists(path) else { return false }
        guard let lock = try files.volume.tryLock(path) else { return true }
        lock.release()
        return false
    }

    /// The process id that the holder left in it, for messages.
    var holder: String {
        do {
            let text = String(decoding: try files.bytes(path) ?? [], as: UTF8.self)
            return text.split(separator: "\n").first.map { "process \($0)" } ?? "another process"
        } catch {
            return "another process"
        }
    }
}
