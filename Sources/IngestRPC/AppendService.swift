import GRPCCore
import Intake
import RPCMessages

/// Takes batches of events, one a call or one after another.
struct AppendService: Goalpost_V1_Ingest.SimpleServiceProtocol {
    let sink: EventSink

    func append(
        request: Goalpost_V1_AppendRequest,
        context: ServerContext
    ) async throws -> Goalpost_V1_AppendResponse {
        try await sink.append(try sink.batch(request)) { _ in true }
    }

    /// One batch is written while the next is checked; nothing is written behind one that failed.
    func appendStream(
        request: RPCAsyncSequence<Goalpost_V1_AppendRequest, any Error>,
        response: RPCWriter<Goalpost_V1_AppendResponse>,
        context: ServerContext
    ) async throws {
        var writing: Task<Void, any Error>?
        do {
            for try await message in request {
                let batch = try sink.batch(message)
                try await writing?.value
                writing = Task {
                    let answer = try await sink.append(batch) { result in
                        if case .accepted = result { false } else { true }
                    }
                    try await response.write(answer)
                }
            }
            try await writing?.value
        } catch {
            // The call ends when nothing of it is at work any more; what it had begun is acknowledged if it can be.
            _ = await writing?.result
            throw error
        }
    }
}
