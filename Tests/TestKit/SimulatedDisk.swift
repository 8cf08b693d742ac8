package import Disk
import Synchronization

/// A volume in memory that keeps what is durable apart from what is only written, and can fail or lose power.
///
/// It is harsher than any real file system: a file's sync does not make its name durable, and unsynced
/// changes survive a crash in any selection, writes also in part. Directories are durable at once.
package final class SimulatedDisk: Volume {
    /// What happens instead of a call that changes something.
    package enum Fault: Sendable {
        /// Nothing is done, and the call fails with this error number.
        case fail(Int32)
        /// That many bytes are written, then the call fails; for other calls than writes as `fail`.
        case writeInPart(Int, code: Int32)
        /// A sync fails and the kernel forgets what it had to write; for other calls as `fail`.
        case loseSync(code: Int32)
        /// The machine stops during the call: everything fails until `crash`.
        case losePower
    }

    enum Change {
        case write(offset: Int, bytes: [UInt8])
        case truncate(Int)
    }

    enum EntryChange {
        case link(String, Int)
        case unlink(String)
        case rename(String, String, Int)

        var path: String {
            switch self {
            case .link(let path, _), .unlink(let path), .rename(_, let path, _): path
            }
        }
    }

    struct Inode {
        var live: [UInt8] = []
        var durable: [UInt8] = []
        var pending: [Change] = []
    }

    struct State {
        var inodes: [Int: Inode] = [:]
        var entries: [String: Int] = [:]
        var durableEntries: [String: Int] = [:]
        var pendingEntries: [EntryChange] = []
        var directories: Set<String> = ["/", "."]
        var locks: Set<String> = []
        var generation = 0
        var isDown = false
        var callCount = 0
        var faults: [Int: Fault] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Changing calls made so far.
    package var callCount: Int { state.withLock(\.callCount) }

    /// Arms a fault for the n-th changing call from now on, the next one being 1; replaces an armed one.
    package func arm(_ fault: Fault, atCall call: Int) {
        state.withLock { $0.faults = [$0.callCount + call: fault] }
    }

    /// Removes armed faults.
    package func disarm() { state.withLock { $0.faults = [:] } }

    /// Ends the power failure, or makes one: what was not synced is lost, kept or torn as `seed` decides.
    ///
    /// Open files and locks of before are dead.
    package func crash(seed: UInt64) {
        state.withLock { state in
            var random = SplitMix64(seed: seed)
            for number in state.inodes.keys.sorted() {
                guard var inode = state.inodes[number] else { continue }
                for change in inode.pending {
                    switch (Int.random(in: 0..<3, using: &random), change) {
                    case (0, _): break
                    case (1, .write(let offset, let bytes)):
                        // Any part of it: the kernel writes pages in no promised order.
                        let end = Int.random(in: 0...bytes.count, using: &random)
                        let start = Bool.random(using: &random) ? 0 : Int.random(in: 0...end, using: &random)
                        let kept = Change.write(offset: offset + start, bytes: Array(bytes[start..<end]))
                        Self.apply(kept, to: &inode.durable)
                    case (2, .write(let offset, let bytes)) where Bool.random(using: &random):
                        let start = Int.random(in: 0...bytes.count, using: &random)
                        let kept = Change.write(offset: offset + start, bytes: Array(bytes[start...]))
                        Self.apply(kept, to: &inode.durable)
                    default: Self.apply(change, to: &inode.durable)
                    }
                }
                inode.live = inode.durable
                inode.pending = []
                state.inodes[number] = inode
            }
            for change in state.pendingEntries where Bool.random(using: &random) {
                Self.apply(change, to: &state.durableEntries)
            }
            state.entries = state.durableEntries
            state.pendingEntries = []
            state.locks = []
            state.faults = [:]
            state.isDown = false
            state.generation += 1
        }
    }

    /// The bytes of a file as a reader sees them now, nil when it is not there.
    package func contents(_ path: String) -> [UInt8]? {
        state.withLock { state in state.entries[path].flatMap { state.inodes[$0]?.live } }
    }

    /// Puts a file there, durably, around all faults.
    package func place(_ bytes: [UInt8], at path: String) {
        state.withLock { state in
            let number = state.inodes.count
            state.inodes[number] = Inode(live: bytes, durable: bytes)
            state.entries[path] = number
            state.durableEntries[path] = number
        }
    }

    /// Runs one call; `isChange` calls are counted and can meet a fault.
    func perform<Value>(
        _ operation: DiskError.Operation,
        _ path: String,
        isChange: Bool,
        generation: Int? = nil,
        _ body: (inout State, Fault?) -> Result<Value, DiskError>
    ) throws(DiskError) -> Value {
        let result: Result<Value, DiskError> = state.withLock { state in
            guard !state.isDown else { return .failure(DiskError(operation, path, code: 5)) }
            if let generation, generation != state.generation {
                return .failure(DiskError(operation, path, code: 9))
            }
            guard isChange else { return body(&state, nil) }
            state.callCount += 1
            guard let fault = state.faults.removeValue(forKey: state.callCount) else {
                return body(&state, nil)
            }
            switch fault {
            case .fail(let code): return .failure(DiskError(operation, path, code: code))
            case .writeInPart(_, let code) where operation != .write:
                return .failure(DiskError(operation, path, code: code))
            case .loseSync(let code) where operation != .sync:
                return .failure(DiskError(operation, path, code: code))
            case .writeInPart(_, let code), .loseSync(let code):
                _ = body(&state, fault)
                return .failure(DiskError(operation, path, code: code))
            case .losePower:
                if operation != .sync, operation != .syncDirectory { _ = body(&state, nil) }
                state.isDown = true
                return .failure(DiskError(operation, path, code: 5))
            }
        }
        return try result.get()
    }

    static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .truncate(let count):
            if count < bytes.count { bytes.removeLast(bytes.count - count) }
            bytes += [UInt8](repeating: 0, count: count - bytes.count)
        case .write(let offset, let new):
            if new.isEmpty { return }
            if bytes.count < offset + new.count {
                bytes += [UInt8](repeating: 0, count: offset + new.count - bytes.count)
            }
            bytes.replaceSubrange(offset..<(offset + new.count), with: new)
        }
    }

    static func apply(_ change: EntryChange, to entries: inout [String: Int]) {
        switch change {
        case .link(let path, let inode): entries[path] = inode
        case .unlink(let path): entries[path] = nil
        case .rename(let from, let to, let inode):
            entries[from] = nil
            entries[to] = inode
        }
    }
}

extension SimulatedDisk {
    package func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> any OpenFile {
        let isThere = try exists(path)
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
                let number = state.inodes.count
                state.inodes[number] = Inode()
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
            let paths = Array(state.entries.keys) + Array(state.directories)
            let names = paths.filter { $0 != directory && parentDirectory(of: $0) == directory }
                .map { String($0.dropFirst(directory == "/" ? 1 : directory.count + 1)) }
            return .success(names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
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
        let isThere = try exists(path)
        try perform(.makeDirectory, path, isChange: !isThere) { state, _ -> Result<Void, DiskError> in
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
                let number = state.inodes.count
                let holder = Array("4711\n".utf8)
                state.inodes[number] = Inode(live: holder, durable: holder)
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
        for change in pending { SimulatedDisk.apply(change, to: &durable) }
        pending = []
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
