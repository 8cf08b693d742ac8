import Disk
import EventLog
import Goals
import Jobs
import Replay
import TestKit
import Testing

@Suite struct SnapshotTests {
    /// States of the newest snapshot up to the log's end.
    private static func restored(_ world: ReplayWorld) throws -> (offset: UInt64, states: [ReplayState])? {
        let store = SnapshotStore(access: world.access, log: world.log)
        return try store.restore(upTo: .max) { offset, catalogue in
            let set = try world.access.governing(offset).set
            return [ReplayState(challenges: set, keeping: .everything, catalogue: catalogue)]
        }
    }

    @Test(arguments: UInt64(1)...16)
    func `a snapshot and the log since are the log from its start`(seed: UInt64) async throws {
        let history = try RandomHistory(seed: seed, lineCount: 1500)
        var random = SplitMix64(seed: seed ^ 0x54A9)
        let world = try await ReplayWorld()
        let stops = (0..<3).map { _ in Int(random.next() % UInt64(history.lines.count)) }.sorted()
        var start = 0
        for stop in stops + [history.lines.count] {
            if stop > start { try world.append(history, start..<stop, using: &random) }
            start = max(start, stop)
            guard start > 0 else { continue }
            let summary = try await world.snapshot()
            #expect(summary.nextOffset == UInt64(start))
            let naive = try NaiveGoalpost(
                lines: Array(history.lines[..<start]),
                configurations: history.configurations.filter { $0.key < start },
                namespace: RandomHistory.namespace
            )
            let restored = try #require(try Self.restored(world))
            #expect(restored.offset == UInt64(start))
            #expect(
                FoldedTables(restored.states) == FoldedTables(naive, withRequests: true),
                "seed \(seed), \(start) records"
            )
        }
        // Nothing new: the same one again.
        let again = try await world.snapshot()
        #expect(again.records == 0 && again.nextOffset == UInt64(history.lines.count))
    }

    @Test func `each damaged byte is found`() async throws {
        let history = try RandomHistory(seed: 31, lineCount: 40)
        var random = SplitMix64(seed: 31)
        let world = try await ReplayWorld()
        try world.append(history, 0..<history.lines.count, using: &random)
        try await world.snapshot()
        let store = SnapshotStore(access: world.access, log: world.log)
        let path = store.file(at: UInt64(history.lines.count)).path
        let good = try LocalVolume().readFile(path, bytesMax: 1 << 24)
        #expect(good.count > 500)
        let disk = SimulatedDisk()
        let copy = SnapshotFile(volume: disk, path: "/copy")
        func isGood(_ bytes: [UInt8]) -> Bool {
            disk.place(bytes, at: "/copy")
            do {
                _ = try copy.read(header: { _ in }, { _ in })
                return true
            } catch {
                return false
            }
        }
        let isItselfTaken = isGood(good)
        #expect(isItselfTaken)
        for index in good.indices {
            for change: UInt8 in [0xFF, 0x01, 0x80] {
                var bytes = good
                bytes[index] ^= change
                let isTaken = isGood(bytes)
                #expect(!isTaken, "byte \(index) ^ \(change)")
            }
        }
        for count in stride(from: 0, to: good.count, by: 7) {
            let isTaken = isGood(Array(good[..<count]))
            #expect(!isTaken, "cut to \(count) bytes")
        }
        let isLongerTaken = isGood(good + [0])
        #expect(!isLongerTaken)
    }

    @Test func `a damaged snapshot is left out and the one before it is used`() async throws {
        let history = try RandomHistory(seed: 32, lineCount: 900)
        var random = SplitMix64(seed: 32)
        let world = try await ReplayWorld()
        let store = SnapshotStore(access: world.access, log: world.log)
        for range in [0..<300, 300..<600] {
            try world.append(history, range, using: &random)
            try await world.snapshot()
        }
        try world.append(history, 600..<history.lines.count, using: &random)
        let newest = store.file(at: 600).path
        var bytes = try LocalVolume().readFile(newest, bytesMax: 1 << 24)
        bytes[bytes.count / 2] ^= 0x10
        try LocalVolume().atomicWrite(bytes, to: newest)
        // What a crash left half done, and a file of another kind.
        try LocalVolume().atomicWrite([1, 2, 3], to: store.directory + "/" + "x.ndjson.zst.tmp")
        try LocalVolume().atomicWrite([], to: store.directory + "/README")
        #expect(try store.newestGood() == 300)
        let result = try await world.replay { $0.from = Timestamp(microseconds: 700_000) }
        #expect(FoldedTables(result.states) == FoldedTables(history.oracle))
        let summary = try await world.snapshot()
        #expect(summary.fromOffset == 300)
        let restored = try #require(try Self.restored(world))
        #expect(FoldedTables(restored.states) == FoldedTables(history.oracle, withRequests: true))
        #expect(try !LocalVolume().list(store.directory).contains("x.ndjson.zst.tmp"))
    }

    @Test func `the newest ones stay, and another log's are left out`() async throws {
        let history = try RandomHistory(seed: 33, lineCount: 500)
        var random = SplitMix64(seed: 33)
        let world = try await ReplayWorld(snapshotsKept: 2)
        let store = SnapshotStore(access: world.access, log: world.log)
        for part in 0..<5 {
            try world.append(history, (part * 100)..<(part * 100 + 100), using: &random)
            let summary = try await world.snapshot()
            #expect(summary.removed == (part > 1 ? 1 : 0))
        }
        #expect(try store.offsets() == [400, 500])
        let other = try await ReplayWorld()
        try other.append(history, 0..<500, using: &random)
        let bytes = try LocalVolume().readFile(store.file(at: 500).path, bytesMax: 1 << 24)
        let place = SnapshotStore(access: other.access, log: other.log)
        try LocalVolume().makeDirectory(place.directory, mode: 0o755)
        try LocalVolume().atomicWrite(bytes, to: place.file(at: 500).path)
        #expect(try place.newestGood() == nil)
        #expect(try Self.restored(other) == nil)
    }

    /// The machine loses power before the n-th change of the disk, for every n.
    @Test(arguments: [UInt64(1), 2])
    func `a snapshot survives power loss at any moment`(seed: UInt64) async throws {
        let history = try RandomHistory(seed: 40 + seed, lineCount: 400)
        let root = "/data"
        func world(on disk: SimulatedDisk) async throws -> ReplayWorld {
            let world = try await ReplayWorld(snapshotsKept: 1, volume: disk, root: root)
            var random = SplitMix64(seed: seed)
            try world.append(history, 0..<250, using: &random)
            try await world.snapshot()
            try world.append(history, 250..<history.lines.count, using: &random)
            return world
        }
        let whole = SimulatedDisk()
        let first = try await world(on: whole)
        let before = whole.callCount
        try await first.snapshot()
        let calls = whole.callCount - before
        #expect(calls > 5)
        // Calls that a run may lose without an error: letting go of the log, after all that counts.
        var passed: [Int] = []
        for call in 1...calls {
            let disk = SimulatedDisk()
            let world = try await world(on: disk)
            disk.arm(.losePower, atCall: call)
            do {
                try await world.snapshot()
                passed.append(call)
            } catch {
                // As it should be without power.
            }
            disk.disarm()
            disk.crash(seed: seed &* 100 &+ UInt64(call))
            // Whatever is left, some good state is, and the next run makes the new one.
            let store = SnapshotStore(access: world.access, log: world.log)
            #expect(try store.newestGood() != nil, "seed \(seed), call \(call)")
            try await world.snapshot()
            let restored = try #require(try Self.restored(world))
            #expect(restored.offset == UInt64(history.lines.count))
            #expect(
                FoldedTables(restored.states) == FoldedTables(history.oracle, withRequests: true),
                "seed \(seed), call \(call)"
            )
        }
        #expect(passed.allSatisfy { $0 > calls - 2 }, "of \(calls) calls \(passed)")
    }
}
