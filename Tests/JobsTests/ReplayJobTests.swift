import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Replay
import TestKit
import Testing

@Suite struct ReplayJobTests {
    /// A world with the whole history in its log.
    private static func world(_ seed: UInt64, lineCount: Int = 1200) async throws -> (
        ReplayWorld, RandomHistory
    ) {
        let history = try RandomHistory(seed: seed, lineCount: lineCount)
        var random = SplitMix64(seed: seed ^ 0x1095)
        let world = try await ReplayWorld()
        try world.append(history, 0..<history.lines.count, using: &random)
        return (world, history)
    }

    @Test(arguments: UInt64(1)...12)
    func `a replay has the naive fold's rows, on any number of threads`(seed: UInt64) async throws {
        let (world, history) = try await Self.world(seed)
        let result = try await world.replay { $0.threads = 1 + Int(seed % 3) }
        #expect(FoldedTables(result.states) == FoldedTables(history.oracle), "seed \(seed)")
        #expect(!result.isPartial && result.nextOffset == UInt64(history.lines.count))
        #expect(result.records == UInt64(history.lines.count))
        #expect(result.rows == history.oracle.rows.count && result.players == history.oracle.players.count)
    }

    /// The oracle, given the other file from the first record on, is the fresh deployment.
    @Test(arguments: UInt64(21)...32)
    func `a what-if has the rows of a fresh deployment with the other challenges`(seed: UInt64) async throws {
        let (world, history) = try await Self.world(seed)
        let donor = try RandomHistory(seed: seed &+ 1000, lineCount: 1)
        for (number, bytes) in [donor.configurations[0], history.configurations[0]].enumerated() {
            let bytes = try #require(bytes)
            let path = world.path("other-\(number).json")
            try LocalVolume().atomicWrite(bytes, to: path)
            let result = try await world.replay {
                $0.challenges = path
                $0.threads = 2
            }
            let fresh = try NaiveGoalpost(
                lines: history.lines,
                configurations: [0: bytes],
                namespace: RandomHistory.namespace
            )
            let other = try #require(result.other)
            #expect(FoldedTables(other.states) == FoldedTables(fresh), "seed \(seed)")
            #expect(FoldedTables(result.states) == FoldedTables(history.oracle), "seed \(seed)")
        }
    }

    @Test(arguments: UInt64(41)...44)
    func `partitions add up to all players`(seed: UInt64) async throws {
        let (world, history) = try await Self.world(seed)
        var all = FoldedTables([])
        for text in ["0-6", "7,9", "8", "10-15"] {
            let part = try await world.replay { $0.partitions = ReplayOptions.partitions(text) }
            all = all.union(FoldedTables(part.states))
        }
        #expect(all == FoldedTables(history.oracle), "seed \(seed)")
        await #expect(throws: JobError.self) {
            _ = try await world.replay { $0.partitions = [16] }
        }
    }

    @Test func `a sample holds the same players each time, and their whole rows`() async throws {
        let (world, history) = try await Self.world(51)
        let first = FoldedTables(try await world.replay { $0.sample = 0.4 }.states)
        let second = FoldedTables(
            try await world.replay {
                $0.sample = 0.4
                $0.threads = 3
            }.states
        )
        #expect(first == second)
        #expect(!first.players.isEmpty && first.players.count < history.oracle.players.count)
        let larger = FoldedTables(try await world.replay { $0.sample = 0.8 }.states)
        #expect(Set(first.players.keys).isSubset(of: larger.players.keys))
        #expect(first == FoldedTables(history.oracle).filtered { first.players[$0] != nil })
        #expect(FoldedTables(try await world.replay { $0.sample = 1 }.states) == FoldedTables(history.oracle))
    }

    @Test func `a file of players chooses them`() async throws {
        let (world, history) = try await Self.world(52)
        let wanted = history.oracle.players.keys.filter { !$0.contains(0x0A) }.prefix(5)
        let path = world.path("players.txt")
        try LocalVolume().atomicWrite(wanted.flatMap { $0 + [0x0D, 0x0A] }, to: path)
        let result = try await world.replay { $0.players = path }
        let expected = FoldedTables(history.oracle).filtered { wanted.contains($0) }
        #expect(FoldedTables(result.states) == expected)
        let bad: [([UInt8], String)] = [
            ([], "names no player"), (Array(repeating: 0x61, count: 101), "line 1"),
        ]
        for (bytes, words) in bad {
            try LocalVolume().atomicWrite(bytes, to: path)
            let error = await #expect(throws: JobError.self) {
                _ = try await world.replay { $0.players = path }
            }
            #expect(error?.message.contains(words) == true)
        }
    }

    @Test(arguments: UInt64(61)...66)
    func `effects before and after a time add up, from a snapshot or from the start`(seed: UInt64)
        async throws
    {
        let history = try RandomHistory(seed: seed, lineCount: 1200)
        var random = SplitMix64(seed: seed)
        let world = try await ReplayWorld()
        try world.append(history, 0..<500, using: &random)
        try await world.snapshot()
        try world.append(history, 500..<history.lines.count, using: &random)
        // The frames' times are the records' offsets.
        let time = Timestamp(microseconds: 800_000)
        let whole = try await world.replay()
        let before = try await world.replay { $0.to = time }
        let after = try await world.replay { $0.from = time }
        #expect(after.fromOffset == before.nextOffset && after.fromOffset > 500)
        var sum = before.effects
        sum.merge(after.effects)
        for (number, goal) in whole.catalogue.goals.enumerated() {
            let number = UInt32(number)
            #expect(sum.total(number) == whole.effects.total(number), "seed \(seed), \(goal)")
            for day in whole.effects.days {
                #expect(sum.counts(number, on: day) == whole.effects.counts(number, on: day))
            }
            #expect(sum.timesToComplete(number) == whole.effects.timesToComplete(number))
        }
        #expect(sum.rewards == whole.effects.rewards)
        #expect(FoldedTables(after.states) == FoldedTables(history.oracle))
        for offset in try SnapshotStore(access: world.access, log: world.log).offsets() {
            try LocalVolume().remove(
                SnapshotStore(access: world.access, log: world.log).file(at: offset).path
            )
        }
        let without = try await world.replay { $0.from = time }
        #expect(FoldedTables(without.states) == FoldedTables(after.states))
        #expect(without.effects == after.effects)
    }

    /// Time to complete and counts, against what the rows say.
    @Test func `effects count what the rows show`() async throws {
        let (world, history) = try await Self.world(71)
        let result = try await world.replay()
        for (number, id) in result.catalogue.goals.enumerated() {
            let rows = history.oracle.rows.values.filter { $0.goalId == id.utf8 }
            let total = result.effects.total(UInt32(number))
            #expect(total.started == rows.count { $0.status != "not_started" }, "\(id)")
            #expect(total.completed >= rows.count { $0.completedAt != nil }, "\(id)")
            let times = result.effects.timesToComplete(UInt32(number)).reduce(0, +)
            #expect(times == total.completed)
        }
        let granted = history.oracle.grants.values.reduce(0) { $0 + $1.reward.quantity }
        #expect(result.effects.rewards.values.reduce(0, +) == Int64(granted))
    }

    @Test(arguments: UInt64(81)...86)
    func `a stopped replay goes on to the result of an uninterrupted one`(seed: UInt64) async throws {
        let (world, history) = try await Self.world(seed)
        let other = world.path("other.json")
        let bytes = try #require(try RandomHistory(seed: seed &+ 500, lineCount: 1).configurations[0])
        try LocalVolume().atomicWrite(bytes, to: other)
        let whole = try await world.replay { $0.challenges = other }
        let legs: [UInt64?] = [200, 700, nil]
        var last: ReplayResult?
        for (index, stop) in legs.enumerated() {
            last = try await world.replay(into: "out", resume: index > 0, stopAt: stop) { request in
                request.challenges = other
                request.threads = 1 + index
            }
            #expect(last?.isPartial == (stop != nil))
            let summary = String(
                decoding: try LocalVolume().readFile(world.path("out/summary.json"), bytesMax: 1 << 20),
                as: UTF8.self
            )
            #expect(summary.contains("\"isPartial\" : \(stop != nil)"))
        }
        let result = try #require(last)
        #expect(result.records == UInt64(history.lines.count))
        #expect(FoldedTables(result.states) == FoldedTables(whole.states), "seed \(seed)")
        #expect(FoldedTables(result.other?.states ?? []) == FoldedTables(whole.other?.states ?? []))
        #expect(result.effects == whole.effects && result.catalogue == whole.catalogue)
        #expect(result.other?.effects == whole.other?.effects)
        #expect(try !LocalVolume().list(world.path("out")).contains { $0.hasPrefix("checkpoint") })
    }

    @Test func `a resume with other options, another log or nothing to resume is refused`() async throws {
        let (world, _) = try await Self.world(91)
        _ = try await world.replay(into: "out", stopAt: 300) { $0.sample = 0.5 }
        func expectRefusal(_ words: String, _ body: () async throws -> ReplayResult) async {
            let error = await #expect(throws: JobError.self) { _ = try await body() }
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
        await expectRefusal("--sample 0.5") { try await world.replay(into: "out", resume: true) }
        await expectRefusal("holds a replay already") {
            try await world.replay(into: "out") { $0.sample = 0.5 }
        }
        await expectRefusal("nothing to resume") { try await world.replay(into: "new", resume: true) }
        let (other, _) = try await Self.world(92)
        await expectRefusal("checkpoint is of the log") {
            try await other.replay(resume: true) {
                $0.directory = world.path("out")
                $0.sample = 0.5
            }
        }
        _ = try await world.replay(into: "out", resume: true) { $0.sample = 0.5 }
    }

    @Test func `the memory limit ends a replay with a way out`() async throws {
        let (world, _) = try await Self.world(93)
        let error = await #expect(throws: JobError.self) {
            _ = try await world.replay { $0.memoryBytesMax = 1 << 20 }
        }
        #expect(error?.status == .system)
        #expect(error?.message.contains("--partitions") == true && error?.message.contains("1048576") == true)
    }

    @Test func `a retained log says what cannot be known`() async throws {
        let history = try RandomHistory(seed: 94, lineCount: 1500)
        var random = SplitMix64(seed: 94)
        let world = try await ReplayWorld()
        try world.append(history, 0..<history.lines.count, using: &random)
        let first = try world.retainLastSegment()
        #expect(first > 0)
        let plain = await #expect(throws: JobError.self) { _ = try await world.replay() }
        #expect(plain?.message.contains("no snapshot holds") == true, "\(plain?.message ?? "")")
        let challenges = world.path("other.json")
        try LocalVolume().atomicWrite(try #require(history.configurations[0]), to: challenges)
        let other = await #expect(throws: JobError.self) {
            _ = try await world.replay { $0.challenges = challenges }
        }
        #expect(other?.message.contains("what-if needs the log from offset 0") == true)
        await #expect(throws: JobError.self) { try await world.snapshot() }
    }

    @Test func `behind a snapshot a retained log is replayed from it`() async throws {
        let history = try RandomHistory(seed: 95, lineCount: 1500)
        var random = SplitMix64(seed: 95)
        let world = try await ReplayWorld()
        try world.append(history, 0..<1300, using: &random)
        try await world.snapshot()
        try world.append(history, 1300..<history.lines.count, using: &random)
        _ = try world.retainLastSegment()
        let error = await #expect(throws: JobError.self) { _ = try await world.replay() }
        #expect(error?.message.contains("snapshot at offset 1300") == true, "\(error?.message ?? "")")
        let result = try await world.replay { $0.from = Timestamp(microseconds: 1_400_000) }
        #expect(FoldedTables(result.states) == FoldedTables(history.oracle))
        try await world.snapshot()
    }

    @Test func `a dry run says what would be read`() async throws {
        let (world, history) = try await Self.world(96)
        var request = ReplayOptions(directory: "")
        let plan = try await world.job.plan(request)
        #expect(plan.records == UInt64(history.lines.count) && plan.players == nil)
        #expect(plan.segments == (try world.access.directory.segments()).count)
        let raw = history.lines.reduce(0) { $0 + UInt64($1.count) + 1 }
        #expect(plan.rawBytes == raw && plan.recordsPerSecond > 0 && plan.seconds > 0)
        try await world.snapshot()
        request.untilOffset = 100
        request.recordsPerSecondMax = 10
        let part = try await world.job.plan(request)
        #expect(part.records == 100 && part.recordsPerSecond <= 10 && part.seconds >= 10)
        request.untilOffset = nil
        #expect(try await world.job.plan(request).players == UInt64(history.oracle.players.count))
        request.untilOffset = UInt64(history.lines.count) + 1
        let beyond = request
        await #expect(throws: JobError.self) { _ = try await world.job.plan(beyond) }
        #expect(try LocalVolume().list(world.directory.path) == ["log", "snapshots"])
    }

    @Test(arguments: ["", "a", "3-1", "-1", "1,,2", "1-2-3", "1024", "0-1024", "1-"])
    func `lists of partitions that mean nothing are refused`(text: String) {
        #expect(ReplayOptions.partitions(text) == nil)
    }
}
