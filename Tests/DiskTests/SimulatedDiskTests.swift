import Disk
import TestKit
import Testing

/// The tool is tested too: a disk that loses nothing would let every crash test pass.
@Suite struct SimulatedDiskTests {
    private let disk = SimulatedDisk()

    private func states(_ count: UInt64, _ prepare: (SimulatedDisk) throws -> Void) throws -> Set<[UInt8]?> {
        var seen: Set<[UInt8]?> = []
        for seed in 0..<count {
            let disk = SimulatedDisk()
            try prepare(disk)
            disk.crash(seed: seed)
            seen.insert(disk.contents("/f"))
        }
        return seen
    }

    @Test func `what is synced stays`() throws {
        let seen = try states(50) { disk in
            let file = try disk.open("/f", .createNew)
            try file.write([1, 2, 3], at: 0)
            try file.sync()
            try disk.syncDirectory("/")
        }
        #expect(seen == [[1, 2, 3]])
    }

    @Test func `an unsynced write is lost, whole or torn`() throws {
        let seen = try states(200) { disk in
            let file = try disk.open("/f", .createNew)
            try disk.syncDirectory("/")
            try file.write([1, 2], at: 0)
        }
        #expect(seen == [[], [1], [0, 2], [1, 2]])
    }

    @Test func `a later write can survive an earlier one`() throws {
        let seen = try states(200) { disk in
            let file = try disk.open("/f", .createNew)
            try disk.syncDirectory("/")
            try file.write([1], at: 0)
            try file.write([2], at: 1)
        }
        #expect(seen.contains([0, 2]))
    }

    @Test func `a name needs its directory synced`() throws {
        let seen = try states(100) { disk in
            let file = try disk.open("/f", .createNew)
            try file.write([1], at: 0)
            try file.sync()
        }
        #expect(seen == [nil, [1]])
    }

    @Test func `faults hit the call they are armed for`() throws {
        let file = try disk.open("/f", .createNew)
        disk.arm(.writeInPart(2, code: DiskErrorCode.diskFull), atCall: 2)
        try file.write([1], at: 0)
        #expect(throws: DiskError(.write, "/f", code: DiskErrorCode.diskFull)) {
            try file.write([7, 8, 9], at: 1)
        }
        #expect(disk.contents("/f") == [1, 7, 8])
        try file.write([5], at: 0)
        #expect(disk.callCount == 4)
    }

    @Test func `after a lost sync the next one succeeds and writes nothing`() throws {
        let file = try disk.open("/f", .createNew)
        try disk.syncDirectory("/")
        try file.write([1], at: 0)
        disk.arm(.loseSync(code: DiskErrorCode.deviceError), atCall: 1)
        #expect(throws: DiskError(.sync, "/f", code: DiskErrorCode.deviceError)) { try file.syncData() }
        try file.syncData()
        #expect(disk.contents("/f") == [1])
        disk.crash(seed: 0)
        #expect(disk.contents("/f") == [])
    }

    @Test func `without power nothing works, and old handles stay dead`() throws {
        let file = try disk.open("/f", .createNew)
        let lock = try disk.tryLock("/lock")
        disk.arm(.losePower, atCall: 1)
        #expect(throws: DiskError.self) { try file.write([1], at: 0) }
        #expect(throws: DiskError.self) { try disk.list("/") }
        disk.crash(seed: 1)
        #expect(throws: DiskError.self) { try file.size() }
        #expect(try disk.tryLock("/lock") != nil)
        withExtendedLifetime(lock) {}
    }
}
