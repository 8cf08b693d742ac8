package import Goals
package import Replay

/// A folded player in the oracle's words.
extension NaivePlayer {
    package init(_ state: PlayerState) {
        self.init(
            firstEventAt: state.firstEventAt.microseconds,
            lastEventAt: state.lastEventAt.microseconds
        )
    }
}

extension NaiveRow {
    package init(_ row: ReplayRow, of user: [UInt8], _ catalogue: GoalCatalogue) {
        self.init(
            userId: user,
            goalId: catalogue.goals[Int(row.goal)].utf8,
            challengeId: catalogue.challenges[Int(row.challenge)].utf8,
            namespace: RandomHistory.namespace,
            progress: Int(row.progress),
            status: row.status.text,
            isActive: row.isActive,
            assignedAt: row.assignedAt?.microseconds,
            completedAt: row.completedAt?.microseconds,
            claimedAt: row.claimedAt?.microseconds,
            createdAt: row.createdAt.microseconds,
            updatedAt: row.updatedAt.microseconds,
            lastEventAt: row.lastEventAt?.microseconds,
            lastCountedOn: row.lastCountedOn.map { Int($0.number) }
        )
    }
}

extension NaiveOutcome {
    package init(_ request: ReplayRequest) {
        self.init(errorCode: request.rejection?.rawValue, decidedAt: request.decidedAt.microseconds)
    }
}

extension NaiveGrant {
    package init(_ grant: ReplayGrant, _ catalogue: GoalCatalogue) {
        self.init(
            goalId: catalogue.goals[Int(grant.goal)].utf8,
            reward: NaiveReward(
                type: grant.reward.kind.rawValue,
                rewardId: grant.reward.id,
                quantity: Int(grant.reward.quantity)
            ),
            claimedAt: grant.claimedAt.microseconds,
            deliveredAt: grant.deliveredAt?.microseconds
        )
    }
}
