import Disk
import EventLog
import Foundation
import TestKit
import Testing

@Suite struct GoldenSegmentTests {
    private static let lines = [
        #"{"id":"1","name":"userLoggedIn","namespace":"game","timestamp":"2025-11-03T10:00:00Z","userId":"alice"}"#,
        #"{"id":"2","name":"statItemUpdated","namespace":"game","timestamp":"2025-11-03T10:00:01.5Z","userId":"bob","payload":{"statCode":"kills","latestValue":7,"inc":1}}"#,
        #"{"id":"3","name":"userLoggedIn","namespace":"game","timestamp":"2025-11-03T10:00:02Z","userId":"café"}"#,
    ]

    private func makeSegment() throws -> (LogFixture, TemporaryDirectory) {
        let temporary = try TemporaryDirectory()
        let log = try LogFixture(LocalVolume(), temporary.path + "/events")
        let writer = try log.writer()
        let first = frame(Array(Self.lines[..<2]), time: 1_762_164_000_000)
        _ = try writer.append(first)
        log.tick(250)
        let source = SourcePosition(name: "events.ndjson", byteOffset: 372)
        _ = try writer.append(frame([Self.lines[2]], time: 1_762_164_002_000, source: source))
        try writer.seal()
        writer.close()
        return (log, temporary)
    }

    /// The compressed frames are libzstd's, so another version of it may call for new golden files; the rest
    /// may not change.
    @Test func `a segment is written as it always was`() throws {
        let (log, temporary) = try makeSegment()
        let name = SegmentName(baseOffset: 0).fileName
        try expectGolden(log.volume.readFile(log.segment(0), bytesMax: 1 << 20), at: "segments/" + name)
        try expectGolden(
            log.volume.readFile(log.path + "/stream.json", bytesMax: 1 << 20),
            at: "segments/stream.json"
        )
        withExtendedLifetime(temporary) {}
    }

    @Test func `a segment of before is still read`() throws {
        let golden = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "fixtures/segments").path()
        let reader = try LogReader(volume: LocalVolume(), directory: golden, from: 0)
        #expect(try reader.nextFrame())
        #expect(splitLines(Array(reader.bytes)) == Array(Self.lines[..<2]))
        #expect(try reader.nextFrame())
        #expect(splitLines(Array(reader.bytes)) == [Self.lines[2]])
        #expect(try !reader.nextFrame())
        #expect(try LogVerifier.verify(volume: LocalVolume(), directory: golden).findings == [])
    }

    @Test(arguments: [true, false])
    func `zstdcat prints the records, sealed or not`(isSealed: Bool) throws {
        let temporary = try TemporaryDirectory()
        let log = try LogFixture(LocalVolume(), temporary.path + "/events")
        let writer = try log.writer()
        try writer.appendNumbered(5, of: 700)
        if isSealed { try writer.seal() }
        let tool = Process()
        let output = Pipe()
        tool.executableURL = URL(filePath: "/usr/bin/env")
        tool.arguments = ["zstdcat", log.segment(0)]
        tool.standardOutput = output
        try tool.run()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        tool.waitUntilExit()
        #expect(tool.terminationStatus == 0)
        #expect(splitLines([UInt8](printed)) == numbered(0, 3_500))
        #expect(printed.last == 0x0A)
    }
}
