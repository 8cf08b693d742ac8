import Disk
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

    /// How often each kind of fault was met.
    package struct FaultCounts: Hashable, Sendable {
        /// Changing calls that failed with nothing done.
        package var failedChanges = 0
        /// Writes of which only a part was done.
        package var tornWrites = 0
        /// Syncs that failed, with what they had to write forgotten.
        package var lostSyncs = 0
        /// Power failures during a call.
        package var powerLosses = 0
        /// Calls that change nothing, such as reads, that failed.
        package var failedReads = 0
        /// Calls that were refused by a full disk.
        package var refusedByFullness = 0

        package init() {}
    }

    struct State {
        var inodes: [Int: Inode] = [:]
        /// Numbers are never used twice, so that a file's identity is its own.
        var nextInode = 0
        var entries: [String: Int] = [:] { didSet { listings = [:] } }
        var durableEntries: [String: Int] = [:]
        var pendingEntries: [EntryChange] = []
        var directories: Set<String> = ["/", "."] { didSet { listings = [:] } }
        /// Names by directory, as far as they were asked for since the last change of any.
        var listings: [String: [String]] = [:]
        var locks: Set<String> = []
        var generation = 0
        var isDown = false
        var isFull = false
        var callCount = 0
        var readCallCount = 0
        var faults: [Int: Fault] = [:]
        var readFaults: [Int: Int32] = [:]
        var faultCounts = FaultCounts()

        /// Makes a file without a name.
        mutating func makeInode(_ inode: Inode = Inode()) -> Int {
            defer { nextInode += 1 }
            inodes[nextInode] = inode
            return nextInode
        }
    }

    let state = Mutex(State())

    package init() {}

    /// Changing calls made so far.
    package var callCount: Int { state.withLock(\.callCount) }

    /// All calls made so far, those that change nothing included.
    package var allCallCount: Int { state.withLock { $0.callCount + $0.readCallCount } }

    /// Faults met so far.
    package var faultCounts: FaultCounts { state.withLock(\.faultCounts) }

    /// Whether the power is off: every call fails until `crash`.
    package var isDown: Bool { state.withLock(\.isDown) }

    /// Lets the n-th call that changes nothing from now on, the next one being 1, fail with an error number; replaces
    /// an armed one.
    package func armRead(code: Int32, atCall call: Int) {
        state.withLock { $0.readFaults = [$0.readCallCount + call: code] }
    }

    /// Makes the disk full, or gives it room again: while it is full no file grows and none is made (ENOSPC), and of a
    /// write only what lies within the file is done.
    package func setFull(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }

    /// Stops the machine between two calls: everything fails until `crash`.
    package func cutPower() {
        state.withLock { $0.isDown = true }
    }

    /// Kills all processes and loses nothing: what was written stays, synced or not; open files and locks are dead.
    ///
    /// Also ends what `cutPower` began, as if only the processes had been stopped.
    package func killProcesses() {
        state.withLock { state in
            state.locks = []
            state.faults = [:]
            state.readFaults = [:]
            state.isDown = false
            state.generation += 1
        }
    }

    /// Arms a fault for the n-th changing call from now on, the next one being 1; replaces an armed one.
    package func arm(_ fault: Fault, atCall call: Int) {
        state.withLock { $0.faults = [$0.callCount + call: fault] }
    }

    /// Arms one more fault beside those that are armed.
    package func alsoArm(_ fault: Fault, atCall call: Int) {
        state.withLock { $0.faults[$0.callCount + call] = fault }
    }

    /// Removes armed faults.
    package func disarm() {
        state.withLock { state in
            state.faults = [:]
            state.readFaults = [:]
        }
    }

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
            // No handle lives that could reach a file without a name.
            let named = Set(state.entries.values)
            state.inodes = state.inodes.filter { named.contains($0.key) }
            state.pendingEntries = []
            state.locks = []
            state.faults = [:]
            state.readFaults = [:]
            state.isDown = false
            state.generation += 1
        }
    }

    /// The bytes of a file as a reader sees them now, nil when it is not there.
    package func contents(_ path: String) -> [UInt8]? {
        state.withLock { state in state.entries[path].flatMap { state.inodes[$0]?.live } }
    }

    /// The paths of all files as they are now, sorted; no call is counted and none fails.
    package var paths: [String] {
        state.withLock { $0.entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
    }

    /// Puts a file there, durably, around all faults.
    package func place(_ bytes: [UInt8], at path: String) {
        state.withLock { state in
            let number = state.makeInode(Inode(live: bytes, durable: bytes))
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
            guard isChange else {
                state.readCallCount += 1
                if !state.readFaults.isEmpty,
                    let code = state.readFaults.removeValue(forKey: state.readCallCount)
                {
                    state.faultCounts.failedReads += 1
                    return .failure(DiskError(operation, path, code: code))
                }
                return body(&state, nil)
            }
            state.callCount += 1
            if state.faults.isEmpty { return body(&state, nil) }
            guard let fault = state.faults.removeValue(forKey: state.callCount) else {
                return body(&state, nil)
            }
            switch fault {
            case .writeInPart(_, let code) where operation == .write:
                state.faultCounts.tornWrites += 1
                _ = body(&state, fault)
                return .failure(DiskError(operation, path, code: code))
            case .loseSync(let code) where operation == .sync:
                state.faultCounts.lostSyncs += 1
                _ = body(&state, fault)
                return .failure(DiskError(operation, path, code: code))
            case .fail(let code), .writeInPart(_, let code), .loseSync(let code):
                state.faultCounts.failedChanges += 1
                return .failure(DiskError(operation, path, code: code))
            case .losePower:
                if operation != .sync, operation != .syncDirectory { _ = body(&state, nil) }
                state.faultCounts.powerLosses += 1
                state.isDown = true
                return .failure(DiskError(operation, path, code: 5))
            }
        }
        return try result.get()
    }

    /// Whether anything has the path; no call is counted.
    func isThere(_ path: String) -> Bool {
        state.withLock { $0.entries[path] != nil || $0.directories.contains(path) }
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
