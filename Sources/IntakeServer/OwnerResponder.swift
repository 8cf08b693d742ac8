import Foundation
import Goals
import HTTPTypes
import Hummingbird
import Ingest
import Intake
import Logging
import NIOCore

/// Answers the programs of the log's owner; whoever reaches the socket is one.
struct OwnerResponder: HTTPResponder {
    typealias Context = IngestContext

    /// Most bytes of a list of quarantine entries.
    private static let removalBytesMax = 8 << 20
    /// How often a batch behind another one of its body tries again to find room, and how long it waits in between.
    private static let roomWaitsMax = 600
    private static let roomWait = Duration.milliseconds(50)

    let queue: IntakeQueue
    /// Answers what is the same as on the network.
    let events: IngestResponder
    let draining: DrainFlag
    let logger: Logger
    let now: @Sendable () -> Timestamp

    func respond(to request: Request, context: Context) async throws -> Response {
        let target = request.head.path ?? ""
        do {
            return try await answer(request, context, target)
        } catch {
            let problem: IngestProblem
            switch error {
            case let known as IngestProblem: problem = known
            case let refusal as IntakeError:
                if case .unavailable = refusal { logger.error("\(refusal)") }
                problem = IngestProblem(owner: refusal)
            default: throw error
            }
            var response = problem.response(target: target)
            // What is left of the body is not read.
            response.headers[.connection] = "close"
            return response
        }
    }

    private func answer(_ request: Request, _ context: Context, _ target: String) async throws -> Response {
        let path = String(target.prefix { $0 != "?" })
        switch path {
        case "/v1/events", "/healthz", "/readyz", "/metrics":
            return try await events.respond(to: request, context: context)
        case Handover.linesPath:
            try Self.require(request, .post)
            return try await lines(request, target)
        case Handover.longLinesPath:
            try Self.require(request, .post)
            return try await longLine(request, target)
        case Handover.challengesPath:
            try Self.require(request, .post)
            return try await challenges(request)
        default: break
        }
        if let name = try Self.name(in: path, behind: Handover.sourcesPath) {
            try Self.require(request, .get)
            return try Self.json(try await queue.source(name))
        }
        if let name = try Self.name(in: path, behind: Handover.quarantinePath) {
            try Self.require(request, .post)
            let body = try await Self.body(request, Self.removalBytesMax)
            let entries: Handover.RemovedEntries
            do {
                entries = try JSONDecoder().decode(Handover.RemovedEntries.self, from: Data(body))
            } catch {
                throw IngestProblem(.invalidRequest, "The body has to be {\"keys\":[…]}.")
            }
            let removed = try await queue.removeRefused(Set(entries.keys), file: name)
            return try Self.json(Handover.Removal(removed: removed))
        }
        throw IngestProblem(.notFound, "There is nothing here.")
    }

    // MARK: Lines

    private func lines(_ request: Request, _ target: String) async throws -> Response {
        if draining.isSet { throw IntakeError.closed }
        let query = try Self.query(target)
        guard let position = query["position"].flatMap({ UInt64($0) }),
            let committed = query["committed"].flatMap({ UInt64($0) }), committed <= position,
            query["source"].map({ (1...255).contains($0.utf8.count) }) ?? true
        else {
            throw IngestProblem(
                .invalidRequest,
                "The query has to be position=BYTES&committed=BYTES, with a source of 1 to 255 bytes if there is one."
            )
        }
        let body = try await Self.body(request, Handover.linesBytesMax)
        var reader = LineReader(
            body,
            source: query["source"],
            position: position,
            queue: queue,
            now: now
        )
        var answer = Handover.Lines()
        answer.position = committed
        var isFirst = true
        while let batch = reader.next(committed: answer.position) {
            if batch.source == nil {
                answer.add(
                    try await Self.whenThereIsRoom(isFirst) { () async throws(IntakeError) in
                        try await queue.submit(batch)
                    }
                )
                isFirst = false
                continue
            }
            let outcome = try await Self.whenThereIsRoom(isFirst) { () async throws(IntakeError) in
                try await queue.submit(source: batch)
            }
            isFirst = false
            switch outcome {
            case .moved(let position):
                throw IngestProblem(
                    .conflict,
                    "The source is in the log up to byte \(position), not \(answer.position): another program "
                        + "ingests it, too."
                )
            case .taken(let results, let position, let nextOffset):
                answer.add(results)
                answer.position = position
                answer.nextOffset = max(answer.nextOffset, nextOffset)
            }
        }
        answer.blankLines = reader.blankLines
        return try Self.json(answer)
    }

    /// Submits a batch; what comes behind a batch of the same body waits until the queue has room for it.
    ///
    /// Only a body of which nothing was taken may be refused for want of room, since its sender sends all of it again.
    private static func whenThereIsRoom<Outcome>(
        _ isFirst: Bool,
        _ submit: () async throws(IntakeError) -> Outcome
    ) async throws -> Outcome {
        var waitsLeft = isFirst ? 0 : roomWaitsMax
        while true {
            do throws(IntakeError) {
                return try await submit()
            } catch {
                guard case .overloaded = error else { throw error }
                guard waitsLeft > 0 else {
                    throw isFirst ? IngestProblem(error) : IngestProblem(.unavailable(reason: "\(error)"))
                }
                waitsLeft -= 1
            }
            try await Task.sleep(for: roomWait)
        }
    }

    private func longLine(_ request: Request, _ target: String) async throws -> Response {
        let query = try Self.query(target)
        guard let line = query["line"], (1...64).contains(line.utf8.count),
            let position = query["position"].flatMap({ UInt64($0) }),
            let at = query["at"].flatMap({ UInt64($0) }),
            let isLast = query["isLast"].flatMap({ Bool($0) })
        else {
            throw IngestProblem(
                .invalidRequest,
                "The query has to be line=NAME&position=BYTES&at=BYTES&isLast=true or false."
            )
        }
        let part = Handover.LongLine(
            line: line,
            source: query["source"],
            position: position,
            at: at,
            isLast: isLast
        )
        let body = try await Self.body(request, Handover.linesBytesMax)
        guard let kept = try await queue.keep(body, part) else {
            throw IngestProblem(
                .conflict,
                "The parts of the long line at byte \(position) that came before are not here any more."
            )
        }
        return try Self.json(Handover.KeptLine(bytes: kept))
    }

    // MARK: Challenges

    private func challenges(_ request: Request) async throws -> Response {
        let body = try await Self.body(request, ChallengeFile.bytesMax)
        switch ChallengeFile.read(body) {
        case .valid(let set): return try Self.json(try await queue.apply(body, set))
        case .invalid(let faults):
            throw IngestProblem(.invalidRequest, faults.map { "\($0)" }.joined(separator: "\n"))
        }
    }

    // MARK: Requests and answers

    private static func require(_ request: Request, _ method: HTTPRequest.Method) throws(IngestProblem) {
        guard request.method != method else { return }
        throw IngestProblem(
            .methodNotAllowed,
            "Use \(method.rawValue).",
            fields: [HTTPField(name: .allow, value: method.rawValue)]
        )
    }

    private static func body(_ request: Request, _ bytesMax: Int) async throws -> [UInt8] {
        do {
            return Array(try await request.body.collect(upTo: bytesMax).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw IngestProblem(.bodyTooLarge, "The body has more than \(bytesMax) bytes.")
        }
    }

    private static func name(in path: String, behind prefix: String) throws(IngestProblem) -> String? {
        guard path.hasPrefix(prefix) else { return nil }
        guard let name = path.dropFirst(prefix.count).removingPercentEncoding, !name.isEmpty else {
            throw IngestProblem(.invalidRequest, "The path does not end with a percent-encoded name.")
        }
        return name
    }

    private static func query(_ target: String) throws(IngestProblem) -> [String: String] {
        var values: [String: String] = [:]
        guard let start = target.firstIndex(of: "?") else { return values }
        for pair in target[target.index(after: start)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let value = parts[1].removingPercentEncoding else {
                throw IngestProblem(.invalidRequest, "The query is not percent-encoded.")
            }
            values[String(parts[0])] = value
        }
        return values
    }

    private static func json(_ answer: some Encodable) throws -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(answer)))
        )
    }
}

extension Handover.Lines {
    fileprivate mutating func add(_ results: [ItemResult]) {
        for result in results {
            switch result {
            case .accepted(let offset):
                accepted += 1
                nextOffset = max(nextOffset, offset + 1)
            case .duplicate: duplicates += 1
            case .otherNamespace: otherNamespace += 1
            case .rejected(let fault): quarantined[fault.reason.rawValue, default: 0] += 1
            }
        }
    }
}
