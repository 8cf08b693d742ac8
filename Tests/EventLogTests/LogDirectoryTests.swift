import Disk
import EventLog
import TestKit
import Testing

@Suite struct LogDirectoryTests {
    private let disk = SimulatedDisk()
    private let log: LogFixture

    init() throws { log = try LogFixture(disk, "/data/log/events") }

    @Test func `an identity is made once, also beside a writer`() throws {
        let writer = try log.writer()
        defer { writer.close() }
        let identity = try LogDirectory.create(volume: disk, path: log.path) {
            Issue.record("a second UUID is asked for")
            return "ffffffff-89ab-4def-8123-456789abcdef"
        }
        #expect(identity.uuid == LogFixture.uuid && identity.version == 1)
        #expect(try log.directory.identity() == identity)
        for seed in UInt64(0)..<10 { disk.crash(seed: seed) }
        #expect(try log.directory.identity() == identity)
    }

    @Test(arguments: 1...8)
    func `an identity that is found is durable, though who made it failed`(call: Int) throws {
        for seed in UInt64(0)..<10 {
            let disk = SimulatedDisk()
            disk.arm(.fail(DiskErrorCode.deviceError), atCall: call)
            do throws(LogError) {
                try LogDirectory.create(volume: disk, path: "/log") { LogFixture.uuid }
            } catch {
                #expect(disk.faultCounts.failedChanges == 1)
            }
            disk.disarm()
            let identity = try LogDirectory.create(volume: disk, path: "/log") { LogFixture.uuid }
            disk.crash(seed: seed)
            #expect(try LogDirectory(volume: disk, path: "/log").identity() == identity)
        }
    }

    @Test func `upper case is lowered, other text is refused`() throws {
        let identity = try LogDirectory.create(volume: disk, path: "/a") { LogFixture.uuid.uppercased() }
        #expect(identity.uuid == LogFixture.uuid)
        for text in ["", "0123", String(repeating: "x", count: 36)] {
            #expect(throws: LogError.self) { try LogDirectory.create(volume: disk, path: "/b") { text } }
        }
    }

    @Test(arguments: ["", "{}", "{\"version\":1}", "{\"version\":1,\"uuid\":\"x\"}", "[1]", "\u{0}"])
    func `a broken identity is refused everywhere`(text: String) throws {
        disk.place(Array(text.utf8), at: log.path + "/stream.json")
        func expectRefusal(_ body: () throws -> Void) {
            #expect {
                try body()
            } throws: { error in
                if case LogError.identityDamaged = error { true } else { false }
            }
        }
        expectRefusal { _ = try log.directory.identity() }
        expectRefusal { _ = try log.writer() }
        expectRefusal { _ = try log.reader() }
        expectRefusal { try LogDirectory.create(volume: disk, path: log.path) { LogFixture.uuid } }
    }

    @Test func `a later version's identity is told from damage`() throws {
        disk.place(
            Array("{\"version\":2,\"uuid\":\"\(LogFixture.uuid)\"}".utf8),
            at: log.path + "/stream.json"
        )
        #expect(throws: LogError.newerFormat(file: log.path + "/stream.json", byteOffset: 0, version: 2)) {
            try log.directory.identity()
        }
    }

    @Test func `segments without an identity get no new one`() throws {
        try log.writer().appendNumbered(1, of: 1)
        try disk.remove(log.path + "/stream.json")
        #expect(throws: LogError.notALog(directory: log.path)) { _ = try log.writer() }
        #expect(throws: LogError.self) {
            try LogDirectory.create(volume: disk, path: log.path) { LogFixture.uuid }
        }
    }

    @Test func `segments are summed up, sealed and open`() throws {
        let writer = try log.writer()
        #expect(try log.directory.segments().isEmpty)
        #expect(try log.directory.end() == 0)
        try writer.appendNumbered(3, of: 2)
        let open = try #require(try log.directory.segments().first)
        try writer.seal()
        let sealed = try #require(try log.directory.segments().first)
        #expect(!open.isSealed && sealed.isSealed)
        #expect(sealed.fileBytes > open.fileBytes)
        for summary in [open, sealed] {
            #expect((summary.baseOffset, summary.recordCount, summary.frameCount) == (0, 6, 3))
            #expect((summary.leastTime, summary.greatestTime) == (0, 5))
            #expect(summary.rawBytes == UInt64(numbered(0, 6).reduce(0) { $0 + $1.utf8.count + 1 }))
        }
        #expect(try log.directory.end() == 6)
    }

    @Test(arguments: UInt64(0)..<10)
    func `from the offset of a time on, no record of that time or later is missed`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let writer = try log.writer(LogLimits(segmentBytesMax: 400))
        var commits: [(base: UInt64, greatest: Int64)] = []
        for _ in 0..<25 {
            let time = Int64.random(in: 0...1_000, using: &random)
            let content = frame(numbered(writer.nextOffset, 3), time: time)
            commits.append((try writer.append(content), content.greatestTime))
        }
        for time in Int64(-1)...1_010 {
            let expected = commits.first { $0.greatest >= time }?.base ?? 75
            #expect(try log.directory.offset(atTime: time) == expected)
        }
    }

    @Test func `configurations are kept by the offset they govern from`() throws {
        let history = log.directory.configurations
        let writer = try log.writer()
        #expect(try history.offsets() == [])
        #expect(try history.governing(0) == nil)
        #expect(try writer.applyConfiguration([1]) == 0)
        #expect(try writer.applyConfiguration([2]) == 0)
        try writer.appendNumbered(1, of: 3)
        #expect(try writer.applyConfiguration([3]) == 3)
        #expect(try history.offsets() == [0, 3])
        #expect(try history.read(at: 0) == [2])
        #expect(try history.read(at: 3) == [3])
        #expect(try history.governing(2) == 0)
        #expect(try history.governing(3) == 3)
        #expect(try history.governing(.max) == 3)
        #expect(throws: LogError.self) { _ = try history.read(at: 1) }
        #expect(throws: LogError.self) { _ = try writer.applyConfiguration([]) }
        #expect(throws: LogError.self) {
            _ = try writer.applyConfiguration(
                [UInt8](repeating: 0, count: LogLimits.configurationBytesMax + 1)
            )
        }
        #expect(!writer.isPoisoned)
        writer.close()
        for seed in UInt64(0)..<10 { disk.crash(seed: seed) }
        #expect(try history.read(at: 3) == [3])
        #expect(try log.writer().nextOffset == 3)
        disk.place([], at: history.directory + "/notes.txt")
        #expect(try history.offsets() == [0, 3])
    }
}
