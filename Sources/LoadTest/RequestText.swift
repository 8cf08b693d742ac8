/// Renders players' requests as HTTP/1.1, out of pieces that are made once.
struct RequestText {
    private let plan: GamePlan
    private let ids: PlayerIDs
    private let tokens: PlayerTokens?
    private let ingestHost: String
    /// By kind and coding: all up to who asks.
    private var heads: [[UInt8]] = []

    init(
        plan: GamePlan,
        ids: PlayerIDs,
        tokens: PlayerTokens?,
        frontHost: String,
        ingestHost: String,
        templates: [RequestKind: HeldTemplate]
    ) {
        self.plan = plan
        self.ids = ids
        self.tokens = tokens
        self.ingestHost = ingestHost
        for kind in RequestKind.allCases where kind.isRead {
            for coding in AnswerCoding.allCases {
                var head =
                    Self.line(of: kind) + "Host: \(frontHost)\r\nAccept-Encoding: \(coding.accepted)\r\n"
                if coding == .dcz, let template = templates[kind] {
                    head += "Available-Dictionary: \(template.structuredField)\r\n"
                }
                heads.append(Array(head.utf8))
            }
        }
    }

    /// Method, path and version.
    static func line(of kind: RequestKind) -> String {
        switch kind {
        case .initialize: "GET /challenge/v1/challenges/initialize HTTP/1.1\r\n"
        case .activeOnly: "GET /challenge/v1/challenges?active_only=true HTTP/1.1\r\n"
        default: "GET /challenge/v1/challenges HTTP/1.1\r\n"
        }
    }

    /// A read of the front.
    func read(_ arrival: Arrival) -> [UInt8] {
        let coding = AnswerCoding.allCases.firstIndex(of: arrival.coding) ?? 0
        var text = heads[arrival.kind.rawValue * AnswerCoding.allCases.count + coding]
        appendPlayer(arrival.player, to: &text)
        text += [13, 10, 13, 10]
        return text
    }

    /// A player's activation or claim.
    func write(_ arrival: Arrival) -> [UInt8] {
        let path = plan.goalPaths[arrival.target]
        let goal = "/challenge/v1/challenges/\(path.challenge)/goals/\(path.goal)"
        var text: [UInt8] = []
        text.reserveCapacity(320)
        if arrival.kind == .claim {
            text += Array("POST \(goal)/claim HTTP/1.1\r\nHost: \(ingestHost)\r\nContent-Length: 0\r\n".utf8)
            appendPlayer(arrival.player, to: &text)
            text += [13, 10, 13, 10]
        } else {
            let body = arrival.value == 0 ? #"{"isActive":false}"# : #"{"isActive":true}"#
            text += Array("PUT \(goal)/active HTTP/1.1\r\nHost: \(ingestHost)\r\n".utf8)
            text += Array("Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n".utf8)
            appendPlayer(arrival.player, to: &text)
            text += Array("\r\n\r\n\(body)".utf8)
        }
        return text
    }

    /// The field that says who asks, without its line's end.
    private func appendPlayer(_ player: Int, to text: inout [UInt8]) {
        if let tokens {
            text += Array("Authorization: Bearer ".utf8)
            text += tokens.utf8(player)
        } else {
            text += Array("x-mock-user-id: ".utf8)
            text += ids.utf8(player)
        }
    }
}
