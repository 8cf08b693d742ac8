import Disk

/// Part of a growing file in memory, read ahead; it belongs to one reader.
///
/// Bytes once loaded are not read again, so `drop` it when the file may have changed there.
final class FileWindow {
    /// Smallest read when only headers are wanted, in bytes.
    static let headerReadAhead = 8 * 1024
    /// Smallest read when all content is wanted, in bytes.
    static let contentReadAhead = 1024 * 1024

    let file: any OpenFile
    /// Smallest read, in bytes.
    var readAhead: Int
    /// Loaded bytes; `load` says where in it.
    private(set) var buffer: [UInt8] = []
    private var start: UInt64 = 0
    private var count = 0
    /// Reads from the file so far: what two loads returned may be of two times.
    private(set) var loadCount = 0

    init(file: any OpenFile, readAhead: Int = headerReadAhead) {
        self.file = file
        self.readAhead = readAhead
    }

    /// Index in `buffer` of the byte at `position` with `length` bytes from there on; nil when the file ends
    /// before.
    ///
    /// The caller bounds `length`; the buffer grows to it.
    func load(_ position: UInt64, _ length: Int) throws(LogError) -> Int? {
        if position >= start, position - start <= UInt64(count), count - Int(position - start) >= length {
            return Int(position - start)
        }
        var wanted = max(length, readAhead)
        // Should a call fail, the buffer holds nothing known.
        count = 0
        if buffer.count < wanted {
            // Never more than the file has: most segments are smaller than what is read ahead of a large one, and a
            // damaged frame may announce any length.
            let size = try onDisk { () throws(DiskError) in try file.size() }
            let left = size > position ? Int(clamping: size - position) : 0
            guard left >= length else { return nil }
            wanted = min(wanted, left)
            if buffer.count < wanted { buffer = [UInt8](repeating: 0, count: wanted) }
        }
        start = position
        loadCount += 1
        count = try onDisk { () throws(DiskError) in
            try file.read(at: position, into: &buffer, range: 0..<wanted)
        }
        return count >= length ? 0 : nil
    }

    /// 1 to 8 bytes at `position` as a little-endian number; nil when the file ends before the last of them.
    func word(_ position: UInt64, _ length: Int) throws(LogError) -> UInt64? {
        guard let index = try load(position, length) else { return nil }
        return (0..<length).reversed().reduce(0) { $0 << 8 | UInt64(buffer[index + $1]) }
    }

    /// Whether nothing is loaded, so that the next look is at the file.
    var isEmpty: Bool { count == 0 }

    /// Forgets what was loaded.
    func drop() { count = 0 }
}
