package import PayloadStore

/// The published answers as one thread or event loop reads them; follows a store that is replaced under it.
///
/// Reads are done where the request runs, an event loop included: LMDB answers from the page cache in about a
/// microsecond without a lock or a system call, and what can block is a page fault, which another thread would
/// only move, at several times the cost of the read. Nothing here waits for a writer.
package final class PublishedAnswers {
    /// How often, at most, the directory is looked at for a store that took the open one's place.
    package static let replacementCheckInterval = Duration.seconds(1)

    /// The store's directory.
    package let directory: String
    private var reader: PayloadReader?
    private var checkedAt = ContinuousClock.now

    /// Opens nothing yet: a store that is published later is found when somebody asks.
    ///
    /// - Parameter directory: The store's directory, which need not exist.
    package init(directory: String) { self.directory = directory }

    /// What the store shows now.
    package func state() throws(PayloadStoreError) -> PublishedState {
        try read { view throws(PayloadStoreError) in view.state }
    }

    /// The size of the store.
    package func figures() throws(PayloadStoreError) -> StoreFigures { try current().store.figures() }

    /// Runs `body` on one commit of the store; keep it short.
    package func read<Value>(
        _ body: (StoreView) throws(PayloadStoreError) -> Value
    ) throws(PayloadStoreError) -> Value {
        do throws(PayloadStoreError) {
            return try current().read(body)
        } catch {
            // Whatever is wrong with this reader, the next request may find a store that was mended.
            if case .lmdb = error { reader = nil }
            throw error
        }
    }

    /// The same for a body without a result: not generic, for whoever looks once a request.
    package func look(
        _ body: (StoreView) throws(PayloadStoreError) -> Void
    ) throws(PayloadStoreError) {
        do throws(PayloadStoreError) {
            try current().look(body)
        } catch {
            if case .lmdb = error { reader = nil }
            throw error
        }
    }

    /// The open reader; a new one when there is none or another store has taken its store's place.
    private func current() throws(PayloadStoreError) -> PayloadReader {
        let now = ContinuousClock.now
        if let reader {
            if now - checkedAt < Self.replacementCheckInterval { return reader }
            checkedAt = now
            if !reader.store.isStale() { return reader }
        }
        // Let go of the old store's slot first, so that no more slots are ever held than there are readers.
        reader = nil
        let fresh = try PublishedStore(directory: directory).makeReader()
        (reader, checkedAt) = (fresh, now)
        return fresh
    }
}
