package import Disk

/// Keeps records from an offset on from being deleted while a long reader works: replay, backup, verify.
///
/// A file in the log's `holds/` whose name says offset and reader, locked by the reader's process: the hold
/// ends when it is released or its process dies, however it dies. `LogRetention` deletes no segment that ends
/// after the least live hold. Before it deletes, it announces in `holds/floor` what goes and only then looks
/// for holds, and a hold looks for the floor only once its own file is locked: so one of the two sees the
/// other.
package final class LogHold {
    /// The directory's name within the log's.
    package static let directoryName = "holds"
    /// Longest name of a reader, in bytes.
    package static let readerBytesMax = 64
    /// Most holds at one time, dead ones included until the next deletion.
    package static let holdsMax = 10_000
    static let suffix = ".hold"
    static let floorName = "floor"

    /// First record that is held.
    package let offset: UInt64
    private let volume: any Volume
    private let path: String
    private var lock: (any FileLock)?

    /// Holds the records from `offset` on.
    ///
    /// `reader` says in listings who holds: 1 to 64 letters, digits, `-` and `_`. `makeUUID` is asked for what
    /// makes the file's name unlike every other. Throws `.offsetRetained` where records from `offset` on are
    /// deleted or about to be, `.notALog`, `.holdRefused`.
    package init(
        volume: any Volume,
        directory: String,
        from offset: UInt64,
        reader: String,
        makeUUID: () -> String
    ) throws(LogError) {
        guard (1...Self.readerBytesMax).contains(reader.utf8.count), Self.isPlain(reader) else {
            throw .holdRefused(reason: "'\(reader)' is no name of 1 to 64 letters, digits, '-' and '_'")
        }
        let log = LogDirectory(volume: volume, path: directory)
        _ = try log.identity()
        let holds = LogHolds(volume: volume, logDirectory: directory)
        guard try holds.names().count < Self.holdsMax else {
            throw .holdRefused(
                reason:
                    "\(holds.directory) has \(Self.holdsMax) of them; `goalpost run retain --apply` removes "
                    + "those of processes that died"
            )
        }
        try onDisk { () throws(DiskError) in try volume.makeDirectory(holds.directory, mode: 0o755) }
        let name = "\(paddedDigits(offset))-\(reader)-\(makeUUID())\(Self.suffix)"
        (self.volume, self.offset) = (volume, offset)
        path = holds.directory + "/" + name
        let path = path
        lock = try onDisk { () throws(DiskError) in try volume.tryLock(path) }
        // A deletion may take a file that is not locked yet for a dead process's.
        guard lock != nil, try onDisk({ () throws(DiskError) in try volume.exists(path) }) else {
            lock?.release()
            throw .maintenanceLocked(directory: directory, processID: nil)
        }
        let first = max(try log.firstOffset(), try holds.floor())
        guard offset >= first else {
            release()
            throw .offsetRetained(offset: offset, first: first)
        }
    }

    deinit { release() }

    /// Lets the records go; later calls do nothing.
    package func release() {
        guard let lock else { return }
        do throws(DiskError) {
            try volume.remove(path)
        } catch {
            // A file without a lock holds nothing, and the next deletion removes it.
        }
        lock.release()
        self.lock = nil
    }

    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
    }
}

/// The holds on a log, as who deletes from it sees them; the caller holds the maintenance lock to change them.
struct LogHolds {
    /// A live hold.
    struct Hold: Hashable {
        let offset: UInt64
        let path: String
    }

    private let volume: any Volume
    let directory: String

    init(volume: any Volume, logDirectory: String) {
        self.volume = volume
        directory = logDirectory + "/" + LogHold.directoryName
    }

    /// The hold files there are, dead ones included, by ascending offset.
    func names() throws(LogError) -> [String] {
        do throws(DiskError) {
            return try volume.list(directory).filter { $0.hasSuffix(LogHold.suffix) }
        } catch {
            if error.code == DiskErrorCode.notFound { return [] }
            throw .disk(error)
        }
    }

    /// The hold with the least offset whose process lives, nil where there is none.
    ///
    /// With `removingDead`, files of dead processes are removed on the way.
    func least(removingDead: Bool) throws(LogError) -> Hold? {
        var least: Hold?
        for name in try names() {
            let path = directory + "/" + name
            // A name that was not written by this program holds everything: better too much than too little.
            let offset = paddedOffset(name.prefix(20)) ?? 0
            let lock: (any FileLock)?
            do throws(DiskError) {
                guard try volume.exists(path) else { continue }
                lock = try volume.tryLock(path)
            } catch {
                throw .disk(error)
            }
            if let lock {
                // `tryLock` makes a file where its owner has just removed it, so it goes either way.
                if removingDead { try onDisk { () throws(DiskError) in try volume.remove(path) } }
                lock.release()
            } else if offset < least?.offset ?? .max {
                least = Hold(offset: offset, path: path)
            }
        }
        return least
    }

    /// The offset below which records are deleted or about to be; 0 where nothing ever was.
    func floor() throws(LogError) -> UInt64 {
        let path = directory + "/" + LogHold.floorName
        let bytes: [UInt8]
        do throws(DiskError) {
            bytes = try volume.readFile(path, bytesMax: 64)
        } catch {
            if error.code == DiskErrorCode.notFound { return 0 }
            throw .disk(error)
        }
        let text = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
        guard let offset = UInt64(text) else {
            throw .holdRefused(
                reason: "\(path) holds no offset: remove it while nothing deletes from the log"
            )
        }
        return offset
    }

    /// Announces that records before `offset` go.
    func setFloor(_ offset: UInt64) throws(LogError) {
        try onDisk { () throws(DiskError) in
            try volume.makeDirectory(directory, mode: 0o755)
            try volume.atomicWrite(Array("\(offset)\n".utf8), to: directory + "/" + LogHold.floorName)
        }
    }
}
