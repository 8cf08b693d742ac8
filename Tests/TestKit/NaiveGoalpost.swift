/// The fold rules a second time, as plainly as they can be said: dictionaries, one event at a time, no batches.
///
/// Tests hold the real fold, tables and payloads against it. It shares no code with them: it reads lines and
/// configurations itself and knows nothing of partitions. Clarity is all it is for; it is slow.
package struct NaiveGoalpost: Sendable {
    /// Greatest progress a row can hold; counting stops there.
    package static let progressMax = 2_147_483_647
    /// How long a request id counts as decided: 30 days, in microseconds.
    package static let retention: Int64 = 30 * NaiveTime.microsecondsPerDay

    package let namespace: String
    package private(set) var configuration = NaiveConfiguration()
    package private(set) var rows: [NaiveRowKey: NaiveRow] = [:]
    package private(set) var players: [[UInt8]: NaivePlayer] = [:]
    /// By player, then by event id.
    private var outcomesByPlayer: [[UInt8]: [[UInt8]: NaiveOutcome]] = [:]
    package private(set) var grants: [NaiveRequestKey: NaiveGrant] = [:]
    /// Requests whose id was decided already.
    package private(set) var duplicateRequestCount = 0

    /// The requests whose decision is still kept.
    package var outcomes: [NaiveRequestKey: NaiveOutcome] {
        var all: [NaiveRequestKey: NaiveOutcome] = [:]
        for (userId, outcomes) in outcomesByPlayer {
            for (eventId, outcome) in outcomes {
                all[NaiveRequestKey(userId: userId, eventId: eventId)] = outcome
            }
        }
        return all
    }

    /// The claims whose reward reached the player.
    package var delivered: Set<NaiveRequestKey> { Set(grants.filter { $0.value.deliveredAt != nil }.keys) }

    package init(namespace: String) { self.namespace = namespace }

    /// Folds a whole log: `configurations` maps the offset a configuration governs from to its bytes.
    package init(lines: [[UInt8]], configurations: [Int: [UInt8]], namespace: String) throws {
        self.init(namespace: namespace)
        for (offset, line) in lines.enumerated() {
            if let bytes = configurations[offset] { try configure(bytes) }
            try apply(line)
        }
        // A configuration at the log's end governs no record yet, but answers show it.
        if let bytes = configurations[lines.count] { try configure(bytes) }
    }

    /// Makes a challenges.json govern all that follows.
    package mutating func configure(_ bytes: [UInt8]) throws { configuration = try NaiveConfiguration(bytes) }

    /// Folds the next line of the log.
    package mutating func apply(_ line: [UInt8]) throws { apply(try NaiveEvent(line: line)) }

    /// Folds the next event of the log.
    package mutating func apply(_ event: NaiveEvent) {
        let known = players[event.userId]
        players[event.userId] = NaivePlayer(
            firstEventAt: known?.firstEventAt ?? event.time,
            lastEventAt: max(known?.lastEventAt ?? event.time, event.time)
        )
        switch event.kind {
        case .login:
            for goal in configuration.goals where goal.eventSource == "login" {
                change(event, goal) { Self.count(&$0, goal, at: event.time, value: nil) }
            }
        case .stat(let code, let value):
            for goal in configuration.goals where goal.eventSource == "statistic" && goal.statCode == code {
                change(event, goal) { Self.count(&$0, goal, at: event.time, value: value) }
            }
        case .activation(let challengeId, let goalId, let isActive):
            decide(event) { $0.activate(event, challengeId, goalId, isActive) }
        case .claim(let challengeId, let goalId):
            decide(event) { $0.claim(event, challengeId, goalId) }
        case .delivered(let claimEventId):
            let key = NaiveRequestKey(userId: event.userId, eventId: claimEventId)
            if grants[key] != nil, grants[key]?.deliveredAt == nil { grants[key]?.deliveredAt = event.time }
        }
    }

    /// A player's row in a goal: the stored one, or what holds by default until something changes it.
    package func row(_ userId: [UInt8], _ goal: NaiveGoal) -> NaiveRow {
        if let row = rows[NaiveRowKey(userId: userId, goalId: goal.id)] { return row }
        return NaiveRow(
            userId: userId,
            goalId: goal.id,
            challengeId: goal.challengeId,
            namespace: namespace,
            progress: 0,
            status: "not_started",
            isActive: goal.defaultAssigned,
            assignedAt: goal.defaultAssigned ? players[userId]?.firstEventAt : nil,
            createdAt: 0,
            updatedAt: 0
        )
    }

    private mutating func change(_ event: NaiveEvent, _ goal: NaiveGoal, _ edit: (inout NaiveRow) -> Void) {
        let key = NaiveRowKey(userId: event.userId, goalId: goal.id)
        let before = row(event.userId, goal)
        var after = before
        edit(&after)
        guard after != before else { return }
        if rows[key] == nil { after.createdAt = event.time }
        after.updatedAt = event.time
        rows[key] = after
    }

    // MARK: - Logins and stats

    /// Applies a stat, or a login where `value` is nil, to one row; leaves the row alone when it is ignored.
    private static func count(_ row: inout NaiveRow, _ goal: NaiveGoal, at time: Int64, value: Double?) {
        guard row.isActive else { return }
        if goal.type == "daily" {
            if let completedAt = row.completedAt, NaiveTime.day(time) <= NaiveTime.day(completedAt) { return }
            row.progress = 1
            row.status = "completed"
            row.completedAt = time
            row.claimedAt = nil
            row.lastEventAt = max(row.lastEventAt ?? time, time)
            return
        }
        if row.status == "claimed" { return }
        if goal.type == "absolute", let value {
            let whole = value.rounded(.towardZero)
            if whole < 0 { return }
            if let lastEventAt = row.lastEventAt, time < lastEventAt { return }
            row.progress = whole >= Double(progressMax) ? progressMax : Int(whole)
        } else {
            if goal.type == "increment", goal.daily {
                let day = NaiveTime.day(time)
                if let counted = row.lastCountedOn, day <= counted { return }
                row.lastCountedOn = day
            }
            row.progress = min(row.progress + 1, progressMax)
        }
        row.lastEventAt = max(row.lastEventAt ?? time, time)
        if row.status == "completed" { return }
        if row.progress >= goal.target {
            row.status = "completed"
            row.completedAt = time
        } else {
            row.status = "in_progress"
        }
    }

    // MARK: - Requests

    /// Decides a request once for each (player, event id), as far back as outcomes are kept.
    private mutating func decide(_ event: NaiveEvent, _ body: (inout NaiveGoalpost) -> String?) {
        let earlier = outcomesByPlayer[event.userId, default: [:]]
        let newest = max(earlier.values.map(\.decidedAt).max() ?? event.time, event.time)
        if let known = earlier[event.id], known.decidedAt >= newest - Self.retention {
            duplicateRequestCount += 1
            return
        }
        let outcome = NaiveOutcome(errorCode: body(&self), decidedAt: event.time)
        let kept = earlier.merging([event.id: outcome]) { _, new in new }
        outcomesByPlayer[event.userId] = kept.filter { $0.value.decidedAt >= newest - Self.retention }
    }

    private func goal(_ challengeId: [UInt8], _ goalId: [UInt8]) -> NaiveGoal? {
        configuration.goals.first { $0.id == goalId && $0.challengeId == challengeId }
    }

    /// Turns a goal on or off; returns why not.
    private mutating func activate(
        _ event: NaiveEvent,
        _ challengeId: [UInt8],
        _ goalId: [UInt8],
        _ isActive: Bool
    ) -> String? {
        guard let goal = goal(challengeId, goalId) else { return "GOAL_NOT_FOUND" }
        change(event, goal) { row in
            guard row.isActive != isActive else { return }
            row.isActive = isActive
            if isActive { row.assignedAt = event.time }
        }
        return nil
    }

    /// Claims a goal's reward; returns why not.
    private mutating func claim(_ event: NaiveEvent, _ challengeId: [UInt8], _ goalId: [UInt8]) -> String? {
        guard let goal = goal(challengeId, goalId) else { return "GOAL_NOT_FOUND" }
        guard row(event.userId, goal).isActive else { return "GOAL_NOT_ACTIVE" }
        let status = statusForClaims(event, goal)
        if status == "claimed" { return "ALREADY_CLAIMED" }
        guard status == "completed" else { return "GOAL_NOT_COMPLETED" }
        for id in goal.prerequisites {
            guard let prerequisite = configuration.goals.first(where: { $0.id == id }),
                ["completed", "claimed"].contains(statusForClaims(event, prerequisite))
            else { return "PREREQUISITES_NOT_MET" }
        }
        change(event, goal) { row in
            row.status = "claimed"
            row.claimedAt = event.time
        }
        let key = NaiveRequestKey(userId: event.userId, eventId: event.id)
        if grants[key] == nil {
            grants[key] = NaiveGrant(goalId: goal.id, reward: goal.reward, claimedAt: event.time)
        }
        return nil
    }

    /// The status a claim goes by: a daily goal counts on the day it was completed, and on no other.
    private func statusForClaims(_ event: NaiveEvent, _ goal: NaiveGoal) -> String {
        let row = row(event.userId, goal)
        guard goal.type == "daily" else { return row.status }
        guard let completedAt = row.completedAt, NaiveTime.day(completedAt) == NaiveTime.day(event.time)
        else {
            return "not_started"
        }
        return row.status
    }
}
