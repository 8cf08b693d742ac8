import Disk
import EventLog
import TestKit
import Testing

/// The cut of a failed append that fails in its turn.
@Suite struct FailedCutTests {
    /// A reader made a failed append durable, and the sync of its cut failed: the old end must not come after what is
    /// appended next, whoever cuts.
    @Test(arguments: [false, true], UInt64(1)...5)
    func `a cut that did not reach the disk is made again`(byNextProcess: Bool, seed: UInt64) throws {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        var writer = try log.writer()
        try writer.appendNumbered(2, of: 2)
        disk.arm(.loseSync(code: DiskErrorCode.deviceError), atCall: 2)
        disk.alsoArm(.fail(DiskErrorCode.deviceError), atCall: 3)
        #expect(throws: LogError.self) { _ = try writer.append(frame(numbered(4, 50))) }
        let file = try disk.open(log.segment(0), .readWrite)
        let whole = try file.size()
        try file.write(try #require(disk.contents(log.segment(0))), at: 0)
        try file.sync()
        // Of the cut, its sync.
        disk.arm(.loseSync(code: DiskErrorCode.deviceError), atCall: 2)
        #expect(throws: LogError.self) { try writer.reopen() }
        if byNextProcess {
            writer.close()
            writer = try log.writer()
        } else {
            try writer.reopen()
        }
        #expect(writer.nextOffset == 4)
        _ = try writer.append(frame(numbered(4, 1)))
        #expect(try #require(disk.contents(log.segment(0))).count < Int(whole))
        writer.close()
        disk.crash(seed: seed)
        #expect(try log.writer().nextOffset == 5)
        #expect(try log.records() == numbered(0, 5))
        #expect(try log.verify().isIntact)
    }
}
