import TestKit

/// Makes events as lines, no two alike.
struct WorldRecords {
    private var made: UInt64 = 0
    private var sourceBytes: [String: UInt64] = [:]

    private static let names = ["a.ndjson", "b.ndjson", "événements"]

    /// A batch of `count` records, from a source now and then.
    mutating func batch(_ count: Int, using random: inout SplitMix64) -> WorldModel.Candidate {
        var batch = WorldModel.Candidate(bytes: [], ends: [])
        batch.bytes.reserveCapacity(count * 160)
        for _ in 0..<count {
            append(to: &batch.bytes, using: &random)
            batch.ends.append(batch.bytes.count)
        }
        if random.chance(40) {
            let name = random.pick(Self.names)
            let position = sourceBytes[name, default: 0] + UInt64(batch.bytes.count)
            sourceBytes[name] = position
            batch.source = (name, position)
        }
        return batch
    }

    private mutating func append(to bytes: inout [UInt8], using random: inout SplitMix64) {
        made += 1
        let choice = random.next()
        let user = choice & 7
        let kind = (choice >> 8) % 10
        let day = 10 + (choice >> 16) % 20
        let value = (choice >> 32) % 50
        bytes += "{\"id\":\"e\(made)\",\"name\":\"".utf8
        switch kind {
        case 0...2: bytes += "userLoggedIn".utf8
        case 3...6: bytes += "statItemUpdated".utf8
        case 7...8: bytes += "rewardClaimRequested".utf8
        default: bytes += "goalActivationRequested".utf8
        }
        bytes +=
            "\",\"namespace\":\"game\",\"timestamp\":\"2026-01-\(day)T10:00:00Z\",\"userId\":\"p\(user)\""
            .utf8
        let goal = value % 4
        switch kind {
        case 0...2: break
        case 3...6: bytes += ",\"payload\":{\"statCode\":\"kills\",\"latestValue\":\(value),\"inc\":1}".utf8
        case 7...8: bytes += ",\"payload\":{\"challengeId\":\"c\",\"goalId\":\"g\(goal)\"}".utf8
        default:
            let isActive = value > 20
            bytes +=
                ",\"payload\":{\"challengeId\":\"c\",\"goalId\":\"g\(goal)\",\"isActive\":\(isActive)}".utf8
        }
        bytes += "}\n".utf8
    }
}
