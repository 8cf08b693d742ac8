package import Disk
package import Goals

/// Keeps what was refused, with reason and time, so that nothing is lost and nothing blocks the rest.
///
/// `quarantine/<UTC date>.ndjson` holds one JSON object a line:
/// `{"time","reason","detail","source","byteOffset","bytes","line"}`; a line that is not UTF-8 stands base64-coded
/// under `lineBase64`; one longer than an event may be lies raw in the file named by `file`. An entry is durable
/// before the log's position moves past its line.
package final class Quarantine {
    /// Newest quarantine bytes looked through for entries of a killed run: 64 MiB.
    package static let lookBackBytesMax = 64 << 20
    /// Entries waiting for `sync` are at most this many bytes.
    private static let bufferBytesMax = 4 << 20

    private let volume: any Volume
    private let directory: String
    private var file: (any OpenFile)?
    private var fileDay: UTCDay?
    private var buffer: [UInt8] = []
    /// Entries of named sources that are here already; nil before the first look.
    private var known: Set<QuarantineEntry.Origin>?
    private var raw: RawLine?

    /// A long line on its way into a file of its own.
    private struct RawLine {
        let file: any OpenFile
        let path: String
        let byteOffset: UInt64
        var byteCount: UInt64
    }

    /// `directory` is made when the first entry comes.
    package init(volume: any Volume, directory: String) {
        self.volume = volume
        self.directory = directory
    }

    /// Whether entries wait for `sync`.
    package var hasUnsynced: Bool { !buffer.isEmpty }

    /// Notes a refused line; durable after `sync`.
    ///
    /// `source` and `byteOffset` say where it came from.
    ///
    /// A line that a killed run put here before, of the same source, place and length, is not added again.
    package func add(
        line: Span<UInt8>,
        fault: EventFault,
        source: String?,
        byteOffset: UInt64,
        now: Timestamp
    ) throws(DiskError) {
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
        var current = if let raw { raw } else { try startRaw(source, byteOffset, now) }
        try current.file.write(part.withUnsafeBufferPointer { Array($0) }, at: current.byteCount)
        current.byteCount += UInt64(part.count)
        raw = current
        guard isLast else { return }
        raw = nil
        let name = Self.rawName(source, current.byteOffset, now) + "-\(current.byteCount).raw"
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
            content: .file(name)
        )
        if let origin = entry.origin, try isKnown(origin) {
            // A killed run kept this line: its file stays, this copy goes.
            try volume.remove(current.path)
            return
        }
        try current.file.sync()
        try volume.rename(current.path, to: directory + "/" + name)
        try volume.syncDirectory(directory)
        try put(entry, now)
    }

    /// Makes all entries durable; does nothing when there are no new ones.
    package func sync() throws(DiskError) {
        guard !buffer.isEmpty, let file else { return }
        try file.append(buffer)
        try file.syncData()
        buffer.removeAll(keepingCapacity: true)
    }

    private func startRaw(
        _ source: String?,
        _ byteOffset: UInt64,
        _ now: Timestamp
    ) throws(DiskError) -> RawLine {
        try prepareDirectory()
        let path = directory + "/" + Self.rawName(source, byteOffset, now) + ".part"
        return RawLine(
            file: try volume.open(path, .replace),
            path: path,
            byteOffset: byteOffset,
            byteCount: 0
        )
    }

    /// The same at a rerun of a named source, which then replaces the part that a killed run left.
    private static func rawName(_ source: String?, _ byteOffset: UInt64, _ now: Timestamp) -> String {
        EventIDs.id(source: source ?? RFC3339.text(now), byteOffset: byteOffset)
    }

    private func put(_ entry: QuarantineEntry, _ now: Timestamp) throws(DiskError) {
        if let origin = entry.origin {
            if try isKnown(origin) { return }
            known?.insert(origin)
        }
        try openFile(now.day)
        entry.encode(into: &buffer)
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count > Self.bufferBytesMax { try sync() }
    }

    // MARK: What is here already

    private func isKnown(_ origin: QuarantineEntry.Origin) throws(DiskError) -> Bool {
        if known == nil { known = try lookBack() }
        return known?.contains(origin) ?? false
    }

    /// Origins of the newest entries, all of them durable.
    private func lookBack() throws(DiskError) -> Set<QuarantineEntry.Origin> {
        var found: Set<QuarantineEntry.Origin> = []
        guard try volume.exists(directory) else { return found }
        var budget = UInt64(Self.lookBackBytesMax)
        for name in try volume.list(directory).reversed() where name.hasSuffix(".ndjson") && budget > 0 {
            let path = directory + "/" + name
            try dropTornTail(path)
            let file = try volume.open(path, .readWrite)
            let size = try file.size()
            let start = size > budget ? size - budget : 0
            var bytes = [UInt8](repeating: 0, count: Int(size - start))
            let count = try file.read(at: start, into: &bytes, range: 0..<bytes.count)
            for line in bytes[..<count].split(separator: UInt8(ascii: "\n")) {
                if let origin = QuarantineEntry.origin(of: line) { found.insert(origin) }
            }
            // A killed run may have written without syncing; what counts as kept has to be so.
            try file.sync()
            budget -= size - start
        }
        return found
    }

    // MARK: Files

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

    /// Cuts what a crash left of the last write: a line without its newline, or one with a hole of NULs and all
    /// behind it.
    ///
    /// JSON has no NUL, and everything but the last write was synced, whose lines were not committed either.
    private func dropTornTail(_ path: String) throws(DiskError) {
        guard try volume.exists(path) else { return }
        let file = try volume.open(path, .readWrite)
        let size = try file.size()
        // More than one write can be long: a buffer's limit and one entry of an event's greatest length.
        let start = size > UInt64(2 * Self.bufferBytesMax) ? size - UInt64(2 * Self.bufferBytesMax) : 0
        var tail = [UInt8](repeating: 0, count: Int(size - start))
        let count = try file.read(at: start, into: &tail, range: 0..<tail.count)
        let whole = tail[..<count].firstIndex(of: 0) ?? count
        let kept = tail[..<whole].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        guard start + UInt64(kept) < size else { return }
        try file.truncate(to: start + UInt64(kept))
        try file.sync()
    }
}
