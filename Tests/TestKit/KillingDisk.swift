package import Disk
import Glibc
import Synchronization

/// The real volume, which kills its process before the n-th call that changes something.
///
/// SIGKILL spares the page cache: this shows what a killed process leaves, not what a power failure does.
package final class KillingDisk: ForwardingVolume {
    package let base: any Volume = LocalVolume()
    private let callsLeft: Mutex<Int>

    /// Lives through `beforeCall - 1` changing calls.
    package init(beforeCall: Int) { callsLeft = Mutex(beforeCall) }

    fileprivate func change() {
        let isOver = callsLeft.withLock { left in
            left -= 1
            return left <= 0
        }
        if isOver { kill(getpid(), SIGKILL) }
    }

    package func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> any OpenFile {
        if mode != .read, mode != .readWrite { change() }
        return KillingFile(try base.open(path, mode), self)
    }

    package func rename(_ path: String, to target: String) throws(DiskError) {
        change()
        try base.rename(path, to: target)
    }

    package func remove(_ path: String) throws(DiskError) {
        change()
        try base.remove(path)
    }

    package func makeDirectory(_ path: String, mode: UInt32) throws(DiskError) {
        change()
        try base.makeDirectory(path, mode: mode)
    }

    package func syncDirectory(_ path: String) throws(DiskError) {
        change()
        try base.syncDirectory(path)
    }

    package func hardLink(_ path: String, to target: String) throws(DiskError) {
        change()
        try base.hardLink(path, to: target)
    }

    package func setPermissions(_ path: String, _ mode: UInt32) throws(DiskError) {
        change()
        try base.setPermissions(path, mode)
    }
}

private final class KillingFile: OpenFile {
    private let base: any OpenFile
    private let disk: KillingDisk

    init(_ base: any OpenFile, _ disk: KillingDisk) { (self.base, self.disk) = (base, disk) }

    var path: String { base.path }

    func read(at offset: UInt64, into buffer: inout [UInt8], range: Range<Int>) throws(DiskError) -> Int {
        try base.read(at: offset, into: &buffer, range: range)
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(DiskError) {
        disk.change()
        // In two parts, so that a process can also die within a write.
        let half = bytes.count / 2
        try base.write(Array(bytes[..<half]), at: offset)
        disk.change()
        try base.write(Array(bytes[half...]), at: offset + UInt64(half))
    }

    func append(_ bytes: [UInt8]) throws(DiskError) {
        disk.change()
        try base.append(bytes)
    }

    func syncData() throws(DiskError) {
        disk.change()
        try base.syncData()
    }

    func sync() throws(DiskError) {
        disk.change()
        try base.sync()
    }

    func truncate(to byteCount: UInt64) throws(DiskError) {
        disk.change()
        try base.truncate(to: byteCount)
    }

    func size() throws(DiskError) -> UInt64 { try base.size() }
    func identity() throws(DiskError) -> FileIdentity { try base.identity() }
}
