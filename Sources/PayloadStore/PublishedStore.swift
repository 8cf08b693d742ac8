internal import LMDB

/// A payload store opened for reading; shared by all readers of a process.
package final class PublishedStore: Sendable {
    /// The store's directory.
    package let directory: String
    let environment: Environment
    let layout: StoreLayout

    /// Opens the store read-only; throws `notPublished` when there is none.
    package init(directory: String) throws(PayloadStoreError) {
        self.directory = directory
        do throws(LMDBError) {
            environment = try Environment.openReadOnly(directory: directory)
        } catch {
            if case .absent = error { throw .notPublished(directory: directory) }
            throw .lmdb(error)
        }
        let environment = environment
        let layout = try storing { () throws(LMDBError) in try StoreLayout(existingIn: environment) }
        guard let layout else { throw .notPublished(directory: directory) }
        self.layout = layout
    }

    /// True when the files were deleted or replaced, or when a store of an older version got what newer ones have:
    /// let go of this store and its readers, and open anew.
    ///
    /// One `stat` a call; in a store of an older version one read of LMDB more.
    package func isStale() -> Bool { environment.isReplaced || hasGotOutcomes }

    private var hasGotOutcomes: Bool {
        guard layout.outcomes == nil else { return false }
        do throws(LMDBError) {
            return try StoreLayout.outcomes(in: environment) != nil
        } catch {
            // Whatever is wrong, the next read says so; until then the store is the one that it was.
            return false
        }
    }

    /// Bytes the store takes.
    package func usedBytes() throws(PayloadStoreError) -> Int {
        try storing { () throws(LMDBError) in try environment.usage().usedBytes }
    }

    /// What a watcher wants to know of the store; for a scrape now and then, not for every request.
    package func figures() throws(PayloadStoreError) -> StoreFigures {
        let (usage, readers) = try storing { () throws(LMDBError) in
            (try environment.usage(), try environment.readerSlots())
        }
        return StoreFigures(
            usedBytes: usage.usedBytes,
            mapBytes: usage.mapBytes,
            players: try playerCount(),
            readerSlots: readers
        )
    }

    /// Players stored.
    package func playerCount() throws(PayloadStoreError) -> Int {
        try storing { () throws(LMDBError) in
            try ReadSnapshot(environment).read { view throws(LMDBError) in try view.count(of: layout.answers)
            }
        }
    }

    /// A reader for one thread or event loop; each takes one of `Environment.readersMax` slots.
    package func makeReader() throws(PayloadStoreError) -> PayloadReader { try PayloadReader(self) }
}

/// The size of a store and the use made of it.
package struct StoreFigures: Sendable, Hashable {
    /// Bytes of pages in use or free for reuse.
    package let usedBytes: Int
    /// Bytes of address space that it is mapped into here.
    package let mapBytes: Int
    /// Players stored.
    package let players: Int
    /// LMDB's reader slots that were ever taken and not given back, by all processes together.
    package let readerSlots: Int
}
