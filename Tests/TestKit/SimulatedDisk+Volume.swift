package import Disk
import Synchronization

extension SimulatedDisk {
    package func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> any OpenFile {
        let isThere = isThere(path)
        let makes = !isThere && [.createNew, .append, .replace].contains(mode)
        let operation: DiskError.Operation = makes ? .create : .open
        return try perform(operation, path, isChange: makes || mode == .replace) { state, _ in
            if mode == .createNew, state.entries[path] != nil {
                return .failure(DiskError(.create, path, code: 17))
            }
            if makes {
                guard state.directories.contains(parentDirectory(of: path)) else {
                    return .failure(DiskError(.create, path, code: 2))
                }
                guard !state.isFull else { return .failure(state.full(.create, path)) }
                let number = state.makeInode()
                state.entries[path] = number
                state.pendingEntries.append(.link(path, number))
            }
            guard let number = state.entries[path] else {
                return .failure(DiskError(.open, path, code: 2))
            }
            if mode == .replace { state.inodes[number]?.change(.truncate(0)) }
            return .success(
                SimulatedFile(self, path, inode: number, state.generation, isAppending: mode == .append)
            )
        }
    }

    package func rename(_ path: String, to target: String) throws(DiskError) {
        try perform(.rename, path, isChange: true) { state, _ -> Result<Void, DiskError> in
            guard let inode = state.entries[path] else { return .failure(DiskError(.rename, path, code: 2)) }
            let change = EntryChange.rename(path, target, inode)
            Self.apply(change, to: &state.entries)
            state.pendingEntries.append(change)
            return .success(())
        }
    }

    package func remove(_ path: String) throws(DiskError) {
        try perform(.remove, path, isChange: true) { state, _ -> Result<Void, DiskError> in
            guard state.entries.removeValue(forKey: path) != nil else {
                return .failure(DiskError(.remove, path, code: 2))
            }
            state.pendingEntries.append(.unlink(path))
            return .success(())
        }
    }

    package func list(_ directory: String) throws(DiskError) -> [String] {
        try perform(.list, directory, isChange: false) { state, _ in
            guard state.directories.contains(directory) else {
                return .failure(DiskError(.list, directory, code: 2))
            }
            if let known = state.listings[directory] { return .success(known) }
            let names = (Array(state.entries.keys) + Array(state.directories))
                .filter { $0 != directory && parentDirectory(of: $0) == directory }
                .map { String($0.dropFirst(directory == "/" ? 1 : directory.count + 1)) }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            state.listings[directory] = names
            return .success(names)
        }
    }

    package func exists(_ path: String) throws(DiskError) -> Bool {
        try perform(.inspect, path, isChange: false) { state, _ in
            .success(state.entries[path] != nil || state.directories.contains(path))
        }
    }

    package func fileSize(_ path: String) throws(DiskError) -> UInt64 {
        try perform(.measure, path, isChange: false) { state, _ in
            guard let inode = state.entries[path].flatMap({ state.inodes[$0] }) else {
                return .failure(DiskError(.measure, path, code: 2))
            }
            return .success(UInt64(inode.live.count))
        }
    }

    package func makeDirectory(_ path: String, mode: UInt32) throws(DiskError) {
        let isThere = isThere(path)
        try perform(.makeDirectory, path, isChange: !isThere) { state, _ -> Result<Void, DiskError> in
            if isThere { return .success(()) }
            guard !state.isFull else { return .failure(state.full(.makeDirectory, path)) }
            var missing = path
            while state.directories.insert(missing).inserted { missing = parentDirectory(of: missing) }
            return .success(())
        }
    }

    package func syncDirectory(_ path: String) throws(DiskError) {
        try perform(.syncDirectory, path, isChange: true) { state, _ -> Result<Void, DiskError> in
            guard state.directories.contains(path) else {
                return .failure(DiskError(.syncDirectory, path, code: 2))
            }
            if state.pendingEntries.isEmpty { return .success(()) }
            for change in state.pendingEntries where parentDirectory(of: change.path) == path {
                Self.apply(change, to: &state.durableEntries)
            }
            state.pendingEntries.removeAll { parentDirectory(of: $0.path) == path }
            return .success(())
        }
    }

    package func tryLock(_ path: String) throws(DiskError) -> (any FileLock)? {
        try perform(.lock, path, isChange: false) { state, _ in
            if state.entries[path] == nil {
                guard !state.isFull else { return .failure(state.full(.lock, path)) }
                let holder = Array("4711\n".utf8)
                let number = state.makeInode(Inode(live: holder, durable: holder))
                state.entries[path] = number
                state.durableEntries[path] = number
            }
            guard state.locks.insert(path).inserted else { return .success(nil) }
            return .success(SimulatedLock(self, path, state.generation))
        }
    }

    package func realPath(_ path: String) throws(DiskError) -> String {
        guard try exists(path) else { throw DiskError(.inspect, path, code: 2) }
        return path
    }

    package func identity(_ path: String) throws(DiskError) -> FileIdentity {
        try perform(.inspect, path, isChange: false) { state, _ in
            guard let inode = state.entries[path] else { return .failure(DiskError(.inspect, path, code: 2)) }
            return .success(FileIdentity(device: 1, inode: UInt64(inode)))
        }
    }

    package func hardLink(_ path: String, to target: String) throws(DiskError) {
        try perform(.link, target, isChange: true) { state, _ -> Result<Void, DiskError> in
            guard let inode = state.entries[path] else { return .failure(DiskError(.link, target, code: 2)) }
            guard state.entries[target] == nil else { return .failure(DiskError(.link, target, code: 17)) }
            state.entries[target] = inode
            state.pendingEntries.append(.link(target, inode))
            return .success(())
        }
    }

    package func isDirectory(_ path: String) throws(DiskError) -> Bool {
        try perform(.inspect, path, isChange: false) { state, _ in .success(state.directories.contains(path))
        }
    }

    /// All files have the mode that a real volume makes them with; setting it only fails as armed.
    package func permissions(_ path: String) throws(DiskError) -> UInt32 {
        guard try exists(path) else { throw DiskError(.inspect, path, code: 2) }
        return 0o644
    }

    package func setPermissions(_ path: String, _ mode: UInt32) throws(DiskError) {
        try perform(.setPermissions, path, isChange: true) { state, _ in
            state.entries[path] == nil ? .failure(DiskError(.setPermissions, path, code: 2)) : .success(())
        }
    }

    /// Always 1 TiB: fullness comes as a fault.
    package func freeBytes(_ path: String) throws(DiskError) -> UInt64 {
        try perform(.measure, path, isChange: false) { _, _ in .success(1 << 40) }
    }

    func release(_ path: String, _ generation: Int) {
        state.withLock { state in
            if state.generation == generation { state.locks.remove(path) }
        }
    }
}

extension SimulatedDisk.Inode {
    mutating func change(_ change: SimulatedDisk.Change) {
        SimulatedDisk.apply(change, to: &live)
        pending.append(change)
    }

    mutating func sync() {
        if pending.isEmpty { return }
        for change in pending { SimulatedDisk.apply(change, to: &durable) }
        pending = []
    }
}

extension SimulatedDisk.State {
    /// The refusal of a full disk.
    mutating func full(_ operation: DiskError.Operation, _ path: String) -> DiskError {
        faultCounts.refusedByFullness += 1
        return DiskError(operation, path, code: DiskErrorCode.diskFull)
    }
}

private final class SimulatedLock: FileLock {
    private let disk: SimulatedDisk
    private let path: String
    private let generation: Int
    private var isHeld = true

    init(_ disk: SimulatedDisk, _ path: String, _ generation: Int) {
        (self.disk, self.path, self.generation) = (disk, path, generation)
    }

    deinit { release() }

    func release() {
        if isHeld { disk.release(path, generation) }
        isHeld = false
    }
}
