import BlockingLane
import Dispatch
import Testing

/// Blocks its caller until the other side arrives: what a lane is for.
private actor Blocker {
    private let lane: BlockingLane
    nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

    init(lane: BlockingLane) { self.lane = lane }

    func meet(_ mine: DispatchSemaphore, _ other: DispatchSemaphore) {
        other.signal()
        mine.wait()
    }

    func isOnLane() -> Bool {
        lane.checkIsolated()
        return true
    }
}

@Suite struct BlockingLaneTests {
    @Test
    func `calls run on the lane`() async {
        #expect(await Blocker(lane: BlockingLane(label: "test")).isOnLane())
    }

    /// The limit ends a wait that would never end; other tests may hold the threads for minutes.
    ///
    /// More blocked lanes than the cooperative pool has threads: each pair only gets on when both run at once.
    @Test(.timeLimit(.minutes(20)))
    func `blocked lanes do not wait for each other`() async {
        await withTaskGroup { group in
            for _ in 0..<16 {
                let (left, right) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
                group.addTask { await Blocker(lane: BlockingLane(label: "left")).meet(left, right) }
                group.addTask { await Blocker(lane: BlockingLane(label: "right")).meet(right, left) }
            }
        }
    }
}
