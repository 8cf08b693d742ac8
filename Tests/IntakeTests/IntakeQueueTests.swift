import BlockingLane
import Disk
import Dispatch
import Foundation
import Goals
import Intake
import Synchronization
import TestKit
import Testing

@Suite struct IntakeQueueTests {
    @Test func `each event gets its own result, in order`() async throws {
        let world = try IntakeWorld()
        let queue = try world.open()
        let other = IntakeWorld.login("x").replacing("\"game\"", with: "\"other\"")
        let results = try await queue.submit(
            IntakeWorld.batch(
                queue,
                [IntakeWorld.login("a"), "nonsense", other, IntakeWorld.login("b"), IntakeWorld.login("a")]
            )
        )
        #expect(results.count == 5)
        #expect(results[0] == .accepted(offset: 0) && results[3] == .accepted(offset: 1))
        #expect(results[2] == .otherNamespace && results[4] == .duplicate(offset: 0))
        guard case .rejected(let fault) = results[1] else {
            Issue.record("\(results[1])")
            return
        }
        #expect(fault.reason == .notJSON)
        let kept = try world.disk.list(IntakeWorld.quarantine).first.flatMap {
            world.disk.contents(IntakeWorld.quarantine + "/" + $0)
        }
        #expect(String(decoding: kept ?? [], as: UTF8.self).contains("nonsense"))
        await queue.close()
        #expect(try world.ids() == ["a", "b"])
        let figures = queue.figures.snapshot
        #expect(figures.accepted == [.userLoggedIn: 2] && figures.duplicates == [.userLoggedIn: 1])
        #expect(figures.rejected == [.notJSON: 1] && figures.quarantined == 1 && figures.otherNamespace == 1)
    }

    @Test func `a retry is known after a restart, within its scope only`() async throws {
        let world = try IntakeWorld()
        var queue = try world.open()
        let lines = [
            IntakeWorld.login("a"), IntakeWorld.login("a", source: "s"), IntakeWorld.claim("k", user: "one"),
            IntakeWorld.claim("k", user: "two"),
        ]
        let first = try await queue.submit(IntakeWorld.batch(queue, lines))
        #expect(first == (0..<4).map { .accepted(offset: $0) })
        await queue.close()
        queue = try world.open()
        let again = try await queue.submit(IntakeWorld.batch(queue, lines))
        #expect(again == (0..<4).map { .duplicate(offset: $0) })
        await queue.close()
        #expect(try world.ids() == ["a", "a", "k", "k"])
    }

    @Test func `more than the bound is refused while others wait, and taken later`() async throws {
        let world = try IntakeWorld()
        let lane = BlockingLane(label: "intake")
        let queue = try world.open(bytesMax: 100, lane: lane)
        let (one, other) = (
            IntakeWorld.batch(queue, [IntakeWorld.login("a")]),
            IntakeWorld.batch(queue, [IntakeWorld.login("b")])
        )
        let occupied = OccupiedLane(lane)
        async let held: Void = occupied.hold()
        while !occupied.isHeld { await Task.yield() }
        // A batch above the bound that finds nobody waiting is taken: it would never fit else.
        async let first = queue.submit(one)
        while queue.waitingBytes == 0 { await Task.yield() }
        let waiting = queue.waitingBytes
        #expect(waiting > 100)
        await #expect(throws: IntakeError.overloaded(waitingBytes: waiting, limit: 100)) {
            try await queue.submit(other)
        }
        #expect(queue.figures.snapshot.overloaded == 1)
        occupied.release()
        await held
        #expect(try await first == [.accepted(offset: 0)] && queue.waitingBytes == 0)
        #expect(try await queue.submit(other) == [.accepted(offset: 1)])
        await queue.close()
        await #expect(throws: IntakeError.closed) { try await queue.submit(other) }
        #expect(try world.ids() == ["a", "b"])
    }

    @Test func `no other event takes the id that a delivery will have`() async throws {
        let world = try IntakeWorld()
        let queue = try world.open()
        var batch = EventBatch(keepsRefused: true)
        var owner = queue.preparer(isOwner: true)
        let delivery =
            #"{"id":"d","name":"rewardDelivered","namespace":"game","userId":"u","payload":{"claimEventId":"c"}}"#
        for text in [IntakeWorld.login("d"), delivery, delivery] {
            batch.add(Array(text.utf8).span, byteOffset: 0, now: IntakeWorld.now, &owner)
        }
        #expect(
            try await queue.submit(batch) == [
                .accepted(offset: 0), .accepted(offset: 1), .duplicate(offset: 1),
            ]
        )
        await queue.close()
    }

    @Test func `many callers at once get every event in once`() async throws {
        let world = try IntakeWorld()
        let queue = try world.open()
        let offsets = try await withThrowingTaskGroup(of: [ItemResult].self) { group in
            for caller in 0..<20 {
                group.addTask {
                    var results: [ItemResult] = []
                    for turn in 0..<10 {
                        let batch = IntakeWorld.batch(queue, [IntakeWorld.login("\(caller)-\(turn)")])
                        results += try await queue.submit(batch)
                    }
                    return results
                }
            }
            var all: [UInt64] = []
            for try await results in group {
                let own = results.compactMap { if case .accepted(let offset) = $0 { offset } else { nil } }
                #expect(own == own.sorted())
                all += own
            }
            return all
        }
        #expect(offsets.sorted() == Array(0..<200))
        await queue.close()
        #expect(Set(try world.ids()).count == 200)
    }

    /// Every disk call of a small run fails once, by each kind of fault: what was acknowledged is in the log once,
    /// what was not can be sent again, and writing goes on without a new start.
    @Test(arguments: [SimulatedDisk.Fault.fail(28), .writeInPart(40, code: 28), .loseSync(code: 5)])
    func `a failed call loses nothing and ends by itself`(fault: SimulatedDisk.Fault) async throws {
        let whole = try IntakeWorld()
        let before = whole.disk.callCount
        let queue = try whole.open()
        let opened = whole.disk.callCount
        for id in ["a", "b", "c"] {
            _ = try await queue.submit(IntakeWorld.batch(queue, [IntakeWorld.login(id), "bad \(id)"]))
        }
        await queue.close()
        let calls = whole.disk.callCount - opened
        #expect(calls > 5 && opened > before)
        for call in 1...calls {
            let world = try IntakeWorld()
            let queue = try world.open()
            world.disk.arm(fault, atCall: call)
            for id in ["a", "b", "c"] {
                let batch = IntakeWorld.batch(queue, [IntakeWorld.login(id), "bad \(id)"])
                do throws(IntakeError) {
                    _ = try await queue.submit(batch)
                } catch {
                    guard case .unavailable = error else {
                        Issue.record("\(error)")
                        return
                    }
                    #expect(queue.failure != nil)
                    await queue.tend()
                    #expect(queue.failure == nil, "call \(call)")
                    #expect(try await queue.submit(batch).count == 2)
                }
            }
            await queue.close()
            #expect(try world.ids() == ["a", "b", "c"], "call \(call)")
        }
    }

    @Test(arguments: UInt64(1)...3)
    func `lost power takes nothing that was acknowledged`(seed: UInt64) async throws {
        for call in 1...40 {
            let world = try IntakeWorld()
            let queue = try world.open()
            world.disk.arm(.losePower, atCall: call)
            var acknowledged: [String] = []
            for id in ["a", "b", "c", "d"] {
                do throws(IntakeError) {
                    _ = try await queue.submit(IntakeWorld.batch(queue, [IntakeWorld.login(id), "bad"]))
                    acknowledged.append(id)
                } catch {
                    break
                }
            }
            await queue.close()
            world.disk.disarm()
            world.disk.crash(seed: seed &* 1000 &+ UInt64(call))
            let next = try world.open()
            for id in ["a", "b", "c", "d"] {
                let result = try await next.submit(IntakeWorld.batch(next, [IntakeWorld.login(id)]))
                if acknowledged.contains(id) {
                    #expect(result.first.map { if case .duplicate = $0 { true } else { false } } == true)
                }
            }
            await next.close()
            #expect(try world.ids() == ["a", "b", "c", "d"], "seed \(seed), call \(call)")
        }
    }
}

/// Keeps a lane from its other work until it is released.
private actor OccupiedLane {
    private let lane: BlockingLane
    private let released = DispatchSemaphore(value: 0)
    private let held = Atomic(false)
    nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

    init(_ lane: BlockingLane) { self.lane = lane }

    nonisolated var isHeld: Bool { held.load(ordering: .relaxed) }

    func hold() {
        held.store(true, ordering: .relaxed)
        released.wait()
    }
    nonisolated func release() { released.signal() }
}
