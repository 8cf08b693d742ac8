internal import Glibc
internal import Synchronization

/// The environments open in this process, so that no file is opened twice.
final class OpenEnvironments: Sendable {
    static let shared = OpenEnvironments()

    private struct Entry {
        weak var environment: Environment?
    }

    private let entries = Mutex<[FileIdentity: Entry]>([:])

    private enum Found {
        case opened(Environment)
        case alreadyOpen(Environment)
        /// Its last reference is gone and another thread is about to close it.
        case closing
    }

    /// The environment that has the directory's data file open, else the one `open` makes.
    func environment(
        directory: String,
        toWrite: Bool,
        open: () throws(LMDBError) -> Environment
    ) throws(LMDBError) -> Environment {
        while true {
            // Whatever is found leaves the lock alive: were its last reference dropped inside, `forget` would
            // wait for the lock forever.
            switch try find(directory, open) {
            case .opened(let environment): return environment
            case .alreadyOpen(let environment):
                guard toWrite else { return environment }
                throw environment.isWritable ? .locked(path: directory) : .openReadOnly(path: directory)
            case .closing: sched_yield()
            }
        }
    }

    private func find(
        _ directory: String,
        _ open: () throws(LMDBError) -> Environment
    ) throws(LMDBError) -> Found {
        try entries.withLock { entries throws(LMDBError) in
            if let identity = FileIdentity(path: Environment.dataFile(directory)),
                let entry = entries[identity]
            {
                return entry.environment.map { .alreadyOpen($0) } ?? .closing
            }
            let opened = try open()
            if let made = FileIdentity(path: Environment.dataFile(directory)) {
                entries[made] = Entry(environment: opened)
            }
            return .opened(opened)
        }
    }

    /// Runs `close` and drops the entry as one step.
    func forget(_ identity: FileIdentity, close: () -> Void) {
        entries.withLock { entries in
            close()
            entries[identity] = nil
        }
    }
}
