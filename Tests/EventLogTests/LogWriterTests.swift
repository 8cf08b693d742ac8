import Disk
import EventLog
import Glibc
import TestKit
import Testing

@Suite struct LogWriterTests {
    private let log: LogFixture
    private let temporary: TemporaryDirectory

    init() throws {
        temporary = try TemporaryDirectory()
        log = try LogFixture(LocalVolume(), temporary.path + "/log/events")
    }

    @Test func `offsets count records from 0`() throws {
        let writer = try log.writer()
        #expect(writer.nextOffset == 0)
        #expect(try writer.append(frame(numbered(0, 3))) == 0)
        #expect(try writer.append(frame(numbered(3, 1))) == 3)
        #expect(writer.nextOffset == 4)
        #expect(try log.records() == numbered(0, 4))
        #expect(try log.directory.end() == 4)
        #expect(writer.recovery.isClean)
    }

    @Test func `a reopened log goes on in the same segment`() throws {
        for round in 0..<5 {
            let writer = try log.writer()
            #expect(writer.nextOffset == UInt64(4 * round))
            try writer.appendNumbered(2, of: 2)
            writer.close()
        }
        #expect(try log.records() == numbered(0, 20))
        #expect(try log.directory.segments().map(\.recordCount) == [20])
        #expect(try log.verify().findings == [])
    }

    @Test func `a segment is sealed when it is large enough`() throws {
        let writer = try log.writer(LogLimits(segmentBytesMax: 600))
        try writer.appendNumbered(12, of: 5)
        let segments = try log.directory.segments()
        #expect(segments.count > 2)
        #expect(segments.dropLast().allSatisfy { $0.isSealed && $0.fileBytes > 600 && $0.frameCount > 1 })
        #expect(segments.last?.isSealed == false)
        #expect(segments.reduce(0) { $0 + $1.recordCount } == 60)
        #expect(try log.records() == numbered(0, 60))
        #expect(try log.verify().findings == [])
    }

    @Test func `a segment is sealed when it is old enough, also by a later writer`() throws {
        var writer = try log.writer()
        try writer.appendNumbered(1, of: 1)
        log.tick(3_599_999)
        #expect(try !writer.rollIfDue())
        try writer.appendNumbered(1, of: 1)
        writer.close()
        writer = try log.writer()
        log.tick(1)
        try writer.appendNumbered(1, of: 1)
        #expect(try log.directory.segments().map(\.baseOffset) == [0, 2])
        log.tick(3_600_000)
        #expect(try writer.rollIfDue())
        #expect(try !writer.rollIfDue())
        #expect(try log.directory.segments().map(\.isSealed) == [true, true])
        log.tick(-10_000_000)
        try writer.appendNumbered(2, of: 1)
        #expect(try log.records() == numbered(0, 5))
        #expect(try log.verify().findings == [])
    }

    @Test func `a sealed last segment is left alone`() throws {
        var writer = try log.writer()
        try writer.seal()
        try writer.appendNumbered(1, of: 3)
        try writer.seal()
        try writer.seal()
        writer.close()
        writer = try log.writer()
        #expect(writer.recovery.isClean)
        try writer.appendNumbered(1, of: 1)
        #expect(try log.directory.segments().map(\.baseOffset) == [0, 3])
    }

    @Test func `there is one writer`() throws {
        let writer = try log.writer()
        let process = getpid()
        #expect(throws: LogError.writerLocked(directory: log.path, processID: process)) {
            _ = try log.writer()
        }
        writer.close()
        #expect(throws: LogError.closed) { _ = try writer.append(frame(numbered(0, 1))) }
        #expect(throws: LogError.closed) { try writer.reopen() }
        #expect(try log.writer().nextOffset == 0)
    }

    @Test func `where no log was made there is none`() throws {
        #expect(throws: LogError.notALog(directory: temporary.path)) {
            _ = try LogWriter.open(volume: LocalVolume(), directory: temporary.path) { 0 }
        }
        #expect(throws: LogError.notALog(directory: temporary.path + "/x")) {
            _ = try LogReader(volume: LocalVolume(), directory: temporary.path + "/x", from: 0)
        }
    }

    @Test func `what is no run of records is refused and written nowhere`() throws {
        let writer = try log.writer()
        let long = [UInt8](repeating: 0x61, count: 64 * 1024)
        var frames = [
            frame([]), frame(["{}"]), frame(["{}", "{}"]), frame(["{}", "", "{}"]), frame(["{}"]),
            frame(["{}"]),
            frame(["{}"], source: SourcePosition(name: "", byteOffset: 1)),
            frame(["{}"], source: SourcePosition(name: String(repeating: "é", count: 128), byteOffset: 1)),
        ]
        frames[1].bytes.removeLast()
        frames[2].recordCount = 3
        frames[4].leastTime = frames[4].greatestTime + 1
        frames[5].bytes = long + [0x61, 0x0A]
        for content in frames {
            #expect {
                _ = try writer.append(content)
            } throws: { error in
                if case LogError.invalidFrame = error { true } else { false }
            }
        }
        #expect(!writer.isPoisoned)
        #expect(try log.directory.segmentNames().isEmpty)
        var longest = frame(["{}"])
        longest.bytes = long + [0x0A]
        #expect(try writer.append(longest) == 0)
        let reader = try log.reader()
        #expect(try reader.nextFrame())
        #expect(Array(reader.bytes) == longest.bytes)
    }

    @Test func `a frame may hold 64 MiB and no more`() throws {
        let writer = try log.writer()
        let line = [UInt8](repeating: 0x61, count: 65_535) + [0x0A]
        var content = frame(["{}"])
        content.bytes = []
        for _ in 0..<1_024 { content.bytes += line }
        content.recordCount = 1_024
        #expect(content.bytes.count == LogLimits.frameBytesMax)
        #expect(try writer.append(content) == 0)
        let reader = try log.reader(from: 1_023)
        #expect(try reader.nextFrame())
        #expect(Array(reader.bytes) == line)
        content.bytes += [0x61, 0x0A]
        content.recordCount += 1
        #expect(throws: LogError.self) { _ = try writer.append(content) }
    }

    @Test func `positions of sources outlive segments and writers`() throws {
        // NFC and NFD spell the same for Swift, and are two files.
        let (composed, decomposed) = ("caf\u{E9}.ndjson", "cafe\u{301}.ndjson")
        var writer = try log.writer()
        #expect(writer.sourcePosition(of: composed) == nil)
        func append(_ name: String?, _ byteOffset: UInt64) throws {
            let source = name.map { SourcePosition(name: $0, byteOffset: byteOffset) }
            _ = try writer.append(frame(numbered(writer.nextOffset, 1), source: source))
        }
        try append(composed, 10)
        try append(decomposed, 20)
        try append(composed, 30)
        writer.close()
        writer = try log.writer()
        #expect(writer.sourcePosition(of: composed) == 30)
        #expect(writer.sourcePosition(of: decomposed) == 20)
        try writer.seal()
        try append("b", 5)
        try append(nil, 0)
        try writer.seal()
        writer.close()
        writer = try log.writer()
        #expect(
            writer.sourcePositions == [
                SourcePosition(name: decomposed, byteOffset: 20),
                SourcePosition(name: composed, byteOffset: 30),
                SourcePosition(name: "b", byteOffset: 5),
            ]
        )
        #expect(try log.verify().findings == [])
    }
}
