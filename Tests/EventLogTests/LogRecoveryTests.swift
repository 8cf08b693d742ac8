import Disk
import EventLog
import TestKit
import Testing

/// Power failures, faults and cuts: nothing acknowledged is lost, nothing else is invented.
@Suite struct LogRecoveryTests {
    private static let limits = LogLimits(segmentBytesMax: 500)

    /// Appends, seals, applies a configuration; returns the records that were acknowledged.
    private static func work(_ log: LogFixture, from writer: LogWriter) -> UInt64 {
        var acknowledged = writer.nextOffset
        do throws(LogError) {
            for round in 0..<4 {
                let source = SourcePosition(name: "lines", byteOffset: writer.nextOffset + 3)
                _ = try writer.append(frame(numbered(writer.nextOffset, 3 + round), source: source))
                acknowledged = writer.nextOffset
                if round == 1 { _ = try writer.applyConfiguration(Array("{\"round\":1}".utf8)) }
                if round == 2 { try writer.seal() }
            }
        } catch {
            // The disk failed as it was told to; what counts is what was acknowledged before.
        }
        return acknowledged
    }

    /// Changing calls of an undisturbed run.
    private static func callCount() throws -> Int {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        let writer = try log.writer(limits)
        let before = disk.callCount
        _ = work(log, from: writer)
        return disk.callCount - before
    }

    /// The log holds the acknowledged records, at most the next append's more, and can be appended to.
    private static func expectWhole(_ log: LogFixture, acknowledged: UInt64, work: UInt64) throws {
        let writer = try log.writer(limits)
        let end = writer.nextOffset
        #expect(end >= acknowledged)
        #expect(end <= acknowledged + 6)
        #expect(try log.records() == numbered(0, Int(end)))
        #expect(try log.directory.end() == end)
        #expect(try log.verify().findings == [])
        // The position that the last acknowledged commit of `work` told, or the next one's.
        let told: [UInt64: UInt64] = [0: 0, 3: 3, 7: 6, 12: 10, 18: 15]
        let position = writer.sourcePosition(of: "lines") ?? 0
        #expect(try position >= #require(told[work]) && position <= end)
        let names = try log.volume.list(log.path) + log.volume.list(log.path + "/challenges")
        #expect(!names.contains { $0.hasSuffix(".tmp") })
        try writer.appendNumbered(2, of: 4)
        #expect(try log.records() == numbered(0, Int(end) + 8))
        #expect(try log.verify().findings == [])
    }

    @Test(arguments: UInt64(0)..<40)
    func `a power failure at any call loses nothing acknowledged`(seed: UInt64) throws {
        for call in 1...(try Self.callCount()) {
            let disk = SimulatedDisk()
            let log = try LogFixture(disk, "/events")
            var random = SplitMix64(seed: seed)
            let writer = try log.writer(Self.limits)
            disk.arm(.losePower, atCall: call)
            let acknowledged = Self.work(log, from: writer)
            disk.crash(seed: random.next())
            try Self.expectWhole(log, acknowledged: acknowledged, work: acknowledged)
        }
    }

    @Test(arguments: UInt64(0)..<12)
    func `a power failure during recovery loses nothing either`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<30 {
            let disk = SimulatedDisk()
            let log = try LogFixture(disk, "/events")
            let writer = try log.writer(Self.limits)
            disk.arm(.losePower, atCall: Int.random(in: 1...24, using: &random))
            let acknowledged = Self.work(log, from: writer)
            disk.crash(seed: random.next())
            for _ in 0..<3 {
                disk.arm(.losePower, atCall: Int.random(in: 1...5, using: &random))
                do throws(LogError) { _ = try log.writer(Self.limits) } catch {
                    #expect(throws: DiskError.self) { _ = try disk.list("/events") }
                }
                disk.crash(seed: random.next())
            }
            try Self.expectWhole(log, acknowledged: acknowledged, work: acknowledged)
        }
    }

    enum FaultKind: CaseIterable { case full, partly, broken, lost }

    @Test(arguments: FaultKind.allCases, UInt64(0)..<4)
    func `after a failed call the writer refuses until it is reopened`(kind: FaultKind, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for call in 1...(try Self.callCount()) {
            let disk = SimulatedDisk()
            let log = try LogFixture(disk, "/events")
            let writer = try log.writer(Self.limits)
            let fault: SimulatedDisk.Fault =
                switch kind {
                case .full: .fail(DiskErrorCode.diskFull)
                case .partly:
                    .writeInPart(Int.random(in: 0...250, using: &random), code: DiskErrorCode.diskFull)
                case .broken: .fail(DiskErrorCode.deviceError)
                case .lost: .loseSync(code: DiskErrorCode.deviceError)
                }
            disk.arm(fault, atCall: call)
            let acknowledged = Self.work(log, from: writer)
            #expect(writer.isPoisoned)
            #expect(writer.nextOffset == acknowledged)
            #expect(throws: LogError.self) { _ = try writer.append(frame(numbered(acknowledged, 1))) }
            #expect(throws: LogError.self) { _ = try writer.rollIfDue() }
            disk.arm(.fail(DiskErrorCode.deviceError), atCall: 1)
            #expect(throws: LogError.self) { try writer.reopen() }
            #expect(writer.isPoisoned)
            try writer.reopen()
            #expect(!writer.isPoisoned)
            // Nothing of the failed append is left, or a retry would count it twice.
            #expect(try log.records() == numbered(0, Int(acknowledged)))
            try writer.appendNumbered(1, of: 2)
            let end = writer.nextOffset
            writer.close()
            disk.crash(seed: random.next())
            #expect(try log.records() == numbered(0, Int(end)))
            try Self.expectWhole(log, acknowledged: end, work: acknowledged)
        }
    }

    @Test func `what a failed sync lost is written again by the next process`() throws {
        for seed in UInt64(0)..<20 {
            let disk = SimulatedDisk()
            let log = try LogFixture(disk, "/events")
            var writer = try log.writer()
            try writer.appendNumbered(2, of: 2)
            disk.arm(.loseSync(code: DiskErrorCode.deviceError), atCall: 2)
            disk.alsoArm(.fail(DiskErrorCode.deviceError), atCall: 3)
            #expect(throws: LogError.self) { try writer.appendNumbered(1, of: 2) }
            writer.close()
            // The bytes read well, so the new writer takes them for committed: then they have to be durable.
            writer = try log.writer()
            let end = writer.nextOffset
            #expect(end == 6)
            disk.crash(seed: seed)
            #expect(try log.records() == numbered(0, 6))
        }
    }

    @Test func `a reader beyond the cut end is told so`() throws {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        let writer = try log.writer()
        try writer.appendNumbered(2, of: 2)
        let reader = try log.reader(from: 4)
        disk.arm(.loseSync(code: DiskErrorCode.deviceError), atCall: 2)
        disk.alsoArm(.fail(DiskErrorCode.deviceError), atCall: 3)
        #expect(throws: LogError.self) { try writer.appendNumbered(1, of: 50) }
        #expect(try reader.nextFrame())
        try writer.reopen()
        #expect(throws: LogError.takenBack(offset: 4)) { _ = try reader.nextFrame() }
        try writer.appendNumbered(1, of: 1)
        #expect(throws: LogError.self) { _ = try reader.nextFrame() }
    }

    @Test func `a reader that saw the torn end of a failed append reads what is written in its place`() throws
    {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        let writer = try log.writer()
        try writer.appendNumbered(1, of: 2)
        let reader = try log.reader()
        #expect(try reader.nextFrame())
        disk.arm(.writeInPart(60, code: DiskErrorCode.diskFull), atCall: 1)
        disk.alsoArm(.fail(DiskErrorCode.deviceError), atCall: 2)
        #expect(throws: LogError.self) { try writer.appendNumbered(1, of: 2_000) }
        #expect(try !reader.nextFrame())
        try writer.reopen()
        #expect(try !reader.nextFrame())
        try writer.appendNumbered(1, of: 1)
        #expect(try reader.nextFrame())
        #expect(splitLines(Array(reader.bytes)) == numbered(2, 1))
    }

    @Test func `a reader of a segment that was never acknowledged is told so when it is gone`() throws {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        let writer = try log.writer()
        // The fifth call is the directory's sync, after the segment has its name.
        disk.arm(.fail(DiskErrorCode.deviceError), atCall: 5)
        disk.alsoArm(.fail(DiskErrorCode.deviceError), atCall: 6)
        #expect(throws: LogError.self) { try writer.appendNumbered(1, of: 20) }
        let reader = try log.reader()
        #expect(try reader.nextFrame())
        try writer.reopen()
        #expect(throws: LogError.takenBack(offset: 0)) { _ = try reader.nextFrame() }
        try writer.appendNumbered(1, of: 3)
        #expect(throws: LogError.takenBack(offset: 0)) { _ = try reader.nextFrame() }
    }

    @Test func `a segment whose name was not yet durable is made so by the next writer`() throws {
        for seed in UInt64(0)..<20 {
            let disk = SimulatedDisk()
            let log = try LogFixture(disk, "/events")
            var writer = try log.writer()
            disk.arm(.fail(DiskErrorCode.deviceError), atCall: 5)
            disk.alsoArm(.fail(DiskErrorCode.deviceError), atCall: 6)
            #expect(throws: LogError.self) { try writer.appendNumbered(1, of: 2) }
            writer.close()
            writer = try log.writer()
            try writer.appendNumbered(1, of: 2)
            let end = writer.nextOffset
            disk.crash(seed: seed)
            #expect(try log.records() == numbered(0, Int(end)))
        }
    }

    @Test func `a segment under another's name is refused`() throws {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        let writer = try log.writer()
        try writer.appendNumbered(2, of: 2)
        writer.close()
        try disk.rename(log.segment(0), to: log.segment(4))
        #expect(throws: LogError.self) { _ = try log.writer() }
        let reader = try log.reader(from: 4)
        #expect(throws: LogError.self) { _ = try reader.nextFrame() }
        #expect(try !log.verify().isIntact)
    }

    @Test func `syncRead makes durable what was read before its writer synced it`() throws {
        for seed in UInt64(0)..<20 {
            let disk = SimulatedDisk()
            let log = try LogFixture(disk, "/events")
            let writer = try log.writer()
            try writer.appendNumbered(1, of: 1)
            disk.arm(.fail(DiskErrorCode.deviceError), atCall: 2)
            disk.alsoArm(.fail(DiskErrorCode.deviceError), atCall: 3)
            #expect(throws: LogError.self) { try writer.appendNumbered(1, of: 3) }
            let reader = try log.reader()
            while try reader.nextFrame() {}
            #expect(reader.nextOffset == 4)
            try reader.syncRead()
            disk.crash(seed: seed)
            #expect(try log.records() == numbered(0, 4))
        }
    }

    @Test func `a sealed segment cut anywhere recovers to whole commits or is refused`() throws {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        let writer = try log.writer()
        try writer.appendNumbered(4, of: 2)
        try writer.seal()
        writer.close()
        let path = log.segment(0)
        let whole = try #require(disk.contents(path))
        var ends: [Int] = []
        let reader = try log.reader()
        var position = 0
        while let footer = try reader.nextFooter() {
            position += Int(footer.compressedBytes) + footer.byteCount
            ends.append(position)
        }
        for count in 0..<whole.count {
            disk.place(Array(whole[..<count]), at: path)
            let commits = ends.count { $0 <= count }
            guard commits > 0 else {
                // A segment gets its name only with a synced frame in it: this is damage, not a torn end.
                #expect(throws: LogError.self) { _ = try log.writer() }
                continue
            }
            let writer = try log.writer()
            #expect(writer.nextOffset == UInt64(2 * commits))
            // Four bytes of the seal tell that sealing had begun: then it is finished.
            let isResealed = commits == 4 && count >= ends[3] + 4
            #expect(writer.recovery.resealedFiles == (isResealed ? [path] : []))
            if isResealed { #expect(disk.contents(path) == whole) }
            let torn = count - ends[commits - 1]
            #expect(writer.recovery.cutBytes == (isResealed ? 0 : UInt64(torn)))
            #expect((writer.recovery.cutFile == nil) == (isResealed || torn == 0))
            try writer.appendNumbered(1, of: 1)
            #expect(try log.records() == numbered(0, 2 * commits + 1))
            #expect(try log.verify().findings == [])
            writer.close()
            for name in try log.directory.segmentNames() where name.baseOffset > 0 {
                try disk.remove(log.path + "/" + name.fileName)
            }
        }
    }

    @Test func `a torn seek table before another segment is rebuilt, a torn frame is refused`() throws {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        var writer = try log.writer()
        try writer.appendNumbered(3, of: 2)
        try writer.seal()
        try writer.appendNumbered(1, of: 2)
        writer.close()
        let whole = try #require(disk.contents(log.segment(0)))
        let summary = try #require(try log.directory.segments().first)
        disk.place(Array(whole.dropLast(12)), at: log.segment(0))
        writer = try log.writer()
        #expect(writer.recovery.resealedFiles == [log.segment(0)])
        #expect(disk.contents(log.segment(0)) == whole)
        #expect(try log.directory.segments().first == summary)
        writer.close()
        // The seek table and the end of the last commit are gone.
        disk.place(Array(whole[..<(whole.count / 2)]), at: log.segment(0))
        #expect {
            _ = try log.writer()
        } throws: { error in
            guard case LogError.damaged(log.segment(0), let byte, _, _) = error else { return false }
            return byte > 0 && byte <= UInt64(whole.count / 2)
        }
        #expect(disk.contents(log.segment(0))?.count == whole.count / 2)
    }

    @Test func `damage within the last segment is refused, not cut off with all that follows`() throws {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        let writer = try log.writer()
        try writer.appendNumbered(4, of: 2)
        writer.close()
        let whole = try #require(disk.contents(log.segment(0)))
        let first = try #require(try log.reader().nextFooter())
        let second = Int(first.compressedBytes) + first.byteCount
        // Its magic, the size of its first block, and a byte of its footer: each ends the walk there.
        for index in [second, second + 7, second + second - 20] {
            var damaged = whole
            damaged[index] ^= 0x40
            disk.place(damaged, at: log.segment(0))
            #expect {
                _ = try log.writer()
            } throws: { error in
                guard case LogError.damaged(log.segment(0), UInt64(second), 2, _) = error else {
                    return false
                }
                return true
            }
            #expect(disk.contents(log.segment(0)) == damaged)
            let reader = try log.reader(from: 1)
            #expect(try reader.nextFrame())
            #expect(throws: LogError.self) { _ = try reader.nextFrame() }
        }
        // The frame that the last footer vouches for: it may have been torn by a power failure, so it is cut.
        var torn = whole
        torn[whole.count - CommitFooter.byteCountMin - 10] ^= 0x40
        disk.place(torn, at: log.segment(0))
        let reopened = try log.writer()
        #expect(reopened.nextOffset == 6)
        #expect(reopened.recovery.cutFile == log.segment(0))
        #expect(try log.records() == numbered(0, 6))
    }

    @Test func `records lost before a configuration's offset are noticed`() throws {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/events")
        let writer = try log.writer()
        try writer.appendNumbered(3, of: 2)
        #expect(try writer.applyConfiguration([0x7B, 0x7D]) == 6)
        writer.close()
        let whole = try #require(disk.contents(log.segment(0)))
        disk.place(Array(whole.dropLast()), at: log.segment(0))
        let file = log.directory.configurations.path(at: 6)
        #expect(throws: LogError.configurationBeyondEnd(file: file, end: 4)) { _ = try log.writer() }
    }
}
