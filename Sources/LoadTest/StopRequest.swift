import Synchronization

/// Whether somebody asked the test to end early, by which signal, and how often.
///
/// The first request ends the load and the preparation; what was started is then stopped in its order. The second one
/// only makes haste: servers are killed instead of waited for.
package final class StopRequest: Sendable {
    /// What `whenSet` hands out, for `forget`.
    package struct Handler: Sendable { fileprivate let number: Int }

    private struct State {
        var signals: [Int32] = []
        var handlers: [Int: @Sendable (Int) -> Void] = [:]
        var next = 0
    }

    /// Signals kept; later ones change nothing any more.
    private static let signalsMax = 2

    private let flag = Atomic<Bool>(false)
    private let state = Mutex(State())

    package init() {}

    package var isSet: Bool { flag.load(ordering: .relaxed) }
    /// The first signal's number, nil before it.
    package var signal: Int32? { state.withLock { $0.signals.first } }

    /// Notes a signal, and tells all that want to hear of it; signals beyond the second are ignored.
    package func set(signal: Int32) {
        flag.store(true, ordering: .relaxed)
        let (count, handlers) = state.withLock { state -> (Int, [@Sendable (Int) -> Void]) in
            guard state.signals.count < Self.signalsMax else { return (0, []) }
            state.signals.append(signal)
            return (state.signals.count, Array(state.handlers.values))
        }
        for handler in handlers { handler(count) }
    }

    /// Calls `act` at every signal with their number so far, also at once where there was one already.
    package func whenSet(_ act: @escaping @Sendable (Int) -> Void) -> Handler {
        let (handler, count) = state.withLock { state -> (Handler, Int) in
            state.next += 1
            state.handlers[state.next] = act
            return (Handler(number: state.next), state.signals.count)
        }
        if count > 0 { act(count) }
        return handler
    }

    /// Calls it no more; one that is under way may still be at it.
    package func forget(_ handler: Handler) {
        state.withLock { $0.handlers[handler.number] = nil }
    }

    /// Throws `interrupted` once somebody has asked.
    package func check() throws(LoadTestError) {
        if isSet { throw .interrupted }
    }
}
