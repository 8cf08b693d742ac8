package import Goals

/// Folds one player's events in log order; reused player after player, so that it allocates next to nothing.
///
/// Deterministic: no clock, no randomness, no order but the log's. The same events and configuration give the
/// same rows in whatever batches they come.
package struct PlayerFold {
    let challenges: ChallengeSet
    private let rules: [GoalRule]
    let loginGoals: [Int]

    private var player: UInt32 = 0
    private(set) var state: PlayerState?
    /// The player's rows, prior ones first.
    private var rows: [ProgressRow] = []
    private var priorRows: [ProgressRow] = []
    /// Position in `rows` by goal, −1 where there is none.
    private var positions: [Int32]
    private var decided: [[UInt8]: Timestamp] = [:]
    private var newestRequest: Timestamp?
    private(set) var outcomes: [RequestOutcome] = []
    private var deliveries: [RewardDelivery] = []
    /// Claims of the batch that got a grant.
    private var granted: Set<[UInt8]> = []

    package var counts = FoldCounts()

    package init(challenges: ChallengeSet) {
        self.challenges = challenges
        rules = challenges.goals.map(GoalRule.init)
        loginGoals = challenges.loginGoals
        positions = Array(repeating: -1, count: challenges.goals.count)
    }

    /// Starts with a player as the tables have him: his state and rows before the batch.
    package mutating func begin(
        player: UInt32,
        state: PlayerState?,
        rows prior: some Sequence<ProgressRow>
    ) {
        self.player = player
        self.state = state
        for row in rows { positions[Int(row.goal)] = -1 }
        rows.removeAll(keepingCapacity: true)
        for row in prior {
            positions[Int(row.goal)] = Int32(rows.count)
            rows.append(row)
        }
        priorRows.removeAll(keepingCapacity: true)
        priorRows.append(contentsOf: rows)
        decided.removeAll(keepingCapacity: true)
        newestRequest = nil
        outcomes.removeAll(keepingCapacity: true)
        deliveries.removeAll(keepingCapacity: true)
        granted.removeAll(keepingCapacity: true)
    }

    /// What was decided for the player before, where the batch has requests of his.
    package mutating func remember(decided request: DecidedRequest) {
        decided[request.eventID] = request.decidedAt
    }
    package mutating func remember(newestRequest time: Timestamp?) { newestRequest = time }

    package mutating func apply(
        _ event: FoldEvent,
        requests: [FoldRequest],
        to change: inout PartitionChange
    ) {
        hear(of: event)
        switch event.action {
        case .login:
            for goal in loginGoals { signal(goal, value: nil, at: event.time) }
        case .stat(let stat?, let value):
            for goal in challenges.statGoals[Int(stat)] { signal(goal, value: value, at: event.time) }
        case .stat(nil, _): counts.count(.noGoal)
        case .activation(let index, let isActive):
            let request = requests[Int(index)]
            guard isUndecided(request, at: event.time) else { return }
            decide(request, at: event.time, activate(request.goal, isActive: isActive, at: event.time))
        case .claim(let index):
            let request = requests[Int(index)]
            guard isUndecided(request, at: event.time) else { return }
            decide(request, at: event.time, claim(request, at: event.time, &change))
        case .delivery(let index):
            deliveries.append(
                RewardDelivery(
                    player: player,
                    claimEventID: requests[Int(index)].eventID,
                    deliveredAt: event.time
                )
            )
        }
    }

    /// Counts an event and notes that the player was heard of.
    mutating func hear(of event: FoldEvent) {
        counts.records += 1
        if let known = state {
            state?.lastEventAt = max(known.lastEventAt, event.time)
        } else {
            state = PlayerState(firstEventAt: event.time, lastEventAt: event.time)
        }
    }

    /// Writes what became of the player into `change`.
    package mutating func end(into change: inout PartitionChange, isNew: Bool) {
        guard let state else { return }
        var isChanged = isNew
        for (position, row) in rows.enumerated() {
            if position >= priorRows.count {
                change.newRows.append(row)
                isChanged = true
            } else if row != priorRows[position] {
                change.changedRows.append(row)
                isChanged = true
            }
        }
        change.players.append((player, state, isNew))
        if isChanged { change.changedPlayers.append(player) }
        change.deliveries.append(contentsOf: deliveries)
        if let newestRequest {
            let horizon = Self.horizon(newestRequest)
            // An id decided anew within the batch keeps its newest outcome only.
            var last: [[UInt8]: Int] = [:]
            for (index, outcome) in outcomes.enumerated() { last[outcome.eventID] = index }
            for (index, outcome) in outcomes.enumerated()
            where last[outcome.eventID] == index && outcome.decidedAt >= horizon {
                change.outcomes.append(outcome)
            }
            change.outcomeHorizons[player] = horizon
        }
    }

    // MARK: Goals

    /// The row as it stands, or the state that a player without a row is in.
    func row(_ goal: Int, at time: Timestamp) -> (position: Int?, row: ProgressRow) {
        let position = positions[goal]
        if position >= 0 { return (Int(position), rows[Int(position)]) }
        return (nil, defaultRow(goal, at: time))
    }

    /// The state that a player without a row is in; `time` is when the row would be made.
    func defaultRow(_ goal: Int, at time: Timestamp) -> ProgressRow {
        let isAssigned = rules[goal].isDefaultAssigned
        return ProgressRow(
            player: player,
            goal: UInt32(goal),
            isActive: isAssigned,
            assignedAt: isAssigned ? state?.firstEventAt : nil,
            createdAt: time,
            updatedAt: time
        )
    }

    /// Keeps a changed row; a row that equals what was there is not made or touched.
    @discardableResult
    private mutating func store(
        _ row: ProgressRow,
        over before: ProgressRow,
        at position: Int?,
        time: Timestamp
    ) -> Bool {
        guard row != before else { return false }
        var row = row
        row.updatedAt = time
        if let position {
            rows[position] = row
        } else {
            positions[Int(row.goal)] = Int32(rows.count)
            rows.append(row)
        }
        counts.effects += 1
        return true
    }

    mutating func signal(_ goal: Int, value: Double?, at time: Timestamp) {
        let (position, before) = row(goal, at: time)
        var after = before
        var counted = CountedRow(before)
        let (instant, day) = (time.microseconds, time.day.number)
        if let reason = rules[goal].apply(value: value, at: instant, on: day, to: &counted) {
            counts.count(reason)
            return
        }
        counted.write(into: &after)
        if !store(after, over: before, at: position, time: time) {
            counts.count(.unchanged)
        }
    }

    private func isMet(_ goal: Int, _ row: ProgressRow, at time: Timestamp) -> Bool {
        rules[goal].isMet(CountedRow(row), on: time.day.number)
    }

    // MARK: Requests

    private static func horizon(_ newest: Timestamp) -> Timestamp {
        newest.adding(seconds: -RequestOutcome.retentionSeconds)
    }

    private mutating func isUndecided(_ request: FoldRequest, at time: Timestamp) -> Bool {
        let newest = max(newestRequest ?? time, time)
        guard let earlier = decided[request.eventID], earlier >= Self.horizon(newest) else { return true }
        counts.count(.duplicateRequest)
        return false
    }

    private mutating func decide(
        _ request: FoldRequest,
        at time: Timestamp,
        _ rejection: RequestOutcome.Rejection?
    ) {
        decided[request.eventID] = time
        newestRequest = max(newestRequest ?? time, time)
        if rejection == nil { counts.requestsApplied += 1 } else { counts.requestsRejected += 1 }
        outcomes.append(
            RequestOutcome(player: player, eventID: request.eventID, rejection: rejection, decidedAt: time)
        )
    }

    private mutating func activate(
        _ goal: UInt32?,
        isActive: Bool,
        at time: Timestamp
    ) -> RequestOutcome.Rejection? {
        guard let goal else { return .goalNotFound }
        let (position, before) = row(Int(goal), at: time)
        guard before.isActive != isActive else { return nil }
        var after = before
        after.isActive = isActive
        if isActive { after.assignedAt = time }
        store(after, over: before, at: position, time: time)
        return nil
    }

    private mutating func claim(
        _ request: FoldRequest,
        at time: Timestamp,
        _ change: inout PartitionChange
    ) -> RequestOutcome.Rejection? {
        guard let number = request.goal else { return .goalNotFound }
        let goal = Int(number)
        let (position, before) = row(goal, at: time)
        guard before.isActive else { return .goalNotActive }
        let isMet = self.isMet(goal, before, at: time)
        if isMet, before.status == .claimed { return .alreadyClaimed }
        guard isMet else { return .goalNotCompleted }
        for prerequisite in challenges.goals[goal].prerequisites {
            let position = positions[prerequisite]
            guard position >= 0, self.isMet(prerequisite, rows[Int(position)], at: time) else {
                return .prerequisitesNotMet
            }
        }
        var after = before
        after.status = .claimed
        after.claimedAt = time
        store(after, over: before, at: position, time: time)
        // An id that comes again after its outcome's retention: the grant it has stays.
        guard granted.insert(request.eventID).inserted else { return nil }
        // A delivery before its claim cannot answer this grant, in whatever batch the two come.
        change.earlyDeliveries += deliveries.filter { $0.claimEventID == request.eventID }
        deliveries.removeAll { $0.claimEventID == request.eventID }
        change.grants.append(
            RewardGrant(
                player: player,
                claimEventID: request.eventID,
                goal: number,
                reward: challenges.goals[goal].reward,
                claimedAt: time
            )
        )
        return nil
    }
}
