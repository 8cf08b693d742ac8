import Disk
import EventLog
import Foundation
import Goals
import Ingest
import Intake
import TestKit
import Testing

/// Lines of named sources, and what else only the log's owner may do.
@Suite struct SourceBatchTests {
    /// A batch of a source's lines from `position` on, ended as they stand.
    private static func batch(
        _ queue: IntakeQueue,
        _ lines: [String],
        source: String = "s",
        position: UInt64,
        committed: UInt64
    ) -> EventBatch {
        var batch = EventBatch(
            source: SourceClaim(name: source, committed: committed, start: position)
        )
        var preparer = queue.preparer(isOwner: true)
        var at = position
        for line in lines {
            batch.add(Array(line.utf8).span, byteOffset: at, now: IntakeWorld.now, &preparer)
            at += UInt64(line.utf8.count + 1)
            batch.cover(at)
        }
        return batch
    }

    private static let noID = IntakeWorld.login("").replacing(#""id":"","#, with: "")

    @Test func `a source's position is in the log with its records, and lines are taken once`() async throws {
        let world = try IntakeWorld()
        let queue = try world.open()
        let length = UInt64(Self.noID.utf8.count + 1)
        let first = Self.batch(queue, [Self.noID, Self.noID], position: 0, committed: 0)
        let offsets = [ItemResult.accepted(offset: 0), .accepted(offset: 1)]
        #expect(
            try await queue.submit(source: first) == .taken(offsets, position: 2 * length, nextOffset: 2)
        )
        // Another program that believes the source is not begun.
        #expect(try await queue.submit(source: first) == .moved(position: 2 * length))
        #expect(
            try await queue.source("s")
                == Handover.Source(position: 2 * length, lastRecord: try world.records().last)
        )
        #expect(try await queue.source("t") == Handover.Source(position: 0, lastRecord: nil))
        await queue.close()
        let ids = [0, length].map { EventIDs.id(source: "s", byteOffset: $0) }
        #expect(try world.ids() == ids)
        // What LineIngest goes on from.
        let writer = try LogWriter.open(volume: world.disk, directory: IntakeWorld.log, now: { 0 })
        #expect(writer.sourcePosition(of: "s") == 2 * length)
        writer.close()
        // A server that comes after goes on as well.
        let next = try world.open()
        let more = Self.batch(next, [Self.noID], position: 2 * length, committed: 2 * length)
        #expect(
            try await next.submit(source: more)
                == .taken([.accepted(offset: 2)], position: 3 * length, nextOffset: 3)
        )
        await next.close()
    }

    @Test func `what gives no record moves no position, and is kept once`() async throws {
        let world = try IntakeWorld()
        let queue = try world.open()
        let refused = Self.batch(queue, ["bad"], position: 0, committed: 0)
        for _ in 0..<2 {
            guard case .taken(let results, 0, 0) = try await queue.submit(source: refused) else {
                Issue.record("the batch was not taken at byte 0")
                return
            }
            #expect(results.count == 1)
        }
        // A frame's position covers the refused lines that came before.
        let rest = Self.batch(queue, [IntakeWorld.login("a")], position: 4, committed: 0)
        guard case .taken([.accepted(offset: 0)], let position, 1) = try await queue.submit(source: rest)
        else {
            Issue.record("the second batch was not taken")
            return
        }
        #expect(position == UInt64(4 + IntakeWorld.login("a").utf8.count + 1))
        await queue.close()
        let files = try QuarantineFile.names(volume: world.disk, directory: IntakeWorld.quarantine)
        let lines = try files.flatMap {
            try QuarantineFile(volume: world.disk, directory: IntakeWorld.quarantine, name: $0).lines
        }
        #expect(lines.map(\.source) == ["s"] && lines.map(\.byteOffset) == [0])
    }

    @Test func `sources and other callers side by side each keep their own`() async throws {
        let world = try IntakeWorld()
        let queue = try world.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<8 {
                group.addTask {
                    var (at, committed) = (UInt64(0), UInt64(0))
                    for round in 0..<20 {
                        let lines = [IntakeWorld.login("\(caller)-\(round)")]
                        if caller % 2 == 0 {
                            _ = try await queue.submit(IntakeWorld.batch(queue, lines))
                            continue
                        }
                        let batch = Self.batch(
                            queue,
                            lines,
                            source: "s\(caller)",
                            position: at,
                            committed: committed
                        )
                        guard case .taken(_, let position, _) = try await queue.submit(source: batch) else {
                            throw Moved()
                        }
                        at += UInt64(lines[0].utf8.count + 1)
                        committed = position
                        #expect(position == at)
                    }
                }
            }
            try await group.waitForAll()
        }
        await queue.close()
        let ids = try world.ids()
        #expect(ids.count == 160 && Set(ids).count == 160)
        for caller in 0..<8 {
            let own = ids.filter { $0.hasPrefix("\(caller)-") }
            #expect(own == (0..<20).map { "\(caller)-\($0)" })
        }
    }

    private struct Moved: Error {}

    @Test func `only the owner writes that a reward was delivered`() async throws {
        let world = try IntakeWorld()
        let queue = try world.open()
        let text =
            #"{"id":"d","name":"rewardDelivered","namespace":"game","userId":"u","payload":{"claimEventId":"c"}}"#
        var batch = EventBatch(keepsRefused: true)
        var (stranger, owner) = (queue.preparer(), queue.preparer(isOwner: true))
        batch.add(Array(text.utf8).span, byteOffset: 0, now: IntakeWorld.now, &stranger)
        batch.add(Array(text.utf8).span, byteOffset: 1, now: IntakeWorld.now, &owner)
        let results = try await queue.submit(batch)
        guard case .rejected(let fault) = results[0] else {
            Issue.record("the stranger's event is \(results[0])")
            return
        }
        #expect(fault.reason == .notAllowed && results[1] == .accepted(offset: 0))
        await queue.close()
    }

    @Test
    func `a configuration governs from the next record on, and one that changes nothing is not written`()
        async throws
    {
        let world = try IntakeWorld()
        let queue = try world.open()
        let old = Array(Self.challenges(target: 3).utf8)
        let new = Array(Self.challenges(target: 5).utf8)
        // In place of the world's first, which is none: no record has come yet.
        let first = LogDirectory(volume: world.disk, path: IntakeWorld.log).configurations
        try world.disk.atomicWrite(old, to: first.path(at: 0))
        try world.disk.remove(first.checksumPath(at: 0))
        _ = try await queue.submit(IntakeWorld.batch(queue, [IntakeWorld.login("a")]))
        guard case .valid(let set) = ChallengeFile.read(new), case .valid(let same) = ChallengeFile.read(old)
        else {
            Issue.record("the challenges are not valid")
            return
        }
        #expect(try await queue.apply(old, same) == Handover.Configuration(offset: nil, changes: []))
        let applied = try await queue.apply(new, set)
        #expect(applied.offset == 1 && applied.changes.count == 1, "\(applied)")
        _ = try await queue.submit(IntakeWorld.batch(queue, [IntakeWorld.login("b")]))
        await queue.close()
        await #expect(throws: IntakeError.closed) { try await queue.apply(new, set) }
        let history = LogDirectory(volume: world.disk, path: IntakeWorld.log).configurations
        #expect(try history.offsets() == [0, 1])
        #expect(try history.read(at: 1) == new)
    }

    private static func challenges(target: Int) -> String {
        #"""
        {"challenges":[{"challengeId":"c","name":"C","description":"d","goals":[{"goalId":"g","name":"G",
        "description":"d","type":"absolute","eventSource":"login",
        "requirement":{"statCode":"s","operator":">=","targetValue":\#(target)},
        "reward":{"type":"ITEM","rewardId":"r","quantity":1},"prerequisites":[],"defaultAssigned":true}]}]}
        """#
    }

    @Test func `a line in parts is kept whole or its sender told, whatever comes in between`() async throws {
        let world = try IntakeWorld()
        let queue = try world.open()
        func part(_ line: String, at: UInt64, isLast: Bool = false) -> Handover.LongLine {
            Handover.LongLine(line: line, source: "s-\(line)", position: 7, at: at, isLast: isLast)
        }
        let bytes = [UInt8](repeating: 0x79, count: 70_000)
        #expect(try await queue.keep(bytes, part("a", at: 0)) == 70_000)
        _ = try await queue.submit(IntakeWorld.batch(queue, ["bad"]))
        #expect(try await queue.keep(bytes, part("b", at: 0)) == 70_000)
        #expect(try await queue.keep([], part("b", at: 70_000, isLast: true)) == 70_000)
        #expect(try await queue.keep(bytes, part("a", at: 70_000, isLast: true)) == 140_000)
        // What comes too late, twice or after too many others is not taken for a whole line.
        #expect(try await queue.keep(bytes, part("a", at: 140_000, isLast: true)) == nil)
        for number in 0..<17 { _ = try await queue.keep(bytes, part("\(number)", at: 0)) }
        #expect(try await queue.keep(bytes, part("0", at: 70_000, isLast: true)) == nil)
        #expect(try await queue.keep(bytes, part("16", at: 70_000, isLast: true)) == 140_000)
        await queue.close()
        let name = try #require(
            try QuarantineFile.names(volume: world.disk, directory: IntakeWorld.quarantine).first
        )
        let lines = try QuarantineFile(
            volume: world.disk,
            directory: IntakeWorld.quarantine,
            name: name
        ).lines
        #expect(lines.map(\.byteCount) == [3, 70_000, 140_000, 140_000])
        #expect(lines.map(\.source) == [nil, "s-b", "s-a", "s-16"])
        for line in lines.dropFirst() {
            let raw = try #require(line.rawFile)
            #expect(
                world.disk.contents(IntakeWorld.quarantine + "/" + raw)?.count == Int(line.byteCount)
            )
        }
    }

    @Test func `entries leave the quarantine, and what is refused later is still kept`() async throws {
        let world = try IntakeWorld()
        let queue = try world.open()
        _ = try await queue.submit(IntakeWorld.batch(queue, ["one", "two"]))
        let name = try #require(
            try QuarantineFile.names(volume: world.disk, directory: IntakeWorld.quarantine).first
        )
        func lines() throws -> [QuarantinedLine] {
            try QuarantineFile(volume: world.disk, directory: IntakeWorld.quarantine, name: name).lines
        }
        let key = try lines()[0].key
        #expect(try await queue.removeRefused([key, "unknown"], file: name) == 1)
        #expect(try await queue.removeRefused([key], file: "../events/stream.json") == 0)
        _ = try await queue.submit(IntakeWorld.batch(queue, ["three"]))
        #expect(try lines().map { $0.line ?? [] } == ["two", "three"].map { Array($0.utf8) })
        await queue.close()
    }
}
