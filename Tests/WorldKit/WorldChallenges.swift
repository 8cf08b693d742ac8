import Goals

/// The few configurations that a world applies, read once.
enum WorldChallenges {
    struct Entry: Sendable {
        let bytes: [UInt8]
        let set: ChallengeSet
    }

    static let all: [Entry] = [3, 5, 10].map { target in
        let goals = [
            goal(0, "absolute", "login", target), goal(1, "increment", "statistic", target),
            goal(2, "daily", "login", 1), goal(3, "absolute", "statistic", 4 * target),
        ]
        let text =
            "{\"challenges\":[{\"challengeId\":\"c\",\"name\":\"C\",\"description\":\"D\",\"goals\":["
            + goals.joined(separator: ",") + "]}]}\n"
        let bytes = Array(text.utf8)
        guard case .valid(let set) = ChallengeFile.read(bytes) else {
            preconditionFailure("the world's challenges are not valid: \(ChallengeFile.read(bytes))")
        }
        return Entry(bytes: bytes, set: set)
    }

    /// The number of the configuration with these bytes, nil for any other.
    static func number(of bytes: [UInt8]) -> Int? { all.firstIndex { $0.bytes == bytes } }

    private static func goal(_ number: Int, _ type: String, _ source: String, _ target: Int) -> String {
        let code = source == "login" ? "login" : "kills"
        return "{\"goalId\":\"g\(number)\",\"name\":\"G\",\"description\":\"D\",\"type\":\"" + type
            + "\",\"eventSource\":\"" + source + "\",\"defaultAssigned\":\(number != 1),\"requirement\":"
            + "{\"statCode\":\"" + code + "\",\"operator\":\">=\",\"targetValue\":\(target)},"
            + "\"reward\":{\"type\":\"ITEM\",\"rewardId\":\"sword\",\"quantity\":1},\"prerequisites\":"
            + (number == 3 ? "[\"g0\"]" : "[]") + "}"
    }
}
