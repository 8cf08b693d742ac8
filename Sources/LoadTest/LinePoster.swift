import NIOCore
import NIOHTTP1

/// Posts events as lines to `/v1/events`.
final class LinePoster {
    private let host: String
    private var events: EventBytes

    init(host: String, events: EventBytes) { (self.host, self.events) = (host, events) }

    func request(_ arrivals: [Arrival]) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(arrivals.count * 260)
        for arrival in arrivals {
            events.line(arrival, into: &body)
            body.append(UInt8(ascii: "\n"))
        }
        let head =
            "POST /v1/events HTTP/1.1\r\nHost: \(host)\r\nContent-Type: application/x-ndjson\r\n"
            + "Content-Length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }

    /// Answered when all of the events are in the log.
    func judge(_ arrivals: [Arrival], _ head: HTTPResponseHead, _ body: ByteBuffer?) -> Outcome {
        if head.status == .tooManyRequests || head.status == .serviceUnavailable { return .refused }
        guard head.status == .ok else { return .wrongStatus }
        let expected = "{\"accepted\":\(arrivals.count),"
        return body?.readableBytesView.starts(with: expected.utf8) == true ? .answered : .wrongAnswer
    }
}
