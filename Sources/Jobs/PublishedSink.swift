import BlockingLane
import PayloadStore

/// The payload store's one writer on a lane of its own, together with the state it shows.
actor PublishedSink {
    private let lane: BlockingLane
    private let directory: String
    private let mapBytes: Int
    private var writer: PayloadWriter?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe lane.asUnownedSerialExecutor() }

    init(directory: String, mapBytes: Int, lane: BlockingLane) {
        (self.directory, self.mapBytes, self.lane) = (directory, mapBytes, lane)
    }

    /// Opens the store, made when it is not there.
    func state() throws -> PublishedState? { try opened().state() }

    func reset() throws { try opened().reset() }

    func commit(_ batch: PayloadBatch, _ state: PublishedState) throws {
        try opened().commit(batch, state: state)
    }

    func dailyDue(before day: Int32, limit: Int) throws -> [[UInt8]] {
        try opened().dailyDue(before: day, after: nil, limit: limit)
    }

    func removeUnusedTemplates() throws -> Int { try opened().removeUnusedTemplates() }

    private func opened() throws -> PayloadWriter {
        if let writer { return writer }
        let opened = try PayloadWriter(directory: directory, mapBytes: mapBytes)
        writer = opened
        return opened
    }
}
