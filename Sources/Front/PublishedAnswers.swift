package import PayloadStore
import Synchronization

/// The published answers, read by any number of requests at once; follows a store that is replaced under it.
///
/// Reads are done where the request runs, an event loop included: LMDB answers from the page cache in about a
/// microsecond without a lock or a system call, and what can block is a page fault, which another thread would
/// only move, at several times the cost of the read. Nothing here waits for a writer.
package final class PublishedAnswers: Sendable {
    /// How often, at most, the directory is looked at for a store that took the open one's place.
    package static let replacementCheckInterval = Duration.seconds(1)

    private struct Opened {
        let store: PublishedStore
        var checkedAt: ContinuousClock.Instant
    }

    /// A reader that one request at a time holds; a class, since a mutex cannot lie in an array.
    private final class Lane: Sendable {
        let reader = Mutex<PayloadReader?>(nil)
    }

    /// The store's directory.
    package let directory: String
    private let opened = Mutex<Opened?>(nil)
    private let lanes: [Lane]
    private let turn = Atomic<Int>(0)

    /// Opens nothing yet: a store that is published later is found when somebody asks.
    ///
    /// - Parameters:
    ///   - directory: The store's directory, which need not exist.
    ///   - laneCount: How many requests can read at the same moment; more than there are threads to run them
    ///     is of no use. Each lane keeps one of LMDB's reader slots.
    package init(directory: String, laneCount: Int) {
        self.directory = directory
        lanes = (0..<max(1, laneCount)).map { _ in Lane() }
    }

    /// What the store shows now.
    package func state() throws(PayloadStoreError) -> PublishedState {
        try withReader { reader throws(PayloadStoreError) in try reader.state() }
    }

    /// A template's bytes and the state they were read with; the bytes are `nil` when it is not stored.
    package func template(
        _ id: TemplateID
    ) throws(PayloadStoreError) -> (bytes: [UInt8]?, state: PublishedState) {
        try withReader { reader throws(PayloadStoreError) in
            try reader.read { view throws(PayloadStoreError) in (try view.template(id), view.state) }
        }
    }

    /// A player's answer, whole and of one commit; the template where the store does not know the player.
    package func answer(of player: [UInt8], _ slot: AnswerSlot) throws(PayloadStoreError) -> FoundAnswer {
        try withReader { reader throws(PayloadStoreError) in
            try reader.read { view throws(PayloadStoreError) in
                try FoundAnswer(of: player, slot, in: view, directory: directory)
            }
        }
    }

    /// Lends a free lane's reader, opened on the current store.
    private func withReader<Value: Sendable>(
        _ body: @Sendable (PayloadReader) throws(PayloadStoreError) -> Value
    ) throws(PayloadStoreError) -> Value {
        let store = try currentStore()
        let first = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        for step in 0..<lanes.count {
            let lane = lanes[Int(UInt(bitPattern: first &+ step) % UInt(lanes.count))]
            let value = try lane.reader.withLockIfAvailable { reader throws(PayloadStoreError) in
                try Self.read(&reader, store, body)
            }
            if let value { return value }
        }
        // As many readers as lanes: wait for the one whose turn it is, some microseconds.
        let lane = lanes[Int(UInt(bitPattern: first) % UInt(lanes.count))]
        return try lane.reader.withLock { reader throws(PayloadStoreError) in
            try Self.read(&reader, store, body)
        }
    }

    private static func read<Value: Sendable>(
        _ reader: inout PayloadReader?,
        _ store: PublishedStore,
        _ body: @Sendable (PayloadReader) throws(PayloadStoreError) -> Value
    ) throws(PayloadStoreError) -> Value {
        if let reader, reader.store === store { return try body(reader) }
        // Let go of the old store's slot first, so that no more slots are ever held than there are lanes.
        reader = nil
        let fresh = try store.makeReader()
        defer { reader = fresh }
        return try body(fresh)
    }

    /// The open store; opened anew when there is none or another one has taken its place.
    private func currentStore() throws(PayloadStoreError) -> PublishedStore {
        try opened.withLock { opened throws(PayloadStoreError) in
            let now = ContinuousClock.now
            if let current = opened {
                guard now - current.checkedAt >= Self.replacementCheckInterval else { return current.store }
                if !current.store.isStale() {
                    opened?.checkedAt = now
                    return current.store
                }
            }
            opened = nil
            let store = try PublishedStore(directory: directory)
            opened = Opened(store: store, checkedAt: now)
            return store
        }
    }
}
