import Disk
import TestKit
import Testing

/// The faults that a disk can have besides losing what was not synced.
@Suite struct SimulatedDiskFaultTests {
    private let disk = SimulatedDisk()

    @Test func `a read fails as armed, once, and changes nothing`() throws {
        let file = try disk.open("/f", .createNew)
        try file.write([1, 2, 3], at: 0)
        disk.armRead(code: DiskErrorCode.deviceError, atCall: 2)
        var buffer = [UInt8](repeating: 9, count: 5)
        #expect(try file.read(at: 1, into: &buffer, range: 1..<5) == 2)
        #expect(buffer == [9, 2, 3, 9, 9])
        #expect(throws: DiskError(.read, "/f", code: DiskErrorCode.deviceError)) {
            _ = try file.read(at: 0, into: &buffer, range: 0..<5)
        }
        #expect(try file.read(at: 0, into: &buffer, range: 0..<5) == 3)
        #expect(disk.faultCounts.failedReads == 1)
        disk.armRead(code: DiskErrorCode.deviceError, atCall: 1)
        disk.disarm()
        #expect(try disk.list("/") == ["f"])
    }

    @Test func `a full disk lets nothing grow until it has room again`() throws {
        let file = try disk.open("/f", .createNew)
        try file.write([1, 2, 3], at: 0)
        disk.setFull(true)
        #expect(throws: DiskError(.write, "/f", code: DiskErrorCode.diskFull)) {
            try file.write([7, 8, 9], at: 2)
        }
        #expect(disk.contents("/f") == [1, 2, 7])
        try file.write([5], at: 0)
        #expect(throws: DiskError(.create, "/g", code: DiskErrorCode.diskFull)) {
            _ = try disk.open("/g", .replace)
        }
        #expect(throws: DiskError(.lock, "/lock", code: DiskErrorCode.diskFull)) {
            _ = try disk.tryLock("/lock")
        }
        #expect(throws: DiskError(.makeDirectory, "/d", code: DiskErrorCode.diskFull)) {
            try disk.makeDirectory("/d", mode: 0o755)
        }
        try disk.makeDirectory("/", mode: 0o755)
        #expect(disk.faultCounts.refusedByFullness == 4)
        disk.setFull(false)
        try file.write([6], at: 3)
        #expect(disk.contents("/f") == [5, 2, 7, 6])
    }

    @Test func `a directory's sync that fails makes nothing durable, and the next one does`() throws {
        let file = try disk.open("/f", .createNew)
        try file.sync()
        disk.arm(.fail(DiskErrorCode.deviceError), atCall: 1)
        #expect(throws: DiskError(.syncDirectory, "/", code: DiskErrorCode.deviceError)) {
            try disk.syncDirectory("/")
        }
        try disk.syncDirectory("/")
        disk.crash(seed: 3)
        #expect(disk.paths == ["/f"])
        #expect(disk.faultCounts.failedChanges == 1)
    }

    @Test func `renames, removals and second names that fail leave all as it was`() throws {
        disk.place([1], at: "/a")
        for call in ["rename", "remove", "link"] {
            disk.arm(.fail(DiskErrorCode.deviceError), atCall: 1)
            #expect(throws: DiskError.self) {
                switch call {
                case "rename": try disk.rename("/a", to: "/b")
                case "remove": try disk.remove("/a")
                default: try disk.hardLink("/a", to: "/b")
                }
            }
            #expect(disk.paths == ["/a"])
        }
    }

    @Test func `killed processes lose locks and open files, and no byte`() throws {
        let file = try disk.open("/f", .createNew)
        let lock = try disk.tryLock("/lock")
        try file.write([4], at: 0)
        disk.cutPower()
        #expect(disk.isDown)
        #expect(throws: DiskError.self) { try disk.remove("/f") }
        disk.killProcesses()
        #expect(throws: DiskError.self) { _ = try file.size() }
        #expect(disk.contents("/f") == [4])
        #expect(try disk.tryLock("/lock") != nil)
        withExtendedLifetime(lock) {}
    }

    @Test func `a name that changes is listed as it is now, and a file keeps its identity`() throws {
        let first = try disk.open("/a", .createNew)
        #expect(try disk.list("/") == ["a"])
        try disk.rename("/a", to: "/b")
        #expect(try disk.list("/") == ["b"])
        try disk.makeDirectory("/d", mode: 0o755)
        #expect(try disk.list("/") == ["b", "d"])
        try disk.remove("/b")
        let second = try disk.open("/b", .createNew)
        #expect(try first.identity() != second.identity())
        disk.crash(seed: 1)
        #expect(try disk.open("/c", .createNew).identity() != second.identity())
    }

    @Test func `every call is counted once`() throws {
        let file = try disk.open("/f", .createNew)
        _ = try disk.exists("/f")
        try file.write([1], at: 0)
        _ = try file.size()
        #expect(disk.callCount == 2)
        #expect(disk.allCallCount == 4)
    }
}
