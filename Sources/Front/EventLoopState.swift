import NIOCore
import NIOPosix

/// What the connections of one event loop share; touched on that loop only, so that nothing is locked.
final class EventLoopState {
    let answerer: FrontAnswerer
    var metrics = RequestMetrics()
    /// Memory for what is written next; free again once the system has taken it, nearly always at once.
    var output = ByteBuffer()
    private let clock: @Sendable () -> Int64
    private var date: (second: Int64, text: String) = (-1, "")

    init(answerer: FrontAnswerer, clock: @escaping @Sendable () -> Int64) {
        self.answerer = answerer
        self.clock = clock
    }

    /// The present as `Date` says it.
    func dateText() -> String {
        let second = clock() / 1000
        if date.second != second { date = (second, HTTPDate.text(seconds: second)) }
        return date.text
    }
}

/// The states of all event loops.
package struct EventLoopStates: Sendable {
    private let states: [ObjectIdentifier: NIOLoopBound<EventLoopState>]

    /// Makes each loop's state on that loop.
    init(
        _ group: MultiThreadedEventLoopGroup,
        clock: @escaping @Sendable () -> Int64,
        _ make: @escaping @Sendable () -> sending FrontAnswerer
    ) async throws {
        var states: [ObjectIdentifier: NIOLoopBound<EventLoopState>] = [:]
        for loop in group.makeIterator() {
            states[ObjectIdentifier(loop)] = try await loop.submit {
                NIOLoopBound(EventLoopState(answerer: make(), clock: clock), eventLoop: loop)
            }.get()
        }
        self.states = states
    }

    /// The state of the loop that this is called on; `nil` for a loop of another group.
    func current(_ loop: any EventLoop) -> EventLoopState? { states[ObjectIdentifier(loop)]?.value }

    /// The counts of all loops, each taken on its loop.
    package func metrics() async throws -> RequestMetrics {
        var sum = RequestMetrics()
        for state in states.values {
            sum.add(try await state.eventLoop.submit { state.value.metrics }.get())
        }
        return sum
    }
}
