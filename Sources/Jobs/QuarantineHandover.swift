import Goals
import Ingest
import IngestLink

/// Hands refused lines to the server that writes the log, and lets it remove those that are in the log then.
struct QuarantineHandover {
    /// Most events of a request, so that its answer tells of each.
    private static let requestMax = 1000

    private let link: WriterLink
    private let now: @Sendable () -> Timestamp
    private var preparer: EventPreparer
    private(set) var total = QuarantineJob.Redriven()

    /// Lines that are on their way together.
    private struct Request {
        var bytes: [UInt8] = []
        var lines: [QuarantinedLine] = []
    }

    init(link: WriterLink, namespace: Identifier, now: @escaping @Sendable () -> Timestamp) {
        self.link = link
        self.now = now
        // What a service may not write, it may not write by a detour either.
        preparer = EventPreparer(namespace: namespace, takesDeliveries: false)
    }

    /// Feeds a file's lines in again: all, or the one of a number.
    mutating func redrive(_ file: QuarantineFile, number: Int?) async throws {
        var done: [String] = []
        var request = Request()
        for line in file.lines where number == nil || line.number == number {
            try Task.checkCancellation()
            prepare(line, &request)
            if request.lines.count == Self.requestMax || request.bytes.count >= Handover.batchBytes {
                done += try await send(&request)
            }
        }
        done += try await send(&request)
        for start in stride(from: 0, to: done.count, by: Handover.removedMax) {
            let keys = done[start..<min(start + Handover.removedMax, done.count)]
            _ = try await link.remove(Handover.RemovedEntries(keys: Array(keys)), file: file.name)
        }
    }

    /// Makes the record that the line becomes, its id derived from the entry where it has none.
    private mutating func prepare(_ line: QuarantinedLine, _ request: inout Request) {
        guard let content = line.line, line.mayBeRedriven else {
            total.refuse(line.reason)
            return
        }
        let origin = line.origin
        let outcome = preparer.prepare(
            content.span,
            origin: .source(origin.source, byteOffset: origin.byteOffset),
            now: now(),
            into: &request.bytes
        )
        switch outcome {
        case .event: request.lines.append(line)
        case .otherNamespace: total.refuse("other_namespace")
        case .rejected(let fault): total.refuse(fault.reason.rawValue)
        }
    }

    /// Hands the lines over and gives the keys of those that are in the log now.
    private mutating func send(_ request: inout Request) async throws -> [String] {
        guard !request.lines.isEmpty else { return [] }
        defer { request = Request() }
        let answer = try await link.events(request.bytes)
        guard answer.results.map(\.index) == Array(request.lines.indices) else {
            throw WriterLinkError.notUnderstood(
                socket: link.path,
                reason: "\(answer.results.count) results for \(request.lines.count) events"
            )
        }
        var done: [String] = []
        for (line, item) in zip(request.lines, answer.results) {
            switch item.result {
            case "accepted":
                total.accepted += 1
                done.append(line.key)
            case "duplicate":
                total.duplicates += 1
                done.append(line.key)
            default: total.refuse(item.reason ?? "other_namespace")
            }
        }
        return done
    }
}
