import Disk
import EventLog
import TestKit
import Testing

/// Power failures and faults during compaction: each segment is the old or the new file, whole.
@Suite struct CompactionFaultTests {
    /// A log to compact, with its records.
    private static func makeLog(_ disk: SimulatedDisk) throws -> (LogFixture, [String]) {
        let log = try LogFixture(disk, "/events")
        try log.fillWithSmallCommits().close()
        return (log, try log.records())
    }

    /// Changing calls of an undisturbed run.
    private static func callCount() throws -> Int {
        let disk = SimulatedDisk()
        let (log, _) = try makeLog(disk)
        let before = disk.callCount
        try log.compact()
        return disk.callCount - before
    }

    /// Nothing is lost or left, and the next run ends what this one began.
    private static func expectWhole(_ log: LogFixture, _ records: [String], _ positions: [SourcePosition])
        throws
    {
        #expect(try log.records() == records)
        #expect(try log.verify().findings == [])
        #expect(try log.compact().count == 3)
        #expect(try log.compact().allSatisfy { $0.outcome == .compact })
        let writer = try log.writer()
        #expect(writer.sourcePositions == positions)
        #expect(try !log.volume.list(log.path).contains { $0.hasSuffix(".tmp") })
        try writer.appendNumbered(1, of: 2)
        #expect(try log.records() == numbered(0, records.count + 2))
        #expect(try log.verify().findings == [])
    }

    private static func positions(_ log: LogFixture) throws -> [SourcePosition] {
        let writer = try log.writer()
        defer { writer.close() }
        return writer.sourcePositions
    }

    @Test(arguments: UInt64(0)..<10)
    func `a power failure at any call leaves the old or the new file`(seed: UInt64) throws {
        for call in 1...(try Self.callCount()) {
            let disk = SimulatedDisk()
            let (log, records) = try Self.makeLog(disk)
            let positions = try Self.positions(log)
            var random = SplitMix64(seed: seed &+ UInt64(call) << 32)
            disk.arm(.losePower, atCall: call)
            #expect(throws: LogError.self) { try log.compact() }
            disk.crash(seed: random.next())
            // A writer may be the first to come, too.
            if Bool.random(using: &random) { try log.writer().close() }
            try Self.expectWhole(log, records, positions)
        }
    }

    @Test func `what is renamed is durable`() throws {
        for seed in UInt64(0)..<20 {
            let disk = SimulatedDisk()
            let (log, records) = try Self.makeLog(disk)
            try log.compact()
            let compacted = try log.directory.segments()
            disk.crash(seed: seed)
            #expect(try log.directory.segments() == compacted)
            #expect(try log.records() == records)
        }
    }

    enum FaultKind: CaseIterable { case full, partly, broken, lost }

    @Test(arguments: FaultKind.allCases)
    func `a failed call is an error, the segment stays and nothing is left behind`(kind: FaultKind) throws {
        var random = SplitMix64(seed: 3)
        for call in 1...(try Self.callCount()) {
            let disk = SimulatedDisk()
            let (log, records) = try Self.makeLog(disk)
            let positions = try Self.positions(log)
            let fault: SimulatedDisk.Fault =
                switch kind {
                case .full: .fail(DiskErrorCode.diskFull)
                case .partly:
                    .writeInPart(Int.random(in: 0...250, using: &random), code: DiskErrorCode.diskFull)
                case .broken: .fail(DiskErrorCode.deviceError)
                case .lost: .loseSync(code: DiskErrorCode.deviceError)
                }
            disk.arm(fault, atCall: call)
            #expect {
                try log.compact()
            } throws: { error in
                guard case LogError.disk = error else { return false }
                return true
            }
            #expect(try !disk.list("/events").contains { $0.hasSuffix(".tmp") })
            disk.crash(seed: random.next())
            try Self.expectWhole(log, records, positions)
        }
    }
}
