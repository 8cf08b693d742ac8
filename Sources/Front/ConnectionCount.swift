import Synchronization

/// How many clients are connected, over all event loops.
package final class ConnectionCount: Sendable {
    /// Connections served at once.
    package let limit: Int
    private let opened = Atomic<Int>(0)

    package init(limit: Int) { self.limit = limit }

    /// Counts a connection; false when it is one too many, and to be refused.
    ///
    /// Either way it has to be ``close()``d.
    package func open() -> Bool { opened.wrappingAdd(1, ordering: .relaxed).newValue <= limit }

    /// Counts the end of a connection.
    package func close() { opened.wrappingSubtract(1, ordering: .relaxed) }

    /// Connections open now, those being refused among them.
    package var current: Int { opened.load(ordering: .relaxed) }
}
