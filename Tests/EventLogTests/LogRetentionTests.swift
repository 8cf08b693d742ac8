import Disk
import EventLog
import Synchronization
import TestKit
import Testing

@Suite struct LogRetentionTests {
    private static let hour: Int64 = 3_600_000

    private let log: LogFixture
    private let temporary: TemporaryDirectory

    init() throws {
        temporary = try TemporaryDirectory()
        log = try LogFixture(LocalVolume(), temporary.path + "/events")
    }

    /// Segments at 0, 10, 20, 30 (sealed, an hour apart) and 40 (open); event times are the clock's.
    @discardableResult
    private func fill() throws -> LogWriter {
        let writer = try log.writer(LogLimits(segmentAgeMax: .seconds(1_000_000)))
        for segment in Int64(0)..<5 {
            let time = 1_700_000_000_000 + segment * Self.hour
            let source = SourcePosition(name: "lines", byteOffset: writer.nextOffset + 7)
            _ = try writer.append(frame(numbered(writer.nextOffset, 4), time: time, source: source))
            try writer.appendNumbered(2, of: 3)
            log.tick(Self.hour)
            if segment < 4 { try writer.seal() }
        }
        return writer
    }

    private func reasons(_ plan: RetentionPlan) -> [String] {
        plan.decisions.map { ($0.goes ? "goes: " : "stays: ") + $0.reason }
    }

    private let sealed = "stays: its seal is the newest that tells how far each source was read"
    private let last = "stays: it is the last segment and tells where the log ends"
    private let large = "goes: the log from here on is larger than what is kept"
    private let young = "stays: it is young enough to be kept"
    private let old = "goes: all of it is older than what is kept"

    @Test func `with nothing to keep, the newest seal and the last segment stay`() throws {
        try fill()
        let plan = try log.retention().plan()
        #expect(reasons(plan) == [large, large, large, sealed, last])
        #expect((plan.firstOffset, plan.deletedCount, plan.heldBytes) == (30, 3, 0))
        #expect(plan.deletedBytes == (try log.directory.segments().prefix(3).reduce(0) { $0 + $1.fileBytes }))
    }

    @Test func `keep-bytes counts the newest files together`() throws {
        try fill()
        let sizes = try log.directory.segments().map(\.fileBytes)
        let kept = "stays: the log from here on is small enough to be kept"
        for (bytes, count) in [
            (sizes[2...].reduce(0, +), 2), (sizes[2...].reduce(0, +) - 1, 3), (sizes.reduce(0, +), 0),
            (sizes.reduce(0, +) - 1, 1),
        ] {
            let plan = try log.retention(.bytes(bytes)).plan()
            #expect(plan.deletedCount == count)
            #expect(plan.decisions.reduce(0) { $0 + ($1.goes ? 0 : $1.fileBytes) } <= bytes)
            if count < 3 { #expect(reasons(plan)[count] == kept) }
        }
    }

    @Test func `an age is that of the newest event or the last commit, whichever is newer`() throws {
        try fill()
        // Segment k was committed at k hours; its newest event is 3 ms later.
        let start: Int64 = 1_700_000_000_000
        func plan(atHour hour: Int64, plus milliseconds: Int64) throws -> [String] {
            let policy = RetentionPolicy.age(.milliseconds(3 * Self.hour))
            let now = start + hour * Self.hour + milliseconds
            return reasons(try log.retention(policy, now: now).plan())
        }
        #expect(try plan(atHour: 3, plus: 3) == [young, young, young, young, young])
        #expect(try plan(atHour: 3, plus: 4) == [old, young, young, young, young])
        #expect(try plan(atHour: 5, plus: 4) == [old, old, old, young, young])
        #expect(try plan(atHour: 99, plus: 0) == [old, old, old, sealed, young])
    }

    @Test func `events of long ago that came today are young`() throws {
        let writer = try log.writer()
        for time in [Int64(5_000), 2_000_000_000_000, 6_000, 7_000] {
            _ = try writer.append(frame(numbered(writer.nextOffset, 2), time: time))
            try writer.seal()
            log.tick(Self.hour)
        }
        let day = RetentionPolicy.age(.milliseconds(24 * Self.hour))
        let clock: Int64 = 1_700_000_000_000
        #expect(try log.retention(day, now: clock + 4 * Self.hour).plan().deletedCount == 0)
        // A segment behind a younger one stays, for a log has no gaps.
        let plan = try log.retention(day, now: clock + 90 * Self.hour).plan()
        let behind = "stays: an older segment stays, and a log has no gaps"
        #expect(reasons(plan) == [old, young, behind, last])
        #expect(plan.heldBytes == plan.decisions[2].fileBytes)
    }

    @Test func `nothing at or after the least limit goes`() throws {
        try fill()
        for (offsets, count) in [([UInt64(0)], 0), ([9, 40], 0), ([10], 1), ([19], 1), ([25, 50, 20], 2)] {
            let limits = offsets.map { RetentionLimit(offset: $0, reason: "limit \($0)") }
            let plan = try log.retention(limits: limits).plan()
            #expect(plan.deletedCount == count)
            let binding = try #require(offsets.filter { $0 < 10 * UInt64(count + 1) }.min())
            #expect(reasons(plan)[count] == "stays: limit \(binding)")
            #expect(plan.heldBytes == plan.decisions[count..<3].reduce(0) { $0 + $1.fileBytes })
        }
    }

    @Test func `a plan changes nothing, and apply does what it says`() throws {
        let writer = try fill()
        let files = try log.volume.list(log.path)
        let plan = try log.retention().plan()
        #expect(try log.volume.list(log.path) == files)
        let limit = RetentionLimit(offset: 20, reason: "watermark")
        var gone: [UInt64] = []
        let applied = try log.retention(limits: [limit]).apply { gone.append($0.name.baseOffset) }
        #expect(gone == [0, 10])
        #expect(applied.firstOffset == 20 && plan.firstOffset == 30)
        #expect(try log.directory.segmentNames().map(\.baseOffset) == [20, 30, 40])
        #expect(try log.retention().apply().deletedCount == 1)
        #expect(try log.retention().apply().deletedCount == 0)
        try writer.appendNumbered(1, of: 5)
        writer.close()
        #expect(try log.records(from: 30) == numbered(30, 25))
        #expect(try log.verify().findings == [])
        #expect(try log.directory.segments().first?.baseOffset == 30)
        // What deleted segments told of sources is in the seal that stays.
        let next = try log.writer()
        #expect(next.sourcePosition(of: "lines") == 47)
        #expect(next.lastRecord(of: "lines") == 43)
        #expect(throws: LogError.offsetRetained(offset: 29, first: 30)) { _ = try log.reader(from: 29) }
        #expect(throws: LogError.offsetRetained(offset: 0, first: 30)) { _ = try log.hold(from: 0) }
    }

    @Test func `configurations stay`() throws {
        let writer = try log.writer()
        for round in 0..<3 {
            _ = try writer.applyConfiguration(Array("{\"round\":\(round)}".utf8))
            try writer.appendNumbered(2, of: 5)
            try writer.seal()
        }
        try writer.appendNumbered(1, of: 1)
        #expect(try log.retention().apply().firstOffset == 20)
        #expect(try log.directory.configurations.offsets() == [0, 10, 20])
        #expect(try log.directory.configurations.governing(25) == 20)
        writer.close()
        _ = try log.writer()
    }

    @Test func `a reader that is overtaken is told which records are gone`() throws {
        try fill()
        let reader = try log.reader()
        #expect(try reader.nextFrame())
        _ = try log.retention().apply()
        // The file it has open is still whole.
        #expect(try reader.nextFrame())
        #expect(try reader.nextFrame())
        #expect(throws: LogError.offsetRetained(offset: 10, first: 30)) { _ = try reader.nextFrame() }
    }

    @Test func `a log compacted and shortened beside its writer goes on`() throws {
        let writer = try fill()
        for _ in 0..<4 {
            try log.compact()
            _ = try log.retention(.bytes(2_000)).apply()
            for _ in 0..<3 {
                try writer.appendNumbered(20, of: 2)
                try writer.seal()
            }
        }
        let first = try log.directory.firstOffset()
        #expect(first > 30)
        #expect(try log.records(from: first) == numbered(first, Int(writer.nextOffset - first)))
        #expect(try log.verify().findings == [])
    }

    @Test(arguments: [false, true])
    func `segments that go while a writer opens or a check runs are no damage`(isVerifying: Bool) throws {
        try fill().close()
        let retention = log.retention()
        let third = log.segment(20)
        let isDone = Mutex(false)
        let hooked = HookedVolume(log.volume) { call in
            guard call == .open(third), !isDone.withLock({ $0 }) else { return }
            isDone.withLock { $0 = true }
            do { _ = try retention.apply() } catch { Issue.record(error) }
        }
        if isVerifying {
            #expect(try LogVerifier.verify(volume: hooked, directory: log.path).findings == [])
        } else {
            let writer = try LogWriter.open(volume: hooked, directory: log.path) { 0 }
            #expect(writer.nextOffset == 50)
            #expect(writer.sourcePosition(of: "lines") == 47)
        }
        #expect(try log.directory.firstOffset() == 30)
        // A file that is missing in the midst is none that retention took.
        let fourth = log.segment(40)
        let volume = log.volume
        let vandal = HookedVolume(volume) { call in
            guard call == .open(fourth) else { return }
            do { try volume.remove(fourth) } catch { Issue.record(error) }
        }
        #expect(throws: LogError.self) { _ = try LogWriter.open(volume: vandal, directory: log.path) { 0 } }
    }

    @Test(arguments: UInt64(0)..<10)
    func `a power failure at any call leaves a log without a gap`(seed: UInt64) throws {
        func makeLog(_ disk: SimulatedDisk) throws -> LogFixture {
            let log = try LogFixture(disk, "/events")
            try log.fillWithSmallCommits().close()
            return log
        }
        let probe = SimulatedDisk()
        let whole = try makeLog(probe)
        let (records, before) = (try whole.records(), probe.callCount)
        _ = try whole.retention().apply()
        for call in 1...(probe.callCount - before) {
            let disk = SimulatedDisk()
            let log = try makeLog(disk)
            disk.arm(.losePower, atCall: call)
            #expect(throws: LogError.self) { _ = try log.retention().apply() }
            disk.crash(seed: seed &+ UInt64(call) << 32)
            let first = try log.directory.firstOffset()
            #expect([0, 100, 200].contains(first))
            #expect(try log.records(from: first) == Array(records[Int(first)...]))
            #expect(try log.verify().findings == [])
            #expect(try log.retention().apply().firstOffset == 200)
            let writer = try log.writer()
            #expect(writer.sourcePositions.map(\.name) == ["b", "a"])
            #expect(try log.records(from: 200) == Array(records[200...]))
        }
    }
}
