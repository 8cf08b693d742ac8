package import Disk
package import Goals

/// Keeps what was refused, with reason and time, so that nothing is lost and nothing blocks the rest.
///
/// `quarantine/<UTC date>.ndjson` holds one JSON object a line:
/// `{"time","reason","detail","source","byteOffset","bytes","line"}`; a line that is not UTF-8 stands base64-coded
/// under `lineBase64`; one longer than an event may be lies raw in the file named by `file`. An entry is durable
/// before the log's position moves past its line.
package final class Quarantine {
    /// Newest quarantine bytes looked through for entries of a source that is resumed: 64 MiB.
    private static let lookBackBytesMax = 64 << 20

    private let volume: any Volume
    private let directory: String
    private var file: (any OpenFile)?
    private var fileDay: UTCDay?
    private var buffer: [UInt8] = []
    /// Entries of resumed sources that an earlier run wrote but whose position it did not commit.
    private var known: Set<String> = []
    private var raw: RawLine?

    /// A long line on its way into a file of its own.
    private struct RawLine {
        let file: any OpenFile
        let name: String
        let byteOffset: UInt64
        var byteCount: UInt64
    }

    /// `directory` is made when the first entry comes.
    package init(volume: any Volume, directory: String) {
        self.volume = volume
        self.directory = directory
    }

    /// Reads which lines of `source` from `position` on are here already, so that a rerun adds none twice.
    package func recall(source: String, from position: UInt64) throws(DiskError) {
        guard try volume.exists(directory) else { return }
        var budget = Self.lookBackBytesMax
        for name in try volume.list(directory).reversed() where name.hasSuffix(".ndjson") && budget > 0 {
            let path = directory + "/" + name
            let bytes = try volume.readFile(path, bytesMax: Int.max)
            budget -= bytes.count
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                guard let entry = QuarantineEntry.origin(of: line), entry.source == source,
                    entry.byteOffset >= position
                else { continue }
                known.insert(Self.key(source, entry.byteOffset))
            }
        }
    }

    /// Notes a refused line; durable after `sync`.
    ///
    /// `source` and `byteOffset` say where it came from.
    package func add(
        line: Span<UInt8>,
        fault: EventFault,
        source: String?,
        byteOffset: UInt64,
        now: Timestamp
    ) throws(DiskError) {
        if let source, known.remove(Self.key(source, byteOffset)) != nil { return }
        let entry = QuarantineEntry(
            time: now,
            fault: fault,
            source: source,
            byteOffset: byteOffset,
            byteCount: UInt64(line.count),
            content: .line(line.withUnsafeBufferPointer { Array($0) })
        )
        try put(entry, now)
    }

    /// Takes the next bytes of a line that is too long to hold; the last call makes its entry.
    package func addOversized(
        _ part: Span<UInt8>,
        isLast: Bool,
        source: String?,
        byteOffset: UInt64,
        now: Timestamp
    ) throws(DiskError) {
        var current: RawLine
        if let raw {
            current = raw
        } else {
            try prepareDirectory()
            // The same name at a rerun, which then replaces what the killed run left.
            let name = EventIDs.id(source: source ?? RFC3339.text(now), byteOffset: byteOffset) + ".raw"
            current = RawLine(
                file: try volume.open(directory + "/" + name, .replace),
                name: name,
                byteOffset: byteOffset,
                byteCount: 0
            )
        }
        try current.file.write(part.withUnsafeBufferPointer { Array($0) }, at: current.byteCount)
        current.byteCount += UInt64(part.count)
        raw = current
        guard isLast else { return }
        raw = nil
        if let source, known.remove(Self.key(source, current.byteOffset)) != nil {
            try volume.remove(directory + "/" + current.name)
            return
        }
        try current.file.sync()
        try volume.syncDirectory(directory)
        let fault = EventFault(
            .tooLong,
            "is \(current.byteCount) bytes long; an event has at most \(EventScanner.eventBytesMax)"
        )
        let entry = QuarantineEntry(
            time: now,
            fault: fault,
            source: source,
            byteOffset: current.byteOffset,
            byteCount: current.byteCount,
            content: .file(current.name)
        )
        try put(entry, now)
    }

    /// Makes all entries durable; does nothing when there are no new ones.
    package func sync() throws(DiskError) {
        guard !buffer.isEmpty, let file else { return }
        try file.append(buffer)
        try file.syncData()
        buffer.removeAll(keepingCapacity: true)
    }

    /// Entries waiting for `sync` are at most this many bytes.
    private static let bufferBytesMax = 4 << 20

    private func put(_ entry: QuarantineEntry, _ now: Timestamp) throws(DiskError) {
        try openFile(now.day)
        entry.encode(into: &buffer)
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count > Self.bufferBytesMax { try sync() }
    }

    private func openFile(_ day: UTCDay) throws(DiskError) {
        guard fileDay != day || file == nil else { return }
        try sync()
        try prepareDirectory()
        let path = directory + "/" + day.text + ".ndjson"
        try dropTornTail(path)
        file = try volume.open(path, .append)
        fileDay = day
        try volume.syncDirectory(directory)
    }

    private func prepareDirectory() throws(DiskError) {
        if try !volume.exists(directory) { try volume.makeDirectory(directory, mode: 0o755) }
    }

    /// Cuts a last line without its newline: a crash left it, and its line was not committed either.
    private func dropTornTail(_ path: String) throws(DiskError) {
        guard try volume.exists(path) else { return }
        let file = try volume.open(path, .readWrite)
        let size = try file.size()
        var end = size
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while end > 0 {
            let start = end > 65_536 ? end - 65_536 : 0
            let count = try file.read(at: start, into: &buffer, range: 0..<Int(end - start))
            if let newline = buffer[..<count].lastIndex(of: UInt8(ascii: "\n")) {
                end = start + UInt64(newline) + 1
                break
            }
            end = start
        }
        if end < size {
            try file.truncate(to: end)
            try file.sync()
        }
    }

    private static func key(_ source: String, _ byteOffset: UInt64) -> String { "\(byteOffset) \(source)" }
}
