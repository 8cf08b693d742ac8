package import GRPCCore
package import Goals
package import Ingest
package import Intake
import Logging
package import RPCMessages

/// The log as the services see it: what they write is durable when the call returns.
///
/// What keeps it from being written is told the way gRPC clients know how to treat: RESOURCE_EXHAUSTED where too
/// much waits, UNAVAILABLE where the log cannot be written; both say when to come again (`grpc-retry-pushback-ms`,
/// gRFC A6), and neither has written anything.
package struct EventSink: Sendable {
    /// How long a refused caller should wait, in milliseconds.
    private static let pushbackMilliseconds = 1000

    let queue: IntakeQueue
    let now: @Sendable () -> Timestamp
    let logger: Logger

    /// Writes one event; one of another namespace is counted and dropped.
    ///
    /// - Throws: `RPCError`: INVALID_ARGUMENT for what is no event, and the refusals above.
    func write(_ line: [UInt8]) async throws {
        var batch = EventBatch(keepsRefused: false)
        var preparer = queue.preparer()
        batch.add(line.span, byteOffset: 0, now: now(), &preparer)
        if case .rejected(let fault) = try await submit(batch).first {
            throw RPCError(
                code: .invalidArgument,
                message: "the event \(fault.detail) (\(fault.reason.rawValue))"
            )
        }
    }

    /// Writes the event that a platform's message is.
    ///
    /// - Throws: `RPCError`: INVALID_ARGUMENT in the platform's words for a message that is none, and as above.
    func write(_ line: () throws(PlatformEvent.Fault) -> [UInt8]) async throws {
        let event: [UInt8]
        do throws(PlatformEvent.Fault) {
            event = try line()
        } catch {
            throw RPCError(code: .invalidArgument, message: error.rawValue)
        }
        try await write(event)
    }

    /// Checks a request's events; what is refused goes to quarantine with them.
    ///
    /// - Throws: `RPCError`: INVALID_ARGUMENT for none or too many.
    func batch(_ request: Goalpost_V1_AppendRequest) throws(RPCError) -> EventBatch {
        var preparer = queue.preparer()
        return try Self.batch(request, now: now(), &preparer)
    }

    /// The same with a checker and a time that are given.
    package static func batch(
        _ request: Goalpost_V1_AppendRequest,
        now: Timestamp,
        _ preparer: inout EventPreparer
    ) throws(RPCError) -> EventBatch {
        guard (1...RPCLimits.eventsMax).contains(request.events.count) else {
            throw RPCError(
                code: .invalidArgument,
                message: "a request has 1 to \(RPCLimits.eventsMax) events, this one \(request.events.count)"
            )
        }
        var batch = EventBatch(keepsRefused: true)
        var position: UInt64 = 0
        var line: [UInt8] = []
        for event in request.events {
            line.removeAll(keepingCapacity: true)
            line.append(contentsOf: event)
            // A record is one line. JSON has line ends between its tokens only, where a blank means the same; within a
            // string they stay what they are, and are refused.
            joinLines(&line)
            batch.add(line.span, byteOffset: position, now: now, &preparer)
            position += UInt64(event.count)
        }
        return batch
    }

    /// Writes a batch and says what became of it; of the single events only those `isListed` asks for.
    func append(
        _ batch: EventBatch,
        isListed: (ItemResult) -> Bool
    ) async throws -> Goalpost_V1_AppendResponse {
        var response = Goalpost_V1_AppendResponse()
        for (index, result) in try await submit(batch).enumerated() {
            response.add(result, index: UInt32(index), isListed: isListed(result))
        }
        return response
    }

    private func submit(_ batch: EventBatch) async throws -> [ItemResult] {
        do throws(IntakeError) {
            return try await queue.submit(batch)
        } catch {
            switch error {
            case .overloaded:
                throw Self.refusal(.resourceExhausted, "too much waits to be written: send it again later")
            case .closed:
                throw Self.refusal(
                    .unavailable,
                    "the server is ending: send it again to the one that follows"
                )
            default:
                logger.error("\(error)")
                throw Self.refusal(.unavailable, "the log cannot be written at present: send it again later")
            }
        }
    }

    private static func refusal(_ code: RPCError.Code, _ message: String) -> RPCError {
        RPCError(
            code: code,
            message: message,
            metadata: ["grpc-retry-pushback-ms": .string(String(pushbackMilliseconds))]
        )
    }

    /// Makes blanks of the line ends outside strings.
    package static func joinLines(_ text: inout [UInt8]) {
        guard text.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return }
        var (isInString, isEscaped) = (false, false)
        for index in text.indices {
            let byte = text[index]
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if byte == 0x0A || byte == 0x0D {
                text[index] = 0x20
            }
        }
    }
}

extension Goalpost_V1_AppendResponse {
    /// Counts one event's result, and lists it where it is asked for.
    mutating func add(_ result: ItemResult, index: UInt32, isListed: Bool) {
        var listed = Goalpost_V1_EventResult()
        switch result {
        case .accepted(let offset):
            if accepted == 0 { firstOffset = offset }
            accepted += 1
            lastOffset = offset
            listed.outcome = .accepted
            listed.offset = offset
        case .duplicate(let offset):
            duplicates += 1
            listed.outcome = .duplicate
            listed.offset = offset
        case .otherNamespace:
            otherNamespace += 1
            listed.outcome = .otherNamespace
        case .rejected(let fault):
            rejected += 1
            listed.outcome = .rejected
            listed.reason = fault.reason.rawValue
            listed.detail = fault.detail
        }
        guard isListed else { return }
        listed.index = index
        results.append(listed)
    }
}
