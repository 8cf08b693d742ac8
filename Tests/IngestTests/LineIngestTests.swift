import Disk
import EventLog
import Goals
import Ingest
import TestKit
import Testing

@Suite struct LineIngestTests {
    static let now = Timestamp(microseconds: 1_767_225_600_000_000)

    /// A log in a directory of its own, fed from files in it.
    struct World {
        let directory: TemporaryDirectory
        var log: String { directory.path + "/log/events" }
        var quarantine: String { directory.path + "/log/quarantine" }

        init() throws {
            directory = try TemporaryDirectory()
            try LogDirectory.create(
                volume: LocalVolume(),
                path: directory.path + "/log/events",
                makeUUID: { "6f1c2f0e-7a53-4c35-9b37-0d3a5c1f2b11" }
            )
        }

        func write(_ bytes: [UInt8], _ name: String = "input") throws -> String {
            let path = directory.path + "/" + name
            try LocalVolume().atomicWrite(bytes, to: path)
            return path
        }

        func ingest(
            _ path: String,
            source: String? = "s",
            frameBytes: Int = 4096,
            dedupe: Int = 1000
        ) throws -> IngestSummary {
            let writer = try LogWriter.open(
                volume: LocalVolume(),
                directory: log,
                now: { LineIngestTests.now.milliseconds }
            )
            defer { writer.close() }
            let ingest = LineIngest(
                writer: writer,
                quarantine: Quarantine(volume: LocalVolume(), directory: quarantine),
                admission: EventAdmission(
                    namespace: Identifier("game"),
                    window: DedupeWindow(capacity: dedupe)
                ),
                frameBytes: frameBytes,
                now: { LineIngestTests.now }
            )
            return try ingest.ingest(try InputFile.open(path), source: source)
        }

        func records() throws -> [String] {
            let reader = try LogReader(volume: LocalVolume(), directory: log, from: 0)
            var lines: [String] = []
            while try reader.nextFrame() {
                lines += reader.bytes.split(separator: UInt8(ascii: "\n")).map {
                    String(decoding: $0, as: UTF8.self)
                }
            }
            return lines
        }

        func quarantined() throws -> String {
            guard try LocalVolume().exists(quarantine) else { return "" }
            return try LocalVolume().list(quarantine).filter { $0.hasSuffix(".ndjson") }
                .map {
                    String(
                        decoding: try LocalVolume().readFile(quarantine + "/" + $0, bytesMax: 1 << 26),
                        as: UTF8.self
                    )
                }
                .joined()
        }
    }

    static func login(_ id: String, _ user: String = "u") -> String {
        #"{"id":"\#(id)","name":"userLoggedIn","namespace":"game","timestamp":"2025-12-01T00:00:00Z","userId":"\#(user)"}"#
    }

    @Test func `what may be missing is filled in, the rest stays as it came`() throws {
        let world = try World()
        let noID = #"{"name":"userLoggedIn","namespace":"game","userId":"u","x": [1, 2]}"#
        let emptyBoth = #"{"id":"","timestamp":null,"name":"userLoggedIn","namespace":"game","userId":"v"}"#
        let path = try world.write(Array("  \(noID)\r\n\n\(emptyBoth)".utf8))
        let summary = try world.ingest(path)
        #expect(summary.accepted == 2 && summary.blankLines == 1 && summary.quarantinedTotal == 0)
        let records = try world.records()
        let first = EventIDs.id(source: "s", byteOffset: 0)
        let second = EventIDs.id(source: "s", byteOffset: UInt64(noID.utf8.count + 5))
        let time = RFC3339.text(Self.now)
        #expect(
            records == [
                #"{"id":"\#(first)","timestamp":"\#(time)","name":"userLoggedIn","namespace":"game","userId":"u","x": [1, 2]}"#,
                #"{"id":"\#(second)","timestamp":"\#(time)","name":"userLoggedIn","namespace":"game","userId":"v"}"#,
            ]
        )
    }

    @Test func `bad lines are quarantined with their reason, and the rest goes on`() throws {
        let world = try World()
        var bytes = Array((Self.login("1") + "\n{broken\n" + Self.login("2") + "\n").utf8)
        bytes += [0xFF, 0xFE, UInt8(ascii: "\n")]
        bytes += [UInt8](repeating: UInt8(ascii: "x"), count: 10 << 20) + [UInt8(ascii: "\n")]
        bytes +=
            Array(#"{"name":"userLoggedIn","namespace":"other","userId":"u"}"#.utf8) + [UInt8(ascii: "\n")]
        bytes += Array((Self.login("1") + "\n" + Self.login("3") + "\n").utf8)
        let summary = try world.ingest(try world.write(bytes))
        #expect(summary.accepted == 3 && summary.duplicates == 1 && summary.otherNamespace == 1)
        #expect(summary.quarantined == [.notJSON: 1, .notUTF8: 1, .tooLong: 1])
        #expect(try world.records() == ["1", "2", "3"].map { Self.login($0) })
        let entries = try world.quarantined()
        #expect(entries.split(separator: "\n").count == 3)
        #expect(entries.contains(#""line":"{broken""#) && entries.contains(#""lineBase64":"//4=""#))
        let raw = try #require(try LocalVolume().list(world.quarantine).first { $0.hasSuffix(".raw") })
        #expect(try LocalVolume().fileSize(world.quarantine + "/" + raw) == 10 << 20)
    }

    @Test func `a rerun goes on behind the last commit and quarantines nothing twice`() throws {
        let world = try World()
        let lines = (0..<500).map { $0 % 7 == 3 ? "bad \($0)" : Self.login("", "u\($0)") }
        let whole = Array(lines.map { $0 + "\n" }.joined().utf8)
        let path = try world.write(Array(whole[..<20_000]))
        // Cut inside a line: it is quarantined as the input's last line, and the rerun begins behind it.
        _ = try world.ingest(path)
        let before = try world.records().count
        let again = try world.ingest(path)
        let after = try world.records().count
        #expect(again.accepted == 0 && after == before)
        let entries = try world.quarantined()
        #expect(Set(entries.split(separator: "\n")).count == entries.split(separator: "\n").count)
    }

    @Test func `a file that is not what was ingested before is refused`() throws {
        let world = try World()
        let path = try world.write(Array((0..<100).map { Self.login("a\($0)") + "\n" }.joined().utf8))
        _ = try world.ingest(path)
        let shorter = try world.write(Array((Self.login("a0") + "\n").utf8), "shorter")
        #expect(throws: IngestError.self) { try world.ingest(shorter) }
        #expect(try world.records().count == 100)
    }

    @Test func `zstd input is read like plain text`() throws {
        let world = try World()
        let text = Array((0..<2000).map { Self.login("z\($0)") + "\n" }.joined().utf8)
        let compressor = try Compressed(text)
        let summary = try world.ingest(try world.write(compressor.bytes))
        #expect(summary.accepted == 2000 && summary.inputBytes == UInt64(text.count))
        #expect(throws: IngestError.self) {
            try world.ingest(try world.write(Array(compressor.bytes.dropLast(9)), "cut"), source: "cut")
        }
    }
}
