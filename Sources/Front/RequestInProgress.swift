import NIOCore
import NIOHTTP1

/// A request from its head to the end of its answer, as the connection sees it.
struct RequestInProgress {
    let label: RequestMetrics.RouteLabel
    var startedAt: NIODeadline
    let isHead: Bool
    /// Whether the connection goes on afterwards.
    private(set) var keepsAlive: Bool
    /// Whether that has to be said.
    let saysKeepAlive: Bool
    /// The request was read to its end.
    var isRead = false
    /// The answer was written to its end.
    var isAnswered = false
    /// The answer's head was written.
    private(set) var hasHead = false
    private(set) var status = 0
    private(set) var coding = AnswerNegotiation.Coding.identity
    var bodyBytes = 0

    init(
        label: RequestMetrics.RouteLabel,
        startedAt: NIODeadline,
        isHead: Bool,
        keepsAlive: Bool,
        saysKeepAlive: Bool
    ) {
        self.label = label
        self.startedAt = startedAt
        self.isHead = isHead
        self.keepsAlive = keepsAlive
        self.saysKeepAlive = saysKeepAlive
    }

    /// Takes note of the head of Hummingbird's answer, and says in it what becomes of the connection.
    mutating func noteHead(_ head: inout HTTPResponseHead, isDraining: Bool) {
        guard head.status.code >= 200 else { return }
        hasHead = true
        status = Int(head.status.code)
        if let token = head.headers.first(name: "Content-Encoding") {
            coding = AnswerNegotiation.Coding.allCases.first { $0.token == token } ?? .identity
        }
        if isDraining || head.headers.first(name: "Connection") == "close" { keepsAlive = false }
        head.headers.remove(name: "Connection")
        if !keepsAlive {
            head.headers.add(name: "Connection", value: "close")
        } else if saysKeepAlive {
            head.headers.add(name: "Connection", value: "keep-alive")
        }
    }
}
