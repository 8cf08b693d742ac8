import Crypto
import Foundation
import Goals
import StatusReport
import Tables

/// What a reward is called on its way: the request to the webhook and the event for the log.
struct RewardMessage {
    let row: RewardGrantRow
    let namespace: Identifier

    /// The request's `Idempotency-Key`: SHA-256 in hex of player, a zero byte and claim.
    ///
    /// A claim's id is unique for its player only, hence both.
    var key: String {
        let digest = SHA256.hash(data: Data(row.user.utf8 + [0] + row.claimEventID))
        return digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    private struct Body: Encodable {
        struct Reward: Encodable {
            let type: String
            let rewardId: String
            let quantity: Int32
        }

        let idempotencyKey: String
        let namespace: String
        let userId: String
        let goalId: String
        let claimEventId: String
        let claimedAt: String
        let reward: Reward
    }

    /// The request's body, documented in README.
    func body() throws -> [UInt8] {
        try StatusJSON.encode(
            Body(
                idempotencyKey: key,
                namespace: "\(namespace)",
                userId: "\(row.user)",
                goalId: "\(row.goal)",
                claimEventId: claim,
                claimedAt: RFC3339.text(row.claimedAt),
                reward: .init(type: row.rewardType, rewardId: row.rewardID, quantity: row.quantity)
            )
        )
    }

    private struct Event: Encodable {
        struct Payload: Encodable {
            let claimEventId: String
        }

        let id: String
        let name: String
        let namespace: String
        let timestamp: String
        let userId: String
        let payload: Payload
    }

    /// The event that says it was delivered at `time`.
    func delivered(at time: Timestamp) throws -> DeliveredReward {
        let id = "delivered-\(key)"
        let event = Event(
            id: id,
            name: "\(EventKind.rewardDelivered.name)",
            namespace: "\(namespace)",
            timestamp: RFC3339.text(time),
            userId: "\(row.user)",
            payload: .init(claimEventId: claim)
        )
        return DeliveredReward(
            eventID: id,
            user: row.user,
            claimEventID: row.claimEventID,
            time: time,
            line: try StatusJSON.encode(event)
        )
    }

    private var claim: String { String(decoding: row.claimEventID, as: UTF8.self) }
}
