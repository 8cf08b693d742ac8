import Goals
import Postgres

/// Writes what became of a batch's requests: outcomes, reward grants and their deliveries.
struct RequestWriter {
    private let batch: FoldBatch
    private let change: PartitionChange
    /// Whether any row was written or deleted.
    private(set) var didWrite = false

    init(_ batch: FoldBatch, change: PartitionChange) { (self.batch, self.change) = (batch, change) }

    /// Returns how many deliveries name no grant.
    mutating func write(in transaction: borrowing Transaction) throws -> Int {
        try writeOutcomes(in: transaction)
        let unmatched = try write(change.earlyDeliveries, in: transaction)
        try writeGrants(in: transaction)
        return unmatched + (try write(change.deliveries, in: transaction))
    }

    private mutating func writeOutcomes(in transaction: borrowing Transaction) throws {
        let leaf = batch.partition.leaf("request_outcome")
        let upsert = """
            INSERT INTO \(leaf) AS t (user_id, event_id, outcome, error_code, decided_at)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
            ON CONFLICT (user_id, event_id) DO UPDATE
            SET outcome = EXCLUDED.outcome, error_code = EXCLUDED.error_code, decided_at = EXCLUDED.decided_at
            """
        // An id may be decided twice in one batch that spans more than its retention: the later decision stays.
        let outcomes = Self.lastOfEach(change.outcomes) { RequestKey(player: $0.player, id: $0.eventID) }
        for chunk in Chunks(outcomes) {
            var (keys, words) = (ArrayColumn(.text), ArrayColumn(.text))
            var (codes, times) = (ArrayColumn(.text), ArrayColumn(.timestamptz))
            for outcome in chunk {
                keys.append(text: EventKey.key(outcome.eventID))
                words.append(text: (outcome.rejection == nil ? "applied" : "rejected").utf8)
                if let code = outcome.rejection?.rawValue {
                    codes.append(text: code.utf8)
                } else {
                    codes.appendNull()
                }
                times.append(timestamptz: outcome.decidedAt.microseconds)
            }
            try transaction.execute(
                upsert,
                [
                    batch.ids(of: chunk.map(\.player)), .array(keys), .array(words), .array(codes),
                    .array(times),
                ]
            )
            didWrite = true
        }
        let horizons = change.outcomeHorizons.sorted { $0.key < $1.key }
        guard !horizons.isEmpty else { return }
        var times = ArrayColumn(.timestamptz)
        for (_, horizon) in horizons { times.append(timestamptz: horizon.microseconds) }
        let deleted = try transaction.execute(
            """
            DELETE FROM \(leaf) t USING unnest($1::text[], $2::timestamptz[]) AS h (user_id, horizon)
            WHERE t.user_id = h.user_id AND t.decided_at < h.horizon
            """,
            [batch.ids(of: horizons.map(\.key)), .array(times)]
        )
        if deleted > 0 { didWrite = true }
    }

    private mutating func writeGrants(in transaction: borrowing Transaction) throws {
        let sql = """
            INSERT INTO \(batch.partition.leaf("reward_grant"))
                (user_id, claim_event_id, goal_id, reward_type, reward_id, quantity, claimed_at)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int4[],
                $7::timestamptz[])
            ON CONFLICT (user_id, claim_event_id) DO NOTHING
            """
        for chunk in Chunks(change.grants) {
            var (keys, goals) = (ArrayColumn(.text), ArrayColumn(.text))
            var (kinds, rewards) = (ArrayColumn(.text), ArrayColumn(.text))
            var (quantities, times) = (ArrayColumn(.int4), ArrayColumn(.timestamptz))
            for grant in chunk {
                keys.append(text: EventKey.key(grant.claimEventID))
                goals.append(text: batch.challenges.goals[Int(grant.goal)].id.utf8)
                kinds.append(text: grant.reward.kind.rawValue.utf8)
                // PostgreSQL's text cannot hold U+0000.
                rewards.append(text: grant.reward.id.utf8.map { $0 == 0 ? UInt8(ascii: "?") : $0 })
                quantities.append(int4: grant.reward.quantity)
                times.append(timestamptz: grant.claimedAt.microseconds)
            }
            let made = try transaction.execute(
                sql,
                [
                    batch.ids(of: chunk.map(\.player)), .array(keys), .array(goals), .array(kinds),
                    .array(rewards),
                    .array(quantities), .array(times),
                ]
            )
            if made > 0 { didWrite = true }
        }
    }

    /// Marks grants as delivered, the first delivery of each counting; returns deliveries that name no grant.
    private mutating func write(
        _ deliveries: [RewardDelivery],
        in transaction: borrowing Transaction
    ) throws -> Int {
        guard !deliveries.isEmpty else { return 0 }
        let leaf = batch.partition.leaf("reward_grant")
        let update = """
            UPDATE \(leaf) t SET state = 'delivered', delivered_at = d.delivered_at, next_attempt_at = NULL
            FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS d (user_id, claim_event_id, delivered_at)
            WHERE t.user_id = d.user_id AND t.claim_event_id = d.claim_event_id AND t.state <> 'delivered'
            """
        let count = """
            SELECT 1 FROM unnest($1::text[], $2::text[]) AS d (user_id, claim_event_id)
            JOIN \(leaf) t ON t.user_id = d.user_id AND t.claim_event_id = d.claim_event_id
            """
        let firsts = Array(
            Self.lastOfEach(deliveries.reversed()) {
                RequestKey(player: $0.player, id: $0.claimEventID)
            }
        )
        var unmatched = 0
        for chunk in Chunks(firsts) {
            var (keys, times) = (ArrayColumn(.text), ArrayColumn(.timestamptz))
            for delivery in chunk {
                keys.append(text: EventKey.key(delivery.claimEventID))
                times.append(timestamptz: delivery.deliveredAt.microseconds)
            }
            let users = batch.ids(of: chunk.map(\.player))
            if try transaction.execute(update, [users, .array(keys), .array(times)]) > 0 { didWrite = true }
            unmatched += chunk.count - (try transaction.execute(count, [users, .array(keys)]))
        }
        return unmatched
    }

    private struct RequestKey: Hashable {
        let player: UInt32
        let id: [UInt8]
    }

    /// The last element of each key, in their order.
    private static func lastOfEach<Element>(
        _ elements: some BidirectionalCollection<Element>,
        key: (Element) -> RequestKey
    ) -> [Element] {
        var seen: Set<RequestKey> = []
        return elements.reversed().filter { seen.insert(key($0)).inserted }.reversed()
    }
}
