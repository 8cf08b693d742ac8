import Disk
import EventLog
import TestKit
import Testing

/// A small log with every kind of segment, kept as bytes, so that each damage is done to a fresh copy of it.
///
/// Two compacted segments, two sealed ones and mostly an open one; frames of one to seven records, many of them equally
/// long; some from sources; two configurations.
struct DamagedLog {
    static let path = "/events"
    /// Records of each commit, a list a segment; the last segment is left open.
    private static let plan = [[1, 1, 3, 2], [1, 2, 1, 5], [2, 1, 1, 7, 1], [1, 1], [2, 1, 1, 3]]

    /// A stretch of a file that one checksum, or one comparison, vouches for.
    struct Part: Equatable {
        enum Kind { case commit, seal, table }
        let kind: Kind
        let bytes: Range<Int>
        /// The offset that a finding in it names: of the commit's first record, or after the segment's last.
        let recordOffset: UInt64
        /// Bytes of the frame at the start of a commit.
        var frameBytes = 0
    }

    /// All that a reader or a writer of this log needs, by path.
    let files: [String: [UInt8]]
    /// Paths of the segments, in log order.
    let segments: [String]
    let records: [String]
    /// The parts of each segment, by path, in file order, nothing between them.
    let parts: [String: [Part]]
    let isOpen: Bool

    /// `isOpen` false leaves the open segment away, so that the last one is sealed; `salt` makes other records of the
    /// same lengths.
    init(isOpen: Bool = true, salt: UInt64 = 0) throws {
        self.isOpen = isOpen
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, Self.path)
        let writer = try log.writer()
        var random = SplitMix64(seed: 7 &+ salt)
        var records: [String] = []
        for (number, commits) in Self.plan.dropLast(isOpen ? 0 : 1).enumerated() {
            if number == 0 || number == 3 {
                _ = try writer.applyConfiguration(Array("{\"challenges\":[],\"n\":\(number)}\n".utf8))
            }
            for (index, count) in commits.enumerated() {
                let lines = (0..<count).map {
                    "{\"id\":\"e\(1000 + records.count + $0)\",\(Self.noise(&random))}"
                }
                let source =
                    index % 2 == 1 ? SourcePosition(name: "s\(index)", byteOffset: writer.nextOffset) : nil
                log.tick(10)
                _ = try writer.append(frame(lines, time: Int64(records.count), source: source))
                records += lines
            }
            if number + 1 < Self.plan.count { try writer.seal() }
            if number == 1 { try log.compact() }
        }
        writer.close()
        self.records = records
        var files: [String: [UInt8]] = [:]
        for directory in [Self.path, Self.path + "/challenges"] {
            for name in try disk.list(directory) {
                if let bytes = disk.contents(directory + "/" + name) { files[directory + "/" + name] = bytes }
            }
        }
        self.files = files
        segments = try log.directory.segmentNames().map { log.segment($0.baseOffset) }
        parts = try Self.parts(log, segments, files)
    }

    /// 16 hexadecimal digits: as long as any other, and next to nothing for zstd to find.
    private static func noise(_ random: inout SplitMix64) -> String {
        let digits = String(random.next(), radix: 16)
        return "\"userId\":\"" + String(repeating: "0", count: 16 - digits.count) + digits + "\""
    }

    private static func parts(
        _ log: LogFixture,
        _ segments: [String],
        _ files: [String: [UInt8]]
    ) throws -> [String: [Part]] {
        var parts: [String: [Part]] = [:]
        let footers = try log.footers()
        for (number, path) in segments.enumerated() {
            let bases = try log.directory.segmentNames().map(\.baseOffset)
            let end = number + 1 < bases.count ? bases[number + 1] : .max
            var (list, at): ([Part], Int) = ([], 0)
            for footer in footers where footer.baseOffset >= bases[number] && footer.baseOffset < end {
                let size = Int(footer.compressedBytes) + footer.byteCount
                let frame = Int(footer.compressedBytes)
                list.append(
                    Part(
                        kind: .commit,
                        bytes: at..<(at + size),
                        recordOffset: footer.baseOffset,
                        frameBytes: frame
                    )
                )
                at += size
            }
            let size = try #require(files[path]).count
            if at < size {
                let table = size - SeekTable.overheadBytes - 8 * (2 * list.count + 1)
                let next = footers.last { $0.baseOffset < end }.map(\.nextOffset) ?? 0
                list.append(Part(kind: .seal, bytes: at..<table, recordOffset: next))
                list.append(Part(kind: .table, bytes: table..<size, recordOffset: next))
            }
            parts[path] = list
        }
        return parts
    }

    /// The part that holds a byte.
    func part(_ path: String, _ byte: Int) throws -> Part {
        try #require(parts[path]?.first { $0.bytes.contains(byte) })
    }

    /// The last commit of the open segment: damage to it looks like an append that a crash cut short.
    func isLastCommit(_ path: String, _ part: Part) -> Bool {
        isOpen && path == segments.last && part == parts[path]?.last
    }

    /// A disk with the log, changed.
    func disk(_ change: (inout [String: [UInt8]]) throws -> Void = { _ in }) throws -> SimulatedDisk {
        var copy = files
        try change(&copy)
        let disk = SimulatedDisk()
        try disk.makeDirectory(Self.path + "/challenges", mode: 0o755)
        for (path, bytes) in copy { disk.place(bytes, at: path) }
        return disk
    }

    /// A disk where one file has other bytes.
    func disk(_ path: String, _ bytes: [UInt8]) throws -> SimulatedDisk { try disk { $0[path] = bytes } }
}
