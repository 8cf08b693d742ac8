import Goals

/// The lines of a snapshot: one JSON object a player, written and read without a general parser.
///
/// Times are microseconds since 1970, days count from 1970-01-01, goals and challenges are numbers of the
/// header's catalogue; what there is not is null. A row is
/// `[goal,challenge,progress,status,isActive,assigned,completed,claimed,created,updated,lastEvent,lastCounted]`
/// with the status as 0 to 3, not_started to claimed.
package enum SnapshotLines {
    /// Appends the player's line with its newline.
    package static func append(_ player: ReplayPlayer, to bytes: inout [UInt8]) {
        text(#"{"id":"#, &bytes)
        string(player.id.utf8, &bytes)
        text(#","first":"#, &bytes)
        number(player.state.firstEventAt.microseconds, &bytes)
        text(#","last":"#, &bytes)
        number(player.state.lastEventAt.microseconds, &bytes)
        text(#","newestRequest":"#, &bytes)
        instant(player.newestRequestAt, &bytes)
        text(#","rows":["#, &bytes)
        for (index, row) in player.rows.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(row, &bytes)
        }
        text(#"],"requests":["#, &bytes)
        for (index, request) in player.requests.enumerated() {
            text(index > 0 ? ",[" : "[", &bytes)
            string(request.eventID, &bytes)
            bytes.append(UInt8(ascii: ","))
            if let rejection = request.rejection {
                string(Array(rejection.rawValue.utf8), &bytes)
            } else {
                text("null", &bytes)
            }
            bytes.append(UInt8(ascii: ","))
            number(request.decidedAt.microseconds, &bytes)
            bytes.append(UInt8(ascii: "]"))
        }
        text(#"],"grants":["#, &bytes)
        for (index, grant) in player.grants.enumerated() {
            text(index > 0 ? ",[" : "[", &bytes)
            append(grant, &bytes)
            bytes.append(UInt8(ascii: "]"))
        }
        text("]}\n", &bytes)
    }

    private static func append(_ row: ReplayRow, _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        for value in [Int64(row.goal), Int64(row.challenge), Int64(row.progress), Int64(row.status.rawValue)]
        {
            number(value, &bytes)
            bytes.append(UInt8(ascii: ","))
        }
        text(row.isActive ? "true" : "false", &bytes)
        for moment in [
            row.assignedAt, row.completedAt, row.claimedAt, row.createdAt, row.updatedAt, row.lastEventAt,
        ] {
            bytes.append(UInt8(ascii: ","))
            instant(moment, &bytes)
        }
        bytes.append(UInt8(ascii: ","))
        if let day = row.lastCountedOn { number(Int64(day.number), &bytes) } else { text("null", &bytes) }
        bytes.append(UInt8(ascii: "]"))
    }

    private static func append(_ grant: ReplayGrant, _ bytes: inout [UInt8]) {
        string(grant.claimEventID, &bytes)
        bytes.append(UInt8(ascii: ","))
        number(Int64(grant.goal), &bytes)
        bytes.append(UInt8(ascii: ","))
        string(Array(grant.reward.kind.rawValue.utf8), &bytes)
        bytes.append(UInt8(ascii: ","))
        string(Array(grant.reward.id.utf8), &bytes)
        bytes.append(UInt8(ascii: ","))
        number(Int64(grant.reward.quantity), &bytes)
        bytes.append(UInt8(ascii: ","))
        number(grant.claimedAt.microseconds, &bytes)
        bytes.append(UInt8(ascii: ","))
        instant(grant.deliveredAt, &bytes)
    }

    /// The player of a line without its newline, nil when it is not exactly what `append` writes.
    package static func player(_ line: Span<UInt8>) -> ReplayPlayer? {
        line.withUnsafeBufferPointer { text in
            var reader = SnapshotReader(text)
            do throws(SnapshotReader.Mismatch) {
                let player = try reader.player()
                return reader.isAtEnd ? player : nil
            } catch {
                return nil
            }
        }
    }

    // MARK: Values

    private static func text(_ text: StaticString, _ bytes: inout [UInt8]) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private static func instant(_ time: Timestamp?, _ bytes: inout [UInt8]) {
        if let time { number(time.microseconds, &bytes) } else { text("null", &bytes) }
    }

    static func number(_ value: Int64, _ bytes: inout [UInt8]) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// A JSON string: quote, backslash and control characters escaped, all else as it is.
    package static func string(_ utf8: [UInt8], _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                text("\\u00", &bytes)
                bytes.append(UInt8(ascii: "0") + byte >> 4)
                bytes.append(hexDigit(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

/// Reads back what `SnapshotLines` writes, and nothing else.
struct SnapshotReader {
    struct Mismatch: Error {}

    private let text: UnsafeBufferPointer<UInt8>
    private var at = 0

    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    var isAtEnd: Bool { at == text.count }

    mutating func player() throws(Mismatch) -> ReplayPlayer {
        try expect(#"{"id":"#)
        let id = Identifier(utf8: try string())
        try expect(#","first":"#)
        let first = Timestamp(microseconds: try number())
        try expect(#","last":"#)
        let last = Timestamp(microseconds: try number())
        try expect(#","newestRequest":"#)
        var player = ReplayPlayer(
            id: id,
            state: PlayerState(firstEventAt: first, lastEventAt: last),
            newestRequestAt: try instant()
        )
        try expect(#","rows":["#)
        try list { reader throws(Mismatch) in player.rows.append(try reader.row()) }
        try expect(#"],"requests":["#)
        try list { reader throws(Mismatch) in player.requests.append(try reader.request()) }
        try expect(#"],"grants":["#)
        try list { reader throws(Mismatch) in player.grants.append(try reader.grant()) }
        try expect("]}")
        return player
    }

    private mutating func row() throws(Mismatch) -> ReplayRow {
        let (goal, challenge) = (try small(UInt32.self), try nextSmall(UInt32.self))
        let progress = try nextSmall(Int32.self)
        guard let status = GoalStatus(rawValue: try nextSmall(UInt8.self)) else { throw Mismatch() }
        let isActive = take(",true")
        if !isActive { try expect(",false") }
        let assigned = try nextTime()
        let completed = try nextTime()
        let claimed = try nextTime()
        let created = Timestamp(microseconds: try nextNumber())
        let updated = Timestamp(microseconds: try nextNumber())
        return ReplayRow(
            goal: goal,
            challenge: challenge,
            progress: progress,
            status: status,
            isActive: isActive,
            assignedAt: assigned,
            completedAt: completed,
            claimedAt: claimed,
            createdAt: created,
            updatedAt: updated,
            lastEventAt: try nextTime(),
            lastCountedOn: take(",null") ? nil : UTCDay(number: try nextSmall(Int32.self))
        )
    }

    private mutating func request() throws(Mismatch) -> ReplayRequest {
        let id = try string()
        var rejection: RequestOutcome.Rejection?
        if !take(",null") {
            try expect(",")
            rejection = RequestOutcome.Rejection(rawValue: String(decoding: try string(), as: UTF8.self))
            guard rejection != nil else { throw Mismatch() }
        }
        return ReplayRequest(
            eventID: id,
            rejection: rejection,
            decidedAt: Timestamp(microseconds: try nextNumber())
        )
    }

    private mutating func grant() throws(Mismatch) -> ReplayGrant {
        let id = try string()
        let goal = try nextSmall(UInt32.self)
        try expect(",")
        guard let kind = Reward.Kind(rawValue: String(decoding: try string(), as: UTF8.self)) else {
            throw Mismatch()
        }
        try expect(",")
        let name = String(decoding: try string(), as: UTF8.self)
        let reward = Reward(kind: kind, id: name, quantity: try nextSmall(Int32.self))
        return ReplayGrant(
            claimEventID: id,
            goal: goal,
            reward: reward,
            claimedAt: Timestamp(microseconds: try nextNumber()),
            deliveredAt: try nextTime()
        )
    }

    // MARK: Values

    /// Arrays up to the `]` that ends their list, which is left.
    private mutating func list(
        _ element: (inout SnapshotReader) throws(Mismatch) -> Void
    ) throws(Mismatch) {
        guard take("[") else { return }
        while true {
            try element(&self)
            try expect("]")
            guard take(",[") else { return }
        }
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard at + count <= text.count else { return false }
        for index in 0..<count where text[at + index] != word.utf8Start[index] { return false }
        at += count
        return true
    }

    private mutating func expect(_ word: StaticString) throws(Mismatch) {
        guard take(word) else { throw Mismatch() }
    }

    private mutating func number() throws(Mismatch) -> Int64 {
        let isNegative = take("-")
        var value: UInt64 = 0
        let start = at
        while at < text.count, at - start < 19, (48...57).contains(text[at]) {
            value = value * 10 + UInt64(text[at] - 48)
            at += 1
        }
        guard at > start, value <= UInt64(Int64.max) else { throw Mismatch() }
        return isNegative ? -Int64(value) : Int64(value)
    }

    private mutating func nextNumber() throws(Mismatch) -> Int64 {
        try expect(",")
        return try number()
    }

    private mutating func small<Value: FixedWidthInteger>(_: Value.Type) throws(Mismatch) -> Value {
        guard let value = Value(exactly: try number()) else { throw Mismatch() }
        return value
    }

    private mutating func nextSmall<Value: FixedWidthInteger>(_ type: Value.Type) throws(Mismatch) -> Value {
        try expect(",")
        return try small(type)
    }

    private mutating func instant() throws(Mismatch) -> Timestamp? {
        take("null") ? nil : Timestamp(microseconds: try number())
    }

    private mutating func nextTime() throws(Mismatch) -> Timestamp? {
        try expect(",")
        return try instant()
    }

    private mutating func string() throws(Mismatch) -> [UInt8] {
        try expect("\"")
        var bytes: [UInt8] = []
        while at < text.count {
            let byte = text[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return bytes
            case UInt8(ascii: "\\"):
                if take("u00") {
                    guard at + 2 <= text.count, let high = hex(text[at]), let low = hex(text[at + 1]) else {
                        throw Mismatch()
                    }
                    at += 2
                    bytes.append(high << 4 | low)
                } else {
                    guard at < text.count else { throw Mismatch() }
                    bytes.append(text[at])
                    at += 1
                }
            default: bytes.append(byte)
            }
        }
        throw Mismatch()
    }

    private func hex(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 48...57: digit - 48
        case 97...102: digit - 87
        default: nil
        }
    }
}
