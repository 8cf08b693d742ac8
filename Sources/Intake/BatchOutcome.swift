/// What the writer did with a batch.
struct BatchOutcome: Sendable {
    /// One for each event; none where the batch was not taken.
    let results: [ItemResult]
    /// How far the log has the batch's source; 0 without one.
    let position: UInt64
    /// The log's end.
    let nextOffset: UInt64
    /// The source stands elsewhere than the batch said.
    let isMoved: Bool

    init(_ results: [ItemResult], position: UInt64, nextOffset: UInt64) {
        self.results = results
        self.position = position
        self.nextOffset = nextOffset
        isMoved = false
    }

    init(movedTo position: UInt64) {
        results = []
        self.position = position
        nextOffset = 0
        isMoved = true
    }
}
