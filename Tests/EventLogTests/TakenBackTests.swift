import Disk
import EventLog
import TestKit
import Testing

/// Records of an append that failed can be read until their writer takes them back, which it does at once, but where
/// that fails, too; nothing may be built on them.
@Suite struct TakenBackTests {
    private let disk = SimulatedDisk()
    private let log: LogFixture

    init() throws { log = try LogFixture(disk, "/log") }

    /// Two frames of five records and one whose sync fails, and a reader that has all three in memory.
    private func failedAppend() throws -> (LogWriter, LogReader) {
        let writer = try log.writer()
        try writer.appendNumbered(2, of: 5)
        disk.arm(.loseSync(code: DiskErrorCode.deviceError), atCall: 2)
        disk.alsoArm(.fail(DiskErrorCode.deviceError), atCall: 3)
        #expect(throws: LogError.self) { _ = try writer.append(frame(numbered(500, 5))) }
        let reader = try log.reader()
        #expect(try reader.nextFrame())
        return (writer, reader)
    }

    @Test(arguments: [false, true])
    func `a failed append is out of readers' sight before its caller is told`(isFirst: Bool) throws {
        let writer = try log.writer()
        if !isFirst { try writer.appendNumbered(1, of: 5) }
        // Of a first append: its segment has a name already.
        disk.arm(
            isFirst
                ? .fail(DiskErrorCode.deviceError) : .loseSync(code: DiskErrorCode.deviceError),
            atCall: isFirst ? 5 : 2
        )
        #expect(throws: LogError.self) { _ = try writer.append(frame(numbered(500, 5))) }
        #expect(writer.isPoisoned)
        #expect(try log.records() == (isFirst ? [] : numbered(0, 5)))
    }

    @Test(arguments: [0, 3, 5, 9])
    func `records that were cut after they were loaded do not pass for durable`(count: Int) throws {
        let (writer, reader) = try failedAppend()
        try writer.reopen()
        if count > 0 { _ = try writer.append(frame(numbered(700, count))) }
        while reader.nextOffset < 15 { try #require(try reader.nextFrame()) }
        #expect(throws: LogError.takenBack(offset: 10)) { try reader.syncRead() }
        #expect(throws: LogError.takenBack(offset: 10)) { try reader.syncRead() }
    }

    @Test func `a reader does not go on from records that were cut to those that came after`() throws {
        let (writer, reader) = try failedAppend()
        while reader.nextOffset < 15 { try #require(try reader.nextFrame()) }
        try writer.reopen()
        _ = try writer.append(frame(numbered(700, 9)))
        #expect(throws: LogError.takenBack(offset: 10)) { _ = try reader.nextFrame() }
    }

    @Test func `records that were cut are taken back, not a log that lost its end, where nothing came after`()
        throws
    {
        let (writer, reader) = try failedAppend()
        while reader.nextOffset < 15 { try #require(try reader.nextFrame()) }
        try writer.reopen()
        #expect(throws: LogError.takenBack(offset: 10)) { _ = try reader.nextFrame() }
    }

    @Test func `a segment that failed to begin is taken back, too`() throws {
        let writer = try log.writer()
        // Opening, writing, syncing and renaming go well.
        disk.arm(.fail(DiskErrorCode.deviceError), atCall: 5)
        disk.alsoArm(.fail(DiskErrorCode.deviceError), atCall: 6)
        #expect(throws: LogError.self) { try writer.appendNumbered(1, of: 5) }
        let reader = try log.reader()
        #expect(try reader.nextFrame())
        try writer.reopen()
        try writer.appendNumbered(1, of: 5)
        #expect(throws: LogError.takenBack(offset: 0)) { try reader.syncRead() }
    }

    @Test func `what stays passes, also when its segment is sealed, compacted or deleted meanwhile`() throws {
        let writer = try log.writer()
        try writer.appendNumbered(20, of: 5)
        let reader = try log.reader()
        while try reader.nextFrame() {}
        try writer.seal()
        try writer.appendNumbered(1, of: 5)
        try writer.seal()
        try writer.appendNumbered(1, of: 5)
        try log.compact()
        #expect(try log.retention().apply().firstOffset == 100)
        try reader.syncRead()
        #expect(try reader.nextFrame())
        #expect(reader.baseOffset == 100)
    }

    @Test func `an append that was loaded in part is read whole as soon as it is acknowledged`() throws {
        let writer = try log.writer()
        try writer.appendNumbered(1, of: 5)
        disk.arm(.writeInPart(30, code: DiskErrorCode.diskFull), atCall: 1)
        disk.alsoArm(.fail(DiskErrorCode.deviceError), atCall: 2)
        #expect(throws: LogError.self) { try writer.appendNumbered(1, of: 5) }
        let reader = try log.reader()
        // Loads the torn frame with the first one.
        #expect(try reader.nextFrame())
        try writer.reopen()
        try writer.appendNumbered(1, of: 7)
        #expect(try reader.nextFrame())
        #expect(reader.nextOffset == 12)
    }
}
