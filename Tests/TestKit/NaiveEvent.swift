import Foundation

/// One line of the log, read by Foundation.
package struct NaiveEvent: Sendable {
    /// What happened.
    package enum Kind: Sendable {
        case login
        case stat(code: [UInt8], value: Double)
        case activation(challengeId: [UInt8], goalId: [UInt8], isActive: Bool)
        case claim(challengeId: [UInt8], goalId: [UInt8])
        case delivered(claimEventId: [UInt8])
    }

    package let id: [UInt8]
    package let userId: [UInt8]
    /// Microseconds since 1970.
    package let time: Int64
    package let kind: Kind

    /// The line with each U+FEFF written as an escape: Foundation drops one at the start of a string.
    private static func marked(_ line: [UInt8]) -> Data {
        Data(
            String(decoding: line, as: UTF8.self).unicodeScalars.map {
                $0 == "\u{FEFF}" ? "\\ufeff" : String($0)
            }.joined().utf8
        )
    }

    /// Reads a line, with or without its newline; throws where a field the log promises is missing.
    package init(line: [UInt8]) throws {
        let text = String(decoding: line, as: UTF8.self)
        guard let event = try JSONSerialization.jsonObject(with: Self.marked(line)) as? [String: Any],
            let id = event["id"] as? String, let userId = event["userId"] as? String,
            let timestamp = event["timestamp"] as? String
        else { throw NaiveError.badLine(text) }
        self.id = Array(id.utf8)
        self.userId = Array(userId.utf8)
        time = try NaiveTime.parse(timestamp)

        let payload = event["payload"] as? [String: Any] ?? [:]
        func bytes(_ key: String) throws -> [UInt8] {
            guard let value = payload[key] as? String else { throw NaiveError.badLine(text) }
            return Array(value.utf8)
        }
        switch event["name"] as? String {
        case "userLoggedIn":
            kind = .login
        case "statItemUpdated":
            guard let value = payload["latestValue"] as? NSNumber else { throw NaiveError.badLine(text) }
            kind = try .stat(code: bytes("statCode"), value: value.doubleValue)
        case "goalActivationRequested":
            guard let isActive = payload["isActive"] as? Bool else { throw NaiveError.badLine(text) }
            kind = try .activation(
                challengeId: bytes("challengeId"),
                goalId: bytes("goalId"),
                isActive: isActive
            )
        case "rewardClaimRequested":
            kind = try .claim(challengeId: bytes("challengeId"), goalId: bytes("goalId"))
        case "rewardDelivered":
            kind = try .delivered(claimEventId: bytes("claimEventId"))
        default:
            throw NaiveError.badLine(text)
        }
    }
}
