import Intake

/// Writes one request's batches in order: one is being written while the next is prepared.
struct BatchWriting {
    private let queue: IntakeQueue
    private var running: Task<Result<[ItemResult], IntakeError>, Never>?
    /// What became of the events that are done.
    private(set) var tally = EventTally()
    private(set) var hasBegun = false

    init(queue: IntakeQueue) { self.queue = queue }

    /// Begins to write a batch once the one before it is done; throws what stopped that one.
    mutating func write(_ batch: EventBatch) async throws(IntakeError) {
        try await finish()
        hasBegun = true
        let queue = queue
        running = Task {
            do throws(IntakeError) {
                return .success(try await queue.submit(batch))
            } catch {
                return .failure(error)
            }
        }
    }

    /// Waits for the batch that is being written.
    mutating func finish() async throws(IntakeError) {
        guard let running else { return }
        self.running = nil
        tally.add(try await running.value.get())
    }
}
