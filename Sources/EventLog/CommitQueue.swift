package import BlockingLane
import Synchronization

/// Appends from many tasks, grouped: all that arrives while one commit is synced goes into the next.
///
/// A caller is answered after its records are durable. Order is that of the `submit` calls. Memory is bounded
/// by `waitingBytesMax`; beyond it callers are refused at once, so that they can push back.
package final class CommitQueue: Sendable {
    /// Largest frame that several callers' records are joined into, in bytes; one caller's may be larger.
    package static let joinedBytesMax = 4 * 1024 * 1024

    private struct Waiter {
        /// Records in the frame before this caller's.
        let recordsBefore: UInt64
        let continuation: CheckedContinuation<Result<UInt64, LogError>, Never>
    }

    private struct Batch {
        var content: FrameContent
        var waiters: [Waiter]
    }

    private struct State {
        /// Frames to be, oldest first; only the last one still grows.
        var batches: [Batch] = []
        /// Bytes of callers that have no answer yet, those being written included.
        var waitingBytes = 0
        var isDraining = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let waitingBytesMax: Int
    private let committer: Committer

    /// Takes over `writer`; its blocking calls run on `lane`.
    package init(writer: sending LogWriter, lane: BlockingLane, waitingBytesMax: Int = 64 * 1024 * 1024) {
        self.waitingBytesMax = waitingBytesMax
        committer = Committer(writer: writer, lane: lane)
    }

    /// Commits a caller's records and returns the log offset of their first; durable when it returns.
    ///
    /// `bytes` are whole lines as `FrameContent` describes; times in milliseconds since 1970. Throws
    /// `.invalidFrame` for content that is none, `.queueFull`, `.closed`, or what stopped the commit: then
    /// none of these records is in the log, and the next call makes the writer try again. Cancelling the task
    /// does not take the records back.
    package func submit(
        _ bytes: [UInt8],
        recordCount: UInt32,
        leastTime: Int64,
        greatestTime: Int64
    ) async throws(LogError) -> UInt64 {
        let content = FrameContent(
            bytes: bytes,
            recordCount: recordCount,
            leastTime: leastTime,
            greatestTime: greatestTime
        )
        try content.check()
        let result = await withCheckedContinuation { continuation in
            var refusal: LogError?
            let mustStart = state.withLock { state in
                refusal = admit(content, continuation, &state)
                guard refusal == nil, !state.isDraining else { return false }
                state.isDraining = true
                return true
            }
            if let refusal { continuation.resume(returning: .failure(refusal)) }
            if mustStart { Task { await self.committer.run { self.drain($0) } } }
        }
        return try result.get()
    }

    /// Bytes of callers that wait for their answer.
    package var waitingBytes: Int { state.withLock(\.waitingBytes) }

    /// Puts a configuration in force after all records committed so far; see `LogWriter.applyConfiguration`.
    package func applyConfiguration(_ bytes: [UInt8]) async throws(LogError) -> UInt64 {
        try await committer.result { (writer) throws(LogError) in
            if writer.isPoisoned { try writer.reopen() }
            return try writer.applyConfiguration(bytes)
        }
    }

    /// Seals the segment if it is due; see `LogWriter.rollIfDue`.
    @discardableResult
    package func rollIfDue() async throws(LogError) -> Bool {
        try await committer.result { (writer) throws(LogError) in
            if writer.isPoisoned { try writer.reopen() }
            return try writer.rollIfDue()
        }
    }

    /// Refuses new records, commits those that wait, and closes the writer; safe to call twice.
    package func close() async {
        state.withLock { $0.isClosed = true }
        await committer.run { writer in
            self.drain(writer)
            writer.close()
        }
    }

    /// Takes a caller's records in, or says why not.
    private func admit(
        _ content: FrameContent,
        _ continuation: CheckedContinuation<Result<UInt64, LogError>, Never>,
        _ state: inout State
    ) -> LogError? {
        if state.isClosed { return .closed }
        guard state.waitingBytes + content.bytes.count <= waitingBytesMax else {
            return .queueFull(waitingBytes: state.waitingBytes, limit: waitingBytesMax)
        }
        state.waitingBytes += content.bytes.count
        let last = state.batches.count - 1
        guard last >= 0, state.batches[last].content.bytes.count + content.bytes.count <= Self.joinedBytesMax
        else {
            let waiter = Waiter(recordsBefore: 0, continuation: continuation)
            state.batches.append(Batch(content: content, waiters: [waiter]))
            return nil
        }
        let recordsBefore = UInt64(state.batches[last].content.recordCount)
        state.batches[last].waiters.append(Waiter(recordsBefore: recordsBefore, continuation: continuation))
        state.batches[last].content.bytes += content.bytes
        state.batches[last].content.recordCount += content.recordCount
        state.batches[last].content.leastTime = min(state.batches[last].content.leastTime, content.leastTime)
        state.batches[last].content.greatestTime = max(
            state.batches[last].content.greatestTime,
            content.greatestTime
        )
        return nil
    }

    /// Commits frame after frame until none waits; runs on the lane.
    private func drain(_ writer: LogWriter) {
        // Bounded: what it takes was admitted within `waitingBytesMax`, and callers wait for their answers.
        while true {
            let batch: Batch? = state.withLock { state in
                if state.batches.isEmpty {
                    state.isDraining = false
                    return nil
                }
                return state.batches.removeFirst()
            }
            guard let batch else { return }
            do throws(LogError) {
                if writer.isPoisoned { try writer.reopen() }
                let offset = try writer.append(checked: batch.content)
                answer([batch]) { .success(offset + $0) }
            } catch {
                // All that wait get the error: they decide whether to send again, and when.
                let rest = state.withLock { state in
                    let rest = state.batches
                    state.batches = []
                    return rest
                }
                answer([batch] + rest) { _ in .failure(error) }
            }
        }
    }

    private func answer(_ batches: [Batch], _ result: (UInt64) -> Result<UInt64, LogError>) {
        let bytes = batches.reduce(0) { $0 + $1.content.bytes.count }
        // Before the answers: a caller that sends again at once finds the room that it left.
        state.withLock { $0.waitingBytes -= bytes }
        for waiter in batches.lazy.flatMap(\.waiters) {
            waiter.continuation.resume(returning: result(waiter.recordsBefore))
        }
    }
}

/// Keeps the writer on its lane.
private actor Committer {
    private let lane: BlockingLane
    private let writer: LogWriter
    nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

    init(writer: sending LogWriter, lane: BlockingLane) {
        self.writer = writer
        self.lane = lane
    }

    func run(_ body: @Sendable (LogWriter) -> Void) { body(writer) }

    func result<Value: Sendable>(
        _ body: @Sendable (LogWriter) throws(LogError) -> Value
    ) throws(LogError) -> Value {
        try body(writer)
    }
}
