/// Writes one event as a line in one of the many spellings that JSON and RFC 3339 allow.
///
/// Most lines have the common layout (fixed key order, no spaces); the others differ in key order, white space,
/// escapes, unknown keys, fraction digits and zone, and mean the same.
struct RandomLine {
    var id: String
    var name: String
    var namespace: String
    /// Microseconds since 1970; digits that the chosen spelling has no room for are lost.
    var time: Int64
    var userId: String
    /// Keys with their values as JSON text.
    var payload: [(key: String, json: String)]

    /// The line's bytes, without a newline.
    func bytes(using random: inout SplitMix64) -> [UInt8] {
        let isPlain = !random.oneIn(6)
        var payload = payload.map { (key: $0.key, json: $0.json) }
        if !isPlain {
            if random.oneIn(2) {
                payload.append((key: "additionalData", json: "{\"latestValue\":[1,\"}\\\"\"]}"))
            }
            payload.shuffle(using: &random)
        }
        var fields = [
            (key: "id", json: Self.quote(id, isPlain, &random)),
            (key: "name", json: NaiveGoalpost.quote(name)),
            (key: "namespace", json: Self.quote(namespace, isPlain, &random)),
            (key: "timestamp", json: NaiveGoalpost.quote(timestamp(&random))),
            (key: "userId", json: Self.quote(userId, isPlain, &random)),
        ]
        if !payload.isEmpty || random.oneIn(2) {
            fields.append((key: "payload", json: Self.object(payload, isPlain, &random)))
        }
        if !isPlain {
            if random.oneIn(2) { fields.append((key: "version", json: "1")) }
            if random.oneIn(3) { fields.append((key: "clientId", json: "null")) }
            if random.oneIn(3) { fields.append((key: "traces", json: "[{\"userId\":\"no\"},-1.5e-3,true]")) }
            fields.shuffle(using: &random)
        }
        return Array(Self.object(fields, isPlain, &random).utf8)
    }

    private static func object(
        _ fields: [(key: String, json: String)],
        _ isPlain: Bool,
        _ random: inout SplitMix64
    ) -> String {
        guard !isPlain else {
            return "{" + fields.map { "\"" + $0.key + "\":" + $0.json }.joined(separator: ",") + "}"
        }
        let space = random.pick(["", " ", "\t", "  "])
        let pairs = fields.map { field in
            quoteKey(field.key, &random) + space + ":" + space + field.json
        }
        return "{" + space + pairs.joined(separator: space + "," + space) + space + "}"
    }

    private static func quoteKey(_ key: String, _ random: inout SplitMix64) -> String {
        guard random.oneIn(30), let first = key.unicodeScalars.first else { return "\"" + key + "\"" }
        return "\"" + escape(UInt16(first.value)) + key.dropFirst() + "\""
    }

    private static func quote(_ text: String, _ isPlain: Bool, _ random: inout SplitMix64) -> String {
        guard !isPlain, random.oneIn(2) else { return NaiveGoalpost.quote(text) }
        let escapesAll = random.oneIn(2)
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "/" {
                quoted += "\\/"
            } else if escapesAll || scalar.value < 32 || scalar == "\"" || scalar == "\\"
                || scalar.value > 126
            {
                for unit in String(scalar).utf16 { quoted += escape(unit) }
            } else {
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16, uppercase: unit.isMultiple(of: 2))
        return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }

    private func timestamp(_ random: inout SplitMix64) -> String {
        let text = NaiveTime.write(time)
        let seconds = text.prefix(19)
        let micros = text.dropFirst(20).prefix(6)
        switch random.number(0...11) {
        case 0: return seconds + "Z"
        case 1: return seconds + "." + micros + "Z"
        case 2: return seconds + "." + micros + "999Z"
        case 3: return seconds + "." + micros.prefix(1) + "Z"
        case 4: return zoned(minutes: random.pick([60, 330, 845, 0]), sign: "+")
        case 5: return zoned(minutes: random.pick([60, 210, 720]), sign: "-")
        default: return seconds + "." + micros.prefix(3) + "Z"
        }
    }

    /// The same instant on a clock that is `minutes` ahead of UTC, or behind it.
    private func zoned(minutes: Int, sign: String) -> String {
        let shift = Int64(sign == "+" ? minutes : -minutes) * 60_000_000
        func padded(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
        return NaiveTime.write(time + shift).dropLast() + sign + padded(minutes / 60) + ":"
            + padded(minutes % 60)
    }
}
