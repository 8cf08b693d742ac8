import Fold
import Goals

/// Says in words what an event is and did.
struct ExplainWords {
    private let challenges: ChallengeSet

    init(_ challenges: ChallengeSet) { self.challenges = challenges }

    func event(_ found: PlayerScan.Found) -> ExplainedEvent {
        ExplainedEvent(
            offset: found.offset,
            time: RFC3339.text(found.time),
            name: "\(found.view.kind.name)",
            text: Self.text(found),
            id: DriftText.text(found.id),
            decision: Self.decision(found.trace.decision),
            ignored: Self.ignored(found.trace),
            grant: found.trace.grant.map { Self.reward($0.reward) },
            effects: found.trace.effects.map(effect)
        )
    }

    private static func text(_ found: PlayerScan.Found) -> String {
        let target = "\(DriftText.text(found.goal)) of \(DriftText.text(found.challenge))"
        return switch found.view.kind {
        case .userLoggedIn: ""
        case .statItemUpdated: "\(DriftText.text(found.statCode)) \(number(found.view.value))"
        case .goalActivationRequested: "\(found.view.isActive ? "activate" : "deactivate") \(target)"
        case .rewardClaimRequested: "claim \(target)"
        case .rewardDelivered: "of claim \(DriftText.text(found.claimEventID))"
        }
    }

    /// `12` for 12.0.
    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    private static func reward(_ reward: Reward) -> String {
        "\(reward.quantity) \(reward.kind.rawValue) \(reward.id)"
    }

    private static func decision(_ decision: EventTrace.Decision?) -> String? {
        switch decision {
        case .applied: "applied"
        case .rejected(let reason): reason.rawValue
        case nil: nil
        }
    }

    private static func ignored(_ trace: EventTrace) -> String? {
        if let reason = trace.ignored { return reason.rawValue }
        return trace.isDelivered == false ? "no_undelivered_grant" : nil
    }

    private func effect(_ effect: EventTrace.Effect) -> ExplainedEvent.Effect {
        let goal = challenges.goals[Int(effect.goal)]
        return ExplainedEvent.Effect(
            goal: "\(goal.id)",
            challenge: "\(challenges.challenges[goal.challenge].id)",
            makesRow: effect.isChange && !effect.hadRow,
            ignored: effect.ignored?.rawValue,
            text: Self.text(effect, goal),
            changes: effect.isChange ? Self.changes(effect.before, effect.after) : []
        )
    }

    private static func text(_ effect: EventTrace.Effect, _ goal: Goal) -> String {
        let (before, after) = (effect.before, effect.after)
        if let reason = effect.ignored { return text(reason, effect, goal) }
        guard effect.isChange else {
            // A request: applied without a change, or rejected.
            if !effect.hadRow, before.isActive {
                return "no change: active since the first event, by default"
            }
            return "no change"
        }
        var words: [String] = []
        if after.progress != before.progress {
            words.append("progress \(before.progress) → \(after.progress)")
        }
        if after.isActive != before.isActive { words.append(after.isActive ? "activated" : "deactivated") }
        if after.status != before.status {
            words.append(
                after.status == .inProgress
                    ? "begun" : after.status == .completed ? "completed" : after.status.text
            )
        } else if after.completedAt != before.completedAt {
            words.append("completed for \(after.completedAt?.day.text ?? "another day")")
        }
        if words.isEmpty { words.append("progress stays \(after.progress)") }
        return words.joined(separator: ", ")
    }

    private static func text(_ reason: FoldCounts.Ignored, _ effect: EventTrace.Effect, _ goal: Goal)
        -> String
    {
        switch reason {
        case .inactive:
            effect.hadRow ? "inactive: turned off" : "inactive: not assigned by default, never turned on"
        case .claimed: "claimed, and so final"
        case .negative: "a negative value counts for nothing"
        case .late: "late: older than \(DriftText.time(effect.before.lastEventAt) ?? "the last one")"
        case .dayCounted:
            goal.type == .daily
                ? "completed for \(effect.before.completedAt?.day.text ?? "the day") or later already"
                : "\(effect.before.lastCountedOn?.text ?? "the day") or later counted already"
        case .unchanged: "everything was so already"
        case .noGoal: "no goal counts it"
        case .duplicateRequest: "decided before"
        case .unreadable: "no event"
        }
    }

    private static func changes(_ before: ProgressRow, _ after: ProgressRow) -> [ExplainedEvent.Effect.Change]
    {
        let pairs = zip(columns(before), columns(after))
        return pairs.filter { $0.1 != $1.1 }.map {
            ExplainedEvent.Effect.Change(field: $0.0, before: $0.1, after: $1.1)
        }
    }

    private static func columns(_ row: ProgressRow) -> [(String, String?)] {
        [
            ("progress", "\(row.progress)"), ("status", row.status.text), ("is_active", "\(row.isActive)"),
            ("assigned_at", DriftText.time(row.assignedAt)),
            ("completed_at", DriftText.time(row.completedAt)),
            ("claimed_at", DriftText.time(row.claimedAt)),
            ("last_event_at", DriftText.time(row.lastEventAt)),
            ("last_counted_on", DriftText.day(row.lastCountedOn)),
        ]
    }
}
