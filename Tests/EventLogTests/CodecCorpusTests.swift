import Disk
import EventLog
import Foundation
import TestKit
import Testing

/// Tricky inputs of the log's codecs, `fixtures/codecs/<codec>-<what>.bin`, made by another program than this one.
///
/// `outcomes.txt` beside them says what each is taken for.
@Suite struct CodecCorpusTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "fixtures/codecs")

    @Test func `each tricky input is taken for what it always was`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path())
            .filter { $0.hasSuffix(".bin") }.sorted()
        #expect(names.count >= 90)
        var outcomes = ""
        for name in names {
            let bytes = [UInt8](try Data(contentsOf: Self.directory.appending(path: name)))
            outcomes += "\(name): \(try Self.outcome(name, bytes))\n"
        }
        try expectGolden(Array(outcomes.utf8), at: "codecs/outcomes.txt")
    }

    private static func outcome(_ name: String, _ bytes: [UInt8]) throws -> String {
        do {
            switch name.prefix(while: { $0 != "-" }) {
            case "footer":
                let footer = try CommitFooter.decode(bytes, 0..<bytes.count)
                #expect(footer.encoded() == bytes, "\(name)")
                return
                    "records \(footer.baseOffset) to \(footer.nextOffset), \(footer.rawBytes) bytes, times "
                    + "\(footer.leastTime) to \(footer.greatestTime), committed at \(footer.committedAt), "
                    + (footer.source.map { "source of \($0.name.utf8.count) bytes at \($0.byteOffset)" }
                        ?? "no source")
            case "seal":
                let seal = try SegmentSeal.decode(bytes)
                #expect(seal.encoded() == bytes, "\(name)")
                return
                    "records \(seal.baseOffset) to \(seal.nextOffset), \(seal.commitCount) commits, sources "
                    + "\(seal.sources.map { "\($0.position.name)@\($0.position.byteOffset)/\($0.recordOffset)" })"
            case "seektable":
                let table = try SeekTable.decode(bytes)
                #expect(table.encoded() == bytes, "\(name)")
                return "\(table.entries.count) entries, \(table.listedBytes) bytes"
            case "identity": return try identity(bytes)
            case "segmentname":
                let segment = SegmentName(fileName: String(decoding: bytes, as: UTF8.self))
                return segment.map { "segment \($0.baseOffset)" } ?? "no segment"
            case "configurationname":
                let disk = SimulatedDisk()
                try disk.makeDirectory("/log/challenges", mode: 0o755)
                disk.place([1], at: "/log/challenges/" + String(decoding: bytes, as: UTF8.self))
                let offsets = try LogDirectory(volume: disk, path: "/log").configurations.offsets()
                return offsets.first.map { "configuration \($0)" } ?? "no configuration"
            default:
                Issue.record("\(name) belongs to no codec")
                return "unknown"
            }
        } catch let error as FormatError {
            return "refused, \(error)"
        }
    }

    private static func identity(_ bytes: [UInt8]) throws -> String {
        let disk = SimulatedDisk()
        try disk.makeDirectory("/log", mode: 0o755)
        disk.place(bytes, at: "/log/stream.json")
        do throws(LogError) {
            return "identity \(try LogDirectory(volume: disk, path: "/log").identity().uuid)"
        } catch {
            return "refused, \(error)"
        }
    }
}
