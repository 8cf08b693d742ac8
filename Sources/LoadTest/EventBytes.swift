import Goals

/// Renders events: as lines of the log, and as the platform's messages in protocol buffers.
struct EventBytes {
    private let namespace: String
    private let ids: PlayerIDs
    private let statCodes: [[UInt8]]
    /// Microseconds since 1970 of the schedule's start.
    private let startMicroseconds: Int64
    /// The second that `secondText` spells: `2026-01-05T10:00:00`.
    private var second: Int64 = -1
    private var secondText: [UInt8] = []
    /// Makes ids unlike those of another run over the same log.
    private let run: String

    init(plan: GamePlan, ids: PlayerIDs, namespace: String, startMicroseconds: Int64) {
        self.namespace = namespace
        self.ids = ids
        self.startMicroseconds = startMicroseconds
        statCodes = plan.statCodes.map { Array($0.utf8) }
        run = "load-" + String(startMicroseconds, radix: 36) + "-"
    }

    /// One line of the log, without its end.
    mutating func line(_ arrival: Arrival, into output: inout [UInt8]) {
        output += Array(#"{"id":""#.utf8)
        output += id(arrival)
        output += Array(
            (arrival.kind == .login ? #"","name":"userLoggedIn""# : #"","name":"statItemUpdated""#).utf8
        )
        output += Array(#","namespace":"\#(namespace)","timestamp":""#.utf8)
        time(arrival, into: &output)
        output += Array(#"","userId":""#.utf8)
        output += ids.utf8(arrival.player)
        if arrival.kind == .login {
            output += Array(#"","payload":{}}"#.utf8)
        } else {
            output += Array(#"","payload":{"statCode":""#.utf8)
            output += statCodes[arrival.target]
            output += Array(#"","latestValue":\#(arrival.value),"inc":1}}"#.utf8)
        }
    }

    /// The platform's message `UserLoggedIn` or `StatItemUpdated`, behind the five bytes that gRPC puts before one.
    mutating func message(_ arrival: Arrival) -> [UInt8] {
        var message: [UInt8] = [0, 0, 0, 0, 0]
        message.reserveCapacity(200)
        if arrival.kind == .stat {
            var item: [UInt8] = []
            Self.field(2, statCodes[arrival.target], into: &item)
            Self.field(4, Double(arrival.value), into: &item)
            Self.field(5, 1.0, into: &item)
            Self.field(1, item, into: &message)
        }
        Self.field(2, id(arrival), into: &message)
        Self.field(5, Array(namespace.utf8), into: &message)
        var text: [UInt8] = []
        time(arrival, into: &text)
        Self.field(7, text, into: &message)
        Self.field(9, Array(ids.utf8(arrival.player)), into: &message)
        Self.setLength(of: &message)
        return message
    }

    /// `goalpost.v1.AppendRequest` of these events, behind gRPC's five bytes.
    mutating func appendRequest(_ arrivals: [Arrival]) -> [UInt8] {
        var message: [UInt8] = [0, 0, 0, 0, 0]
        message.reserveCapacity(arrivals.count * 260)
        var line: [UInt8] = []
        for arrival in arrivals {
            line.removeAll(keepingCapacity: true)
            self.line(arrival, into: &line)
            Self.field(1, line, into: &message)
        }
        Self.setLength(of: &message)
        return message
    }

    private func id(_ arrival: Arrival) -> [UInt8] { Array((run + String(arrival.number)).utf8) }

    /// `2026-01-05T10:00:00.123456Z`.
    private mutating func time(_ arrival: Arrival, into output: inout [UInt8]) {
        let microseconds = startMicroseconds + arrival.intended / 1000
        let (second, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        if second != self.second {
            self.second = second
            secondText = []
            RFC3339.appendSeconds(Timestamp(microseconds: second * 1_000_000), to: &secondText)
            // Up to where the fraction begins.
            secondText = Array(secondText.prefix(19))
        }
        output += secondText
        output.append(UInt8(ascii: "."))
        var divisor: Int64 = 100_000
        while divisor > 0 {
            output.append(UInt8(ascii: "0") + UInt8(rest / divisor % 10))
            divisor /= 10
        }
        output.append(UInt8(ascii: "Z"))
    }

    private static func field(_ number: UInt8, _ bytes: [UInt8], into message: inout [UInt8]) {
        message.append(number << 3 | 2)
        var length = bytes.count
        while length >= 0x80 {
            message.append(UInt8(length & 0x7F) | 0x80)
            length >>= 7
        }
        message.append(UInt8(length))
        message += bytes
    }

    private static func field(_ number: UInt8, _ value: Double, into message: inout [UInt8]) {
        message.append(number << 3 | 1)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            message.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
        }
    }

    private static func setLength(of message: inout [UInt8]) {
        let length = message.count - 5
        for place in 0..<4 { message[1 + place] = UInt8(truncatingIfNeeded: length >> (24 - 8 * place)) }
    }
}
