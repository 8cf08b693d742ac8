import Disk

/// An open file of a `SimulatedDisk`.
final class SimulatedFile: OpenFile {
    private let disk: SimulatedDisk
    let path: String
    private let number: Int
    private let generation: Int
    private let isAppending: Bool

    init(_ disk: SimulatedDisk, _ path: String, inode: Int, _ generation: Int, isAppending: Bool) {
        (self.disk, self.path, number) = (disk, path, inode)
        (self.generation, self.isAppending) = (generation, isAppending)
    }

    func read(at offset: UInt64, into buffer: inout [UInt8], range: Range<Int>) throws(DiskError) -> Int {
        try inode(.read, isChange: false) { inode, _ in
            guard offset < UInt64(inode.live.count) else { return .success(0) }
            let count = min(range.count, inode.live.count - Int(offset))
            let wanted = Int(offset)..<(Int(offset) + count)
            let target = range.lowerBound..<(range.lowerBound + count)
            buffer.withUnsafeMutableBytes { to in
                inode.live.withUnsafeBytes { from in
                    UnsafeMutableRawBufferPointer(rebasing: to[target])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: from[wanted]))
                }
            }
            return .success(count)
        }
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(DiskError) {
        let (number, path) = (number, path)
        try disk.perform(.write, path, isChange: true, generation: generation) {
            state,
            fault -> Result<Void, DiskError> in
            guard let size = state.inodes[number]?.live.count else {
                return .failure(DiskError(.write, path, code: 9))
            }
            var written = bytes
            if case .writeInPart(let count, _) = fault { written = Array(bytes.prefix(count)) }
            let room = max(0, size - Int(offset))
            let isRefused = state.isFull && written.count > room
            if isRefused { written = Array(written.prefix(room)) }
            state.inodes[number]?.change(.write(offset: Int(offset), bytes: written))
            return isRefused ? .failure(state.full(.write, path)) : .success(())
        }
    }

    func append(_ bytes: [UInt8]) throws(DiskError) {
        guard isAppending else { throw DiskError(.write, path, code: 22) }
        try write(bytes, at: size())
    }

    func syncData() throws(DiskError) { try sync() }

    func sync() throws(DiskError) {
        try inode(.sync, isChange: true) { inode, fault -> Result<Void, DiskError> in
            if case .loseSync = fault { inode.pending = [] } else { inode.sync() }
            return .success(())
        }
    }

    func truncate(to byteCount: UInt64) throws(DiskError) {
        try inode(.truncate, isChange: true) { inode, _ -> Result<Void, DiskError> in
            inode.change(.truncate(Int(byteCount)))
            return .success(())
        }
    }

    func size() throws(DiskError) -> UInt64 {
        try inode(.measure, isChange: false) { inode, _ in .success(UInt64(inode.live.count)) }
    }

    func identity() throws(DiskError) -> FileIdentity { FileIdentity(device: 1, inode: UInt64(number)) }

    /// Runs one call on the file's inode, in place, so that its bytes are not copied.
    private func inode<Value>(
        _ operation: DiskError.Operation,
        isChange: Bool,
        _ body: (inout SimulatedDisk.Inode, SimulatedDisk.Fault?) -> Result<Value, DiskError>
    ) throws(DiskError) -> Value {
        let number = number
        let path = path
        return try disk.perform(operation, path, isChange: isChange, generation: generation) { state, fault in
            guard state.inodes[number] != nil else {
                return .failure(DiskError(operation, path, code: 9))
            }
            return body(&state.inodes[number, default: SimulatedDisk.Inode()], fault)
        }
    }
}
