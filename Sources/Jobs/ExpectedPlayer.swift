import Fold
import Goals
import Replay
import Tables

/// What the tables have to hold of one player, in their own words.
struct ExpectedPlayer {
    let id: Identifier
    let state: PlayerState?
    /// Ascending by goal id.
    let rows: [StoredProgress]
    /// Ascending by event key.
    let outcomes: [StoredOutcome]
    /// Ascending by event key; `state` is `delivered` or `pending`.
    let grants: [StoredGrant]

    /// A player that the log does not know.
    init(unknown id: Identifier) {
        (self.id, state, rows, outcomes, grants) = (id, nil, [], [], [])
    }

    init(_ player: ReplayPlayer, _ catalogue: GoalCatalogue, namespace: Identifier) {
        id = player.id
        state = player.state
        rows = player.rows.map { row in
            Self.stored(
                row.progressRow(player: 0, goal: 0),
                goal: catalogue.goals[Int(row.goal)],
                challenge: catalogue.challenges[Int(row.challenge)],
                namespace: namespace
            )
        }.sorted { $0.goal < $1.goal }
        outcomes = Self.sorted(
            player.requests.map { Self.stored($0.eventID, $0.rejection, $0.decidedAt) }
        )
        grants = Self.sorted(
            player.grants.map { grant in
                Self.stored(
                    grant.claimEventID,
                    catalogue.goals[Int(grant.goal)],
                    grant.reward,
                    grant.claimedAt,
                    grant.deliveredAt
                )
            }
        )
    }

    init(_ id: Identifier, _ contents: PlayerHistory.Contents, namespace: Identifier) {
        self.id = id
        state = contents.state
        rows = contents.rows.map { goal, row in
            Self.stored(row.row, goal: goal, challenge: row.challenge, namespace: namespace)
        }.sorted { $0.goal < $1.goal }
        outcomes = Self.sorted(
            contents.outcomes.map { Self.stored($0.key, $0.value.rejection, $0.value.decidedAt) }
        )
        grants = Self.sorted(
            contents.grants.map { id, grant in
                Self.stored(id, grant.goal, grant.reward, grant.claimedAt, grant.deliveredAt)
            }
        )
    }

    /// A reward id as the tables can hold it: PostgreSQL's text has no U+0000.
    static func rewardID(_ id: String) -> String { id.replacing("\0", with: "?") }

    private static func stored(
        _ row: ProgressRow,
        goal: Identifier,
        challenge: Identifier,
        namespace: Identifier
    ) -> StoredProgress {
        StoredProgress(
            goal: goal,
            challenge: challenge,
            namespace: namespace,
            progress: row.progress,
            status: row.status.text,
            isActive: row.isActive,
            assignedAt: row.assignedAt,
            completedAt: row.completedAt,
            claimedAt: row.claimedAt,
            expiresAt: nil,
            createdAt: row.createdAt,
            updatedAt: row.updatedAt,
            lastEventAt: row.lastEventAt,
            lastCountedOn: row.lastCountedOn
        )
    }

    private static func stored(
        _ eventID: [UInt8],
        _ rejection: RequestOutcome.Rejection?,
        _ decidedAt: Timestamp
    ) -> StoredOutcome {
        StoredOutcome(
            eventKey: EventKey.key(eventID),
            outcome: rejection == nil ? "applied" : "rejected",
            errorCode: rejection?.rawValue,
            decidedAt: decidedAt
        )
    }

    private static func stored(
        _ eventID: [UInt8],
        _ goal: Identifier,
        _ reward: Reward,
        _ claimedAt: Timestamp,
        _ deliveredAt: Timestamp?
    ) -> StoredGrant {
        StoredGrant(
            eventKey: EventKey.key(eventID),
            goal: goal,
            rewardKind: reward.kind.rawValue,
            rewardID: rewardID(reward.id),
            quantity: reward.quantity,
            state: deliveredAt == nil ? "pending" : "delivered",
            claimedAt: claimedAt,
            deliveredAt: deliveredAt,
            attempts: 0
        )
    }

    private static func sorted(_ outcomes: [StoredOutcome]) -> [StoredOutcome] {
        outcomes.sorted { $0.eventKey.lexicographicallyPrecedes($1.eventKey) }
    }

    private static func sorted(_ grants: [StoredGrant]) -> [StoredGrant] {
        grants.sorted { $0.eventKey.lexicographicallyPrecedes($1.eventKey) }
    }
}
