import Goals
package import Logging
package import Settings
import Tables

/// `goalpost grants`: the rewards that claims earned, and another try for those given up.
package struct GrantsJob: Sendable {
    /// A reward as people and scripts read it.
    package struct Grant: Encodable, Sendable {
        package let userId: String
        package let claimEventId: String
        package let goalId: String
        package let rewardType: String
        package let rewardId: String
        package let quantity: Int32
        package let state: String
        package let claimedAt: String
        package let attempts: Int32
        package let nextAttemptAt: String?
        package let deliveredAt: String?
        package let lastError: String?
        package let idempotencyKey: String
    }

    package struct List: Encodable, Sendable {
        /// Rewards by state, in all.
        package let counts: [String: Int64]
        /// Whether none is sent until a restore is confirmed.
        package let isHeld: Bool
        package let grants: [Grant]
    }

    package static let states = RewardGrantRow.State.allCases.map(\.rawValue)

    private let settings: Settings
    private let log: Logger

    package init(settings: Settings, log: Logger) { (self.settings, self.log) = (settings, log) }

    /// `state` is one of `states`; nil takes all.
    package func list(state: String?, player: String?, limit: Int) async throws -> List {
        let tables = try await tables()
        let wanted = try state.map { word in
            guard let state = RewardGrantRow.State(rawValue: word) else {
                let words = Self.states.joined(separator: ", ")
                throw JobError(.usage, "'\(word)' is no state of a reward: say one of \(words)")
            }
            return state
        }
        let rows = try await tables.rows(state: wanted, user: player.map { Identifier($0) }, limit: limit)
        let counts = try await tables.counts()
        return List(
            counts: Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) }),
            isHeld: try await tables.isHeld(),
            grants: rows.map(Self.grant)
        )
    }

    package func show(player: String, claim: String) async throws -> Grant {
        let row = try await tables().row(user: Identifier(player), claimEventID: Array(claim.utf8))
        guard let row else {
            throw JobError(
                .noInput,
                "player \(player) has no reward of a claim \(claim): `goalpost grants ls --player` lists his"
            )
        }
        return Self.grant(row)
    }

    /// Lets given-up rewards be delivered by the next run.
    ///
    /// Nil takes every player or claim. Returns how many.
    package func redrive(player: String?, claim: String?) async throws -> Int {
        try await tables().redrive(
            user: player.map { Identifier($0) },
            claimEventID: claim.map { Array($0.utf8) }
        )
    }

    private func tables() async throws -> GrantTables {
        let session = try await Database.open(settings, log: log).session("grants")
        _ = try await Schema.check(session)
        return GrantTables(session: session)
    }

    private static func grant(_ row: RewardGrantRow) -> Grant {
        Grant(
            userId: "\(row.user)",
            claimEventId: String(decoding: row.claimEventID, as: UTF8.self),
            goalId: "\(row.goal)",
            rewardType: row.rewardType,
            rewardId: row.rewardID,
            quantity: row.quantity,
            state: row.state.rawValue,
            claimedAt: RFC3339.text(row.claimedAt),
            attempts: row.attempts,
            nextAttemptAt: row.nextAttemptAt.map(RFC3339.text),
            deliveredAt: row.deliveredAt.map(RFC3339.text),
            lastError: row.lastError,
            // The key does not depend on the namespace.
            idempotencyKey: RewardMessage(row: row, namespace: row.user).key
        )
    }
}
