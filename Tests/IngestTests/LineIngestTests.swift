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

    @Test func `a file that grows is taken up where it ended, a torn last line included`() throws {
        let world = try World()
        let lines = (0..<500).map { $0 % 7 == 3 ? "bad \($0)" : Self.login("", "u\($0)") }
        let whole = Array(lines.map { $0 + "\n" }.joined().utf8)
        let good = lines.filter { !$0.hasPrefix("bad") }.count
        // Cut inside a line: what is there of it is no event yet.
        let path = try world.write(Array(whole[..<20_000]))
        let torn = try world.ingest(path)
        #expect(torn.quarantined[.notJSON] != nil)
        _ = try world.write(whole)
        let grown = try world.ingest(path)
        #expect(torn.accepted + grown.accepted == UInt64(good))
        let again = try world.ingest(path)
        #expect(again.accepted == 0 && again.quarantinedTotal == 0)
        #expect(Set(try world.records()).count == good)
        let entries = try world.quarantined().split(separator: "\n")
        #expect(entries.count == lines.count - good + 1 && Set(entries).count == entries.count)
    }

    @Test func `a long line is kept once, and stays through a rerun`() throws {
        let world = try World()
        let path = try world.write(
            [UInt8](repeating: UInt8(ascii: "x"), count: 70_000) + [UInt8(ascii: "\n")]
        )
        for _ in 0..<2 { #expect(try world.ingest(path).quarantined == [.tooLong: 1]) }
        let names = try LocalVolume().list(world.quarantine)
        let raw = try #require(names.first { $0.hasSuffix(".raw") })
        #expect(names.count == 2)
        #expect(try LocalVolume().fileSize(world.quarantine + "/" + raw) == 70_000)
        #expect(try world.quarantined().contains(raw))
        #expect(try world.quarantined().split(separator: "\n").count == 1)
    }

    @Test func `white space is blank, NUL bytes are not`() throws {
        let world = try World()
        let summary = try world.ingest(
            try world.write(Array(" \t\r\n".utf8) + [0, 0, 0, UInt8(ascii: "\n")])
        )
        #expect(summary.blankLines == 1 && summary.quarantined == [.notJSON: 1])
    }

    @Test func `an id derived from its place counts as any other`() throws {
        let world = try World()
        let line = #"{"name":"userLoggedIn","namespace":"game","userId":"u"}"#
        let id = EventIDs.id(source: "s", byteOffset: 0)
        let known = try world.ingest(try world.write(Array(Self.login(id).utf8), "known"), source: "other")
        #expect(known.accepted == 1)
        let window = DedupeWindow(capacity: 8)
        var admission = EventAdmission(namespace: Identifier("game"), window: window)
        try admission.recall(LogDirectory(volume: LocalVolume(), path: world.log), end: 1)
        var batch: [UInt8] = []
        let decision = admission.admit(
            Array(line.utf8).span,
            origin: .source("s", byteOffset: 0),
            offset: 1,
            now: Self.now,
            into: &batch
        )
        #expect(decision == .duplicate(offset: 0) && batch.isEmpty)
    }

    @Test func `a file that is not what was ingested before is refused`() throws {
        let world = try World()
        let path = try world.write(Array((0..<100).map { Self.login("a\($0)") + "\n" }.joined().utf8))
        _ = try world.ingest(path)
        let shorter = try world.write(Array((Self.login("a0") + "\n").utf8), "shorter")
        #expect(throws: IngestError.self) { try world.ingest(shorter) }
        // As long, but another one: its lines would be passed over without a word.
        let other = (0..<100).map { Self.login($0 == 99 ? "b9" : "a\($0)") + "\n" }.joined() + " "
        let same = try world.write(Array(other.utf8), "other")
        #expect(throws: IngestError.self) { try world.ingest(same) }
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
