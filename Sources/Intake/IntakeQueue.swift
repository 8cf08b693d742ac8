package import BlockingLane
package import Goals
package import Ingest
import Synchronization

/// The way into the log for all servers of a process: bounded, in order, and answered when it is durable.
///
/// How a protocol uses it:
/// 1. `IntakeWriter.open` opens the log; `IntakeQueue(writer:lane:…)` takes it over. One queue a process.
/// 2. For each request: an `EventPreparer` (`queue.preparer()`, one a request or connection) checks texts into an
///    `EventBatch` by `batch.add`; that is the expensive part, and it runs on the caller's thread.
/// 3. `try await queue.submit(batch)` gives one `ItemResult` for each `add`, in that order, after fdatasync.
/// 4. An `IntakeError` instead: `.overloaded` → RESOURCE_EXHAUSTED / 429, `.unavailable` and `.closed` →
///    UNAVAILABLE / 503. Then nothing of the batch is in the log, and the caller may send it again.
///
/// All batches that arrive while a frame is synced go into the next one, up to `joinedBytesMax`. Order in the log
/// is that of `submit`. A batch is at most `batchBytesMax`; cut longer input, and submit one batch while the next
/// is prepared.
package final class IntakeQueue: Sendable {
    /// Largest frame that several batches are joined into, in bytes of records.
    package static let joinedBytesMax = 4 << 20
    /// Bytes at which a caller should hand a batch over: 1 MiB.
    package static let batchBytes = 1 << 20
    /// Largest batch that is taken, in bytes.
    package static let batchBytesMax = 16 << 20
    /// After a failed write all is refused at once for this long, instead of trying the disk for each request.
    package static let pauseAfterFailure = Duration.milliseconds(250)

    typealias Answer = Result<BatchOutcome, IntakeError>

    private struct Waiter {
        let batch: EventBatch
        let byteCount: Int
        let continuation: CheckedContinuation<Answer, Never>
    }

    private struct State {
        var waiting: [Waiter] = []
        /// Bytes of callers that have no answer yet, those being written included.
        var waitingBytes = 0
        var isDraining = false
        var isClosed = false
        /// Why the last write failed; nil while writes succeed.
        var failure: (reason: String, since: ContinuousClock.Instant)?
    }

    private let state = Mutex(State())
    private let waitingBytesMax: Int
    private let namespace: Identifier
    let keeper: WriterKeeper
    /// What came in and what became of it.
    package let figures = IntakeFigures()

    /// Takes over `writer`, whose blocking calls run on `lane` from now on.
    ///
    /// `waitingBytesMax` is in bytes.
    package init(
        writer: sending IntakeWriter,
        lane: BlockingLane,
        namespace: Identifier,
        waitingBytesMax: Int = 64 << 20
    ) {
        self.waitingBytesMax = waitingBytesMax
        self.namespace = namespace
        keeper = WriterKeeper(writer: writer, lane: lane)
    }

    /// A checker of events for one caller; of `rewardDelivered` for the log's owner only.
    package func preparer(isOwner: Bool = false) -> EventPreparer {
        EventPreparer(namespace: namespace, takesDeliveries: isOwner)
    }

    /// Bytes at which a caller should hand a batch over to this queue: `Self.batchBytes`, or half of what may wait.
    package var batchBytes: Int { min(Self.batchBytes, waitingBytesMax / 2) }

    /// Bytes of callers that wait for their answer.
    package var waitingBytes: Int { state.withLock(\.waitingBytes) }
    /// Why writing fails at present, for the operator; nil while it succeeds.
    package var failure: String? { state.withLock { $0.failure?.reason } }

    /// Writes a batch and returns what became of each event, in order; durable when it returns.
    ///
    /// Cancelling the task does not take the events back.
    package func submit(_ batch: EventBatch) async throws(IntakeError) -> [ItemResult] {
        if batch.isEmpty { return [] }
        return try await outcome(of: batch).results
    }

    /// Writes a batch of a named source as a frame of its own, with the position that it covers.
    ///
    /// Order and durability as for `submit`.
    package func submit(
        source batch: EventBatch
    ) async throws(IntakeError) -> SourceOutcome {
        let outcome = try await outcome(of: batch)
        if outcome.isMoved { return .moved(position: outcome.position) }
        return .taken(outcome.results, position: outcome.position, nextOffset: outcome.nextOffset)
    }

    private func outcome(of batch: EventBatch) async throws(IntakeError) -> BatchOutcome {
        let result = await withCheckedContinuation { continuation in
            var refusal: IntakeError?
            let mustStart = state.withLock { state in
                refusal = admit(batch, continuation, &state)
                guard refusal == nil, !state.isDraining else { return false }
                state.isDraining = true
                return true
            }
            if let refusal {
                figures.refused(refusal)
                continuation.resume(returning: .failure(refusal))
            }
            if mustStart { Task { await self.keeper.run { self.drain($0) } } }
        }
        return try result.get()
    }

    /// Whether `close` was called.
    var isClosed: Bool { state.withLock(\.isClosed) }

    /// Seals the segment where it is due, and tries to recover after a failed write; call it now and then.
    package func tend() async {
        await keeper.run { writer in
            do throws(IntakeError) {
                try writer.tend()
                self.state.withLock { $0.failure = nil }
            } catch {
                self.note(error)
            }
        }
    }

    /// Refuses new batches, writes those that wait, and closes the log; safe to call twice.
    package func close() async {
        state.withLock { $0.isClosed = true }
        await keeper.run { writer in
            self.drain(writer)
            writer.close()
        }
    }

    private func admit(
        _ batch: EventBatch,
        _ continuation: CheckedContinuation<Answer, Never>,
        _ state: inout State
    ) -> IntakeError? {
        if state.isClosed { return .closed }
        if let failure = state.failure, ContinuousClock.now - failure.since < Self.pauseAfterFailure {
            return .unavailable(reason: failure.reason)
        }
        let byteCount = batch.byteCount
        // A batch that finds nobody waiting is taken whatever the limit: it would never fit else.
        let hasRoom = state.waitingBytes == 0 || state.waitingBytes + byteCount <= waitingBytesMax
        guard byteCount <= Self.batchBytesMax, hasRoom else {
            return .overloaded(waitingBytes: state.waitingBytes, limit: waitingBytesMax)
        }
        state.waitingBytes += byteCount
        state.waiting.append(Waiter(batch: batch, byteCount: byteCount, continuation: continuation))
        return nil
    }

    /// Writes frame after frame until no batch waits; runs on the lane.
    private func drain(_ writer: IntakeWriter) {
        // Bounded: what it takes was admitted within `waitingBytesMax`, and callers wait for their answers.
        while true {
            let taken = state.withLock { state in
                var (count, bytes) = (0, 0)
                while count < state.waiting.count, count == 0 || bytes < Self.joinedBytesMax {
                    // A frame names one source, whose position it is that its footer says.
                    let hasSource = state.waiting[count].batch.source != nil
                    if hasSource, count > 0 { break }
                    bytes += state.waiting[count].batch.records.count
                    count += 1
                    if hasSource { break }
                }
                let taken = Array(state.waiting[..<count])
                state.waiting.removeFirst(count)
                if count == 0 { state.isDraining = false }
                return taken
            }
            if taken.isEmpty { return }
            do throws(IntakeError) {
                let results = try writer.commit(taken.map(\.batch), figures)
                state.withLock { $0.failure = nil }
                answer(taken) { .success(results[$0]) }
            } catch {
                note(error)
                // All that wait get the error: they decide whether to send again, and when.
                let rest = state.withLock { state in
                    let rest = state.waiting
                    state.waiting = []
                    return rest
                }
                for _ in taken + rest { figures.refused(error) }
                answer(taken + rest) { _ in .failure(error) }
            }
        }
    }

    func note(_ error: IntakeError) {
        guard case .unavailable(let reason) = error else { return }
        state.withLock { $0.failure = (reason, ContinuousClock.now) }
    }

    private func answer(_ waiters: [Waiter], _ result: (Int) -> Answer) {
        let bytes = waiters.reduce(0) { $0 + $1.byteCount }
        // Before the answers: a caller that sends again at once finds the room that it left.
        state.withLock { $0.waitingBytes -= bytes }
        for (index, waiter) in waiters.enumerated() {
            waiter.continuation.resume(returning: result(index))
        }
    }
}

/// Keeps the writer on its lane.
actor WriterKeeper {
    private let lane: BlockingLane
    private let writer: IntakeWriter
    nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

    init(writer: sending IntakeWriter, lane: BlockingLane) {
        self.writer = writer
        self.lane = lane
    }

    func run(_ body: @Sendable (IntakeWriter) -> Void) { body(writer) }

    func value<Value: Sendable>(
        _ body: @Sendable (IntakeWriter) throws(IntakeError) -> Value
    ) throws(IntakeError) -> Value { try body(writer) }
}
