import Disk
import EventLog
import Synchronization
import TestKit
import Testing

@Suite struct LogHoldTests {
    private let log: LogFixture
    private let temporary: TemporaryDirectory

    /// Sealed segments at 0, 10, 20 and 30, an open one at 40.
    init() throws {
        temporary = try TemporaryDirectory()
        log = try LogFixture(LocalVolume(), temporary.path + "/events")
        let writer = try log.writer()
        for segment in 0..<5 {
            try writer.appendNumbered(2, of: 5)
            if segment < 4 { try writer.seal() }
        }
    }

    @Test func `what a reader holds stays until it lets go`() throws {
        let hold = try log.hold(from: 15, reader: "replay", uuid: "one")
        let other = try log.hold(from: 25, uuid: "two")
        let path = log.path + "/holds/00000000000000000015-replay-one.hold"
        #expect(try log.volume.exists(path))
        let plan = try log.retention().apply()
        #expect(plan.firstOffset == 10)
        #expect(plan.decisions[1].reason == "a reader holds the records from 15 on (\(path))")
        #expect(try log.records(from: 15) == numbered(15, 35))
        hold.release()
        hold.release()
        #expect(try !log.volume.exists(path))
        #expect(try log.retention().apply().firstOffset == 20)
        other.release()
        #expect(try log.retention().apply().firstOffset == 30)
        #expect(try log.volume.list(log.path + "/holds") == ["floor"])
    }

    @Test func `a hold ends with its last reference, and a dead one's file goes with the next deletion`()
        throws
    {
        do {
            let hold = try log.hold(from: 0)
            #expect(try log.retention().apply().deletedCount == 0)
            withExtendedLifetime(hold) {}
        }
        // As a killed process leaves it.
        let dead = log.path + "/holds/00000000000000000000-replay-x.hold"
        try log.volume.atomicWrite([], to: dead)
        #expect(try log.retention().plan().firstOffset == 30)
        #expect(try log.volume.exists(dead))
        #expect(try log.retention().apply().firstOffset == 30)
        #expect(try !log.volume.exists(dead))
    }

    @Test func `a hold that comes while deletion looks is seen, or sees that it is too late`() throws {
        let (volume, path, log) = (log.volume, log.path, log)
        let taken = Mutex<[Result<UInt64, LogError>]>([])
        let kept = Mutex<LogHold?>(nil)
        // Just before the floor is announced, and just before the first file goes.
        let hooked = HookedVolume(volume) { call in
            let (offset, uuid): (UInt64, String)
            switch call {
            case .rename(path + "/holds/floor"): (offset, uuid) = (12, "early")
            case .remove(log.segment(0)): (offset, uuid) = (5, "late")
            default: return
            }
            // The floor is announced twice: the second time lower, for the hold that came first.
            guard taken.withLock({ $0.count }) == (uuid == "early" ? 0 : 1) else { return }
            let result = kept.withLock { slot -> Result<UInt64, LogError> in
                do throws(LogError) {
                    let hold = try log.hold(from: offset, uuid: uuid)
                    slot = hold
                    return .success(hold.offset)
                } catch {
                    return .failure(error)
                }
            }
            taken.withLock { $0.append(result) }
        }
        let plan = try log.retention(on: hooked).apply()
        #expect(plan.firstOffset == 10)
        let late = LogError.offsetRetained(offset: 5, first: 10)
        #expect(taken.withLock { $0 } == [.success(12), .failure(late)])
        #expect(try log.records(from: 12) == numbered(12, 38))
        kept.withLock { $0 = nil }
        #expect(try log.retention().apply().firstOffset == 30)
    }

    @Test func `a hold has a plain name, a log and records to hold`() throws {
        for name in ["", "a/b", "a b", "ä", String(repeating: "x", count: 65)] {
            #expect(throws: LogError.self) { _ = try log.hold(from: 0, reader: name) }
        }
        #expect(throws: LogError.notALog(directory: "/nowhere")) {
            _ = try LogHold(volume: log.volume, directory: "/nowhere", from: 0, reader: "x") { "u" }
        }
        // The end, where nothing is yet, can be held.
        let hold = try log.hold(from: 50)
        #expect(try log.retention().apply().firstOffset == 30)
        hold.release()
        #expect(throws: LogError.offsetRetained(offset: 29, first: 30)) { _ = try log.hold(from: 29) }
        #expect(try log.volume.list(log.path + "/holds") == ["floor"])
    }

    @Test func `a file that no hold wrote holds everything, and a spoiled floor is an error`() throws {
        try log.volume.makeDirectory(log.path + "/holds", mode: 0o755)
        let strange = log.path + "/holds/strange.hold"
        let lock = try #require(try log.volume.tryLock(strange))
        #expect(try log.retention().apply().deletedCount == 0)
        lock.release()
        try log.volume.atomicWrite(Array("x\n".utf8), to: log.path + "/holds/floor")
        #expect(throws: LogError.self) { _ = try log.hold(from: 0) }
    }
}
