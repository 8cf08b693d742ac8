/// The raw contents of challenges.json, each value with its place, before any rule is checked.
struct ChallengeReader {
    /// A value as written.
    ///
    /// A key that is absent has shape `.absent` and the place of its object.
    struct Value {
        enum Shape: Equatable {
            case absent, null, text(String), number(Double), bool(Bool), texts([String]), other
        }
        var shape = Shape.absent
        var place = 0

        var text: String? {
            if case .text(let text) = shape { return text }
            return nil
        }
        var isMissing: Bool { shape == .absent || shape == .null }
    }

    struct RawGoal {
        var place = 0
        var id = Value()
        var name = Value()
        var description = Value()
        var type = Value()
        var eventSource = Value()
        var daily = Value()
        var defaultAssigned = Value()
        var requirement = Value()
        var statCode = Value()
        var comparison = Value()
        var target = Value()
        var reward = Value()
        var rewardType = Value()
        var rewardID = Value()
        var quantity = Value()
        var prerequisites = Value()
    }

    struct RawChallenge {
        var place = 0
        var id = Value()
        var name = Value()
        var description = Value()
        var goals: [RawGoal] = []
        var goalsValue = Value()
    }

    private(set) var challenges: [RawChallenge] = []
    private(set) var challengesValue = Value()

    mutating func read(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.object(depth: 1) { (scanner, key) throws(JSONFault) in
            guard scanner.matches(key, "challenges") else { return try scanner.skipValue(depth: 1) }
            challengesValue = try Self.list(&scanner, depth: 2) { (scanner) throws(JSONFault) in
                challenges.append(try Self.challenge(&scanner))
            }
        }
    }

    private static func challenge(_ scanner: inout JSONScanner) throws(JSONFault) -> RawChallenge {
        var raw = RawChallenge()
        raw.place = scanner.at
        try scanner.object(depth: 3) { (scanner, key) throws(JSONFault) in
            if scanner.matches(key, "challengeId") || scanner.matches(key, "challenge_id")
                || scanner.matches(key, "id")
            {
                raw.id = try value(&scanner)
            } else if scanner.matches(key, "name") {
                raw.name = try value(&scanner)
            } else if scanner.matches(key, "description") {
                raw.description = try value(&scanner)
            } else if scanner.matches(key, "goals") {
                raw.goalsValue = try list(&scanner, depth: 4) { (scanner) throws(JSONFault) in
                    raw.goals.append(try goal(&scanner))
                }
            } else {
                try scanner.skipValue(depth: 3)
            }
        }
        return raw
    }

    private static func goal(_ scanner: inout JSONScanner) throws(JSONFault) -> RawGoal {
        var raw = RawGoal()
        raw.place = scanner.at
        try scanner.object(depth: 5) { (scanner, key) throws(JSONFault) in
            if let path = goalKeys.first(where: { scanner.matches(key, $0.key) })?.path {
                raw[keyPath: path] = try value(&scanner)
            } else if scanner.matches(key, "requirement") {
                raw.requirement = try nested(&scanner, requirementKeys, &raw)
            } else if scanner.matches(key, "reward") {
                raw.reward = try nested(&scanner, rewardKeys, &raw)
            } else {
                try scanner.skipValue(depth: 5)
            }
        }
        return raw
    }

    private struct Key {
        let key: StaticString
        let path: any WritableKeyPath<RawGoal, Value> & Sendable
        init(_ key: StaticString, _ path: any WritableKeyPath<RawGoal, Value> & Sendable) {
            (self.key, self.path) = (key, path)
        }
    }

    private static let goalKeys: [Key] = [
        Key("goalId", \.id), Key("goal_id", \.id), Key("id", \.id),
        Key("name", \.name), Key("description", \.description), Key("type", \.type),
        Key("eventSource", \.eventSource), Key("event_source", \.eventSource),
        Key("daily", \.daily),
        Key("defaultAssigned", \.defaultAssigned), Key("default_assigned", \.defaultAssigned),
        Key("prerequisites", \.prerequisites),
    ]
    private static let requirementKeys: [Key] = [
        Key("statCode", \.statCode), Key("stat_code", \.statCode), Key("operator", \.comparison),
        Key("targetValue", \.target), Key("target_value", \.target),
    ]
    private static let rewardKeys: [Key] = [
        Key("type", \.rewardType), Key("rewardId", \.rewardID), Key("reward_id", \.rewardID),
        Key("quantity", \.quantity),
    ]

    private static func nested(
        _ scanner: inout JSONScanner,
        _ keys: [Key],
        _ raw: inout RawGoal
    ) throws(JSONFault) -> Value {
        guard try scanner.peek() == UInt8(ascii: "{") else { return try value(&scanner) }
        let place = scanner.at
        try scanner.object(depth: 6) { (scanner, key) throws(JSONFault) in
            if let path = keys.first(where: { scanner.matches(key, $0.key) })?.path {
                raw[keyPath: path] = try value(&scanner)
            } else {
                try scanner.skipValue(depth: 6)
            }
        }
        return Value(shape: .other, place: place)
    }

    private static func list(
        _ scanner: inout JSONScanner,
        depth: Int,
        _ element: (inout JSONScanner) throws(JSONFault) -> Void
    ) throws(JSONFault) -> Value {
        guard try scanner.peek() == UInt8(ascii: "[") else { return try value(&scanner) }
        let place = scanner.at
        var isWrong = false
        try scanner.array(depth: depth) { (scanner) throws(JSONFault) in
            if try scanner.peek() == UInt8(ascii: "{") {
                try element(&scanner)
            } else {
                isWrong = true
                try scanner.skipValue(depth: depth)
            }
        }
        // A list with an element that is no object is as wrong as no list.
        return Value(shape: isWrong ? .other : .texts([]), place: place)
    }

    private static func value(_ scanner: inout JSONScanner) throws(JSONFault) -> Value {
        let first = try scanner.peek()
        var result = Value(place: scanner.at)
        switch first {
        case UInt8(ascii: "\""):
            result.shape = .text(String(decoding: scanner.decoded(try scanner.string()), as: UTF8.self))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            result.shape = .number(try scanner.number())
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            result.shape = .bool(first == UInt8(ascii: "t"))
            try scanner.skipValue(depth: 7)
        case UInt8(ascii: "n"):
            result.shape = .null
            try scanner.skipValue(depth: 7)
        case UInt8(ascii: "["):
            result.shape = try texts(&scanner)
        default:
            result.shape = .other
            try scanner.skipValue(depth: 7)
        }
        return result
    }

    private static func texts(_ scanner: inout JSONScanner) throws(JSONFault) -> Value.Shape {
        var texts: [String] = []
        var isWrong = false
        try scanner.array(depth: 7) { (scanner) throws(JSONFault) in
            if try scanner.peek() == UInt8(ascii: "\"") {
                texts.append(String(decoding: scanner.decoded(try scanner.string()), as: UTF8.self))
            } else {
                isWrong = true
                try scanner.skipValue(depth: 8)
            }
        }
        return isWrong ? .other : .texts(texts)
    }
}
