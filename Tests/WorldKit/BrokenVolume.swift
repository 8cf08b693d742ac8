import Disk
import EventLog
import TestKit
import Zstd

/// A simulated disk with a planted bug.
final class BrokenVolume: ForwardingVolume {
    private let disk: SimulatedDisk
    private let bug: PlantedBug

    init(_ disk: SimulatedDisk, _ bug: PlantedBug) { (self.disk, self.bug) = (disk, bug) }

    var base: any Volume { disk }

    func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> any OpenFile {
        BrokenFile(try base.open(path, mode), bug)
    }

    func rename(_ path: String, to target: String) throws(DiskError) {
        if bug == .compactionDropsRecord, path.hasSuffix(".compact.tmp"), let bytes = disk.contents(path) {
            disk.place(Self.withoutLastRecord(bytes, baseOffset: Self.baseOffset(target)), at: path)
        }
        try base.rename(path, to: target)
    }

    func remove(_ path: String) throws(DiskError) {
        try base.remove(path)
        guard bug == .removesOneTooMany, path.hasSuffix(".ndjson.zst"),
            let next = try base.list(parentDirectory(of: path)).first(where: { $0.hasSuffix(".ndjson.zst") })
        else { return }
        try base.remove(parentDirectory(of: path) + "/" + next)
    }

    func syncDirectory(_ path: String) throws(DiskError) {
        if bug != .syncDirectoryDoesNothing { try base.syncDirectory(path) }
    }

    private static func baseOffset(_ path: String) -> UInt64 {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return SegmentName(fileName: name)?.baseOffset ?? 0
    }

    /// The records of a segment's first frame but the last one, as a segment of one frame that says it holds them all.
    private static func withoutLastRecord(_ segment: [UInt8], baseOffset: UInt64) -> [UInt8] {
        do {
            guard let end = footerIndex(segment) else { return segment }
            let size = Int(segment[end + 4]) | Int(segment[end + 5]) << 8
            let footer = try CommitFooter.decode(segment, end..<(end + 8 + size))
            var content: [UInt8] = []
            let count = try FrameDecompressor().decompress(
                segment.span.bytes.extracting(0..<end),
                into: &content,
                contentBytesMax: LogLimits.frameBytesMax
            )
            let lines = content[..<count].split(separator: 0x0A).dropLast()
            guard !lines.isEmpty else { return segment }
            let kept = lines.flatMap { $0 + [0x0A] }
            var bytes: [UInt8] = []
            let compressed = try FrameCompressor(level: 1).compress(kept.span.bytes, appendingTo: &bytes)
            let written = CommitFooter(
                baseOffset: baseOffset,
                recordCount: footer.recordCount,
                rawBytes: UInt32(kept.count),
                compressedBytes: UInt32(compressed),
                frameChecksum: CRC32C.checksum(bytes),
                leastTime: footer.leastTime,
                greatestTime: footer.greatestTime,
                committedAt: footer.committedAt,
                source: footer.source
            )
            // All that follows stays as it was: later frames, seal and seek table.
            return bytes + written.encoded() + segment[(end + 8 + size)...]
        } catch {
            preconditionFailure("a segment that compaction wrote cannot be read: \(error)")
        }
    }

    /// Where the first footer's magic number is.
    private static func footerIndex(_ bytes: [UInt8]) -> Int? {
        let magic = withUnsafeBytes(of: CommitFooter.magic.littleEndian) { Array($0) }
        return bytes.indices.dropLast(3).first { Array(bytes[$0..<($0 + 4)]) == magic }
    }
}

/// A file of a `BrokenVolume`.
private final class BrokenFile: OpenFile {
    private let base: any OpenFile
    private let bug: PlantedBug

    init(_ base: any OpenFile, _ bug: PlantedBug) { (self.base, self.bug) = (base, bug) }

    var path: String { base.path }

    func read(at offset: UInt64, into buffer: inout [UInt8], range: Range<Int>) throws(DiskError) -> Int {
        try base.read(at: offset, into: &buffer, range: range)
    }
    func write(_ bytes: [UInt8], at offset: UInt64) throws(DiskError) {
        try base.write(bytes, at: offset)
    }
    func append(_ bytes: [UInt8]) throws(DiskError) { try base.append(bytes) }
    func syncData() throws(DiskError) {
        if bug != .syncDataDoesNothing { try base.syncData() }
    }
    func sync() throws(DiskError) { try base.sync() }
    func truncate(to byteCount: UInt64) throws(DiskError) {
        if bug != .truncateDoesNothing { try base.truncate(to: byteCount) }
    }
    func size() throws(DiskError) -> UInt64 { try base.size() }
    func identity() throws(DiskError) -> FileIdentity { try base.identity() }
}
