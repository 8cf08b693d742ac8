package import Logging
import Synchronization

/// Some answerers for any number of threads: who asks borrows a free one.
package final class FrontAnswerers: Sendable {
    /// An answerer that one request at a time holds; a class, since a mutex cannot lie in an array.
    private final class Lane: Sendable {
        let answerer: Mutex<FrontAnswerer>

        init(_ make: () -> sending FrontAnswerer) { answerer = Mutex(make()) }
    }

    private let lanes: [Lane]
    private let turn = Atomic<Int>(0)

    /// - Parameters:
    ///   - configuration: Already validated.
    ///   - laneCount: How many requests are answered at the same moment; more than there are threads to run them
    ///     is of no use. Each keeps one of LMDB's reader slots.
    ///   - shelf: The templates that are ready.
    ///   - clock: Milliseconds since 1970.
    ///   - logger: Gets what clients are not told.
    ///   - tokens: What tokens are checked with; only for the identity `tokens`.
    package init(
        configuration: FrontConfiguration,
        laneCount: Int,
        shelf: TemplateShelf,
        clock: @escaping @Sendable () -> Int64,
        logger: Logger,
        tokens: TokenIdentity? = nil
    ) {
        lanes = (0..<max(1, laneCount)).map { _ in
            Lane {
                FrontAnswerer(
                    configuration: configuration,
                    shelf: shelf,
                    clock: clock,
                    logger: logger,
                    tokens: tokens
                )
            }
        }
    }

    /// The response to `request`; every request has one.
    package func response(to request: FrontRequest) -> FrontResponse {
        withAnswerer { $0.response(to: request) }
    }

    /// Lends a free answerer, or waits for one some microseconds.
    package func withAnswerer<Value: Sendable>(_ body: (FrontAnswerer) -> Value) -> Value {
        let first = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        for step in 0..<lanes.count {
            let lane = lanes[Int(UInt(bitPattern: first &+ step) % UInt(lanes.count))]
            if let value = lane.answerer.withLockIfAvailable({ body($0) }) { return value }
        }
        let lane = lanes[Int(UInt(bitPattern: first) % UInt(lanes.count))]
        return lane.answerer.withLock { body($0) }
    }
}
