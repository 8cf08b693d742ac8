package import Fold
import Goals

extension ReplayState {
    /// Applies the events of one batch, which was parsed with the configuration in use.
    package mutating func apply(_ events: PartitionEvents) {
        numbers.removeAll(keepingCapacity: true)
        for index in 0..<UInt32(events.players.count) {
            let id = events.players.idBytes(index)
            let hash = PartitionHash.hash(id.span)
            // The first event is not known yet; a player there is none of has no time before it.
            numbers.append(
                players.number(of: id.span, hash: hash)
                    ?? players.add(id.span, hash: hash, first: OpenRow.none, last: OpenRow.none)
            )
        }
        for event in events.events {
            let player = numbers[Int(event.player)]
            let time = event.time.microseconds
            touch(player, time)
            switch event.action {
            case .login: signal(player, targets.login, value: nil, at: time)
            case .stat(let stat?, let value):
                signal(player, targets.stats[Int(stat)], value: value, at: time)
            case .stat(nil, _): counts.count(.noGoal)
            case .activation(let index, let isActive):
                let request = events.requests[Int(index)]
                decide(player, request.eventID.span, at: time) { state in
                    state.activate(player, request.goal, isActive: isActive, at: time)
                }
            case .claim(let index):
                let request = events.requests[Int(index)]
                decide(player, request.eventID.span, at: time) { state in
                    state.claim(player, request.goal, request.eventID.span, at: time)
                }
            case .delivery(let index):
                let request = events.requests[Int(index)]
                deliver(player, request.eventID.span, at: time)
            }
        }
        sweepOutcomes()
    }

    /// Applies events in log order; `other` takes the goals of the what-if's set, which is then in use.
    package mutating func apply(_ events: ReplayEvents, as other: Bool = false) {
        find(events)
        for (index, event) in events.events.enumerated() {
            let player = numbers[index]
            touch(player, event.time)
            switch event.kind {
            case .login: signal(player, targets.login, value: nil, at: event.time)
            case .stat:
                let range = event.detail == ReplayEvents.none ? 0..<0 : targets.stats[Int(event.detail)]
                if range.isEmpty {
                    counts.count(.noGoal)
                } else {
                    signal(player, range, value: event.value, at: event.time)
                }
            default: applyRequest(events, event, player, other)
            }
        }
        sweepOutcomes()
    }

    /// Finds the events' players, adding new ones: apart from the rest, so that many look-ups are under way at
    /// once.
    private mutating func find(_ events: ReplayEvents) {
        numbers.removeAll(keepingCapacity: true)
        numbers.reserveCapacity(events.events.count)
        let bytes = events.bytes.span
        for event in events.events {
            let id = bytes.extracting(Int(event.idStart)..<(Int(event.idStart) + Int(event.idCount)))
            if let number = players.number(of: id, hash: event.hash) {
                numbers.append(number)
            } else {
                numbers.append(players.add(id, hash: event.hash, first: event.time, last: event.time))
            }
        }
    }

    private mutating func applyRequest(
        _ events: ReplayEvents,
        _ event: ReplayEvents.Event,
        _ player: UInt32,
        _ other: Bool
    ) {
        let request = events.requests[Int(event.detail)]
        let start = Int(request.eventStart)
        let bytes = events.bytes
        let id = bytes.span.extracting(start..<(start + Int(request.eventCount)))
        let index = other ? request.otherGoal : request.goal
        let goal = index == ReplayEvents.none ? nil : index
        let time = event.time
        switch event.kind {
        case .activate, .deactivate:
            decide(player, id, at: time) { state in
                state.activate(player, goal, isActive: event.kind == .activate, at: time)
            }
        case .claim:
            decide(player, id, at: time) { state in state.claim(player, goal, id, at: time) }
        default: deliver(player, id, at: time)
        }
    }

    private mutating func touch(_ player: UInt32, _ time: Int64) {
        counts.records += 1
        if players[player].first == OpenRow.none { players[player].first = time }
        if players[player].last < time { players[player].last = time }
    }

    // MARK: Goals

    /// The position of a goal's row, −1 where there is none.
    private func position(
        _ target: GoalTargets.Target,
        _ directory: RowPool.Directory,
        hint: Int = 0
    ) -> Int {
        let position = rows.position(of: target.kind, in: directory, hint: hint)
        guard position < 0, target.isMoved else { return position }
        for kind in kinds.kinds(of: target.goal) {
            let position = rows.position(of: kind, in: directory, hint: 0)
            if position >= 0 { return position }
        }
        return -1
    }

    /// A login, or a stat with its value, reaches the goals `targets.signals[range]`.
    private mutating func signal(_ player: UInt32, _ range: Range<Int>, value: Double?, at time: Int64) {
        var directory = players[player].rows
        let first = players[player].first
        let timestamp = Timestamp(microseconds: time)
        if value == nil, directory.count == 0 { rows.reserve(targets.defaultLogins, in: &directory) }
        var hint = 0
        var inactive: UInt64 = 0
        for index in range {
            let goal = Int(targets.signals[index])
            let target = targets.goals[goal]
            let position = position(target, directory, hint: hint)
            if position < 0, !target.rule.isDefaultAssigned {
                inactive += 1
                continue
            }
            hint = position + 1
            let before =
                position < 0
                ? OpenRow(isAssigned: true, firstEventAt: first, time: time)
                : rows.row(position, in: directory, first: first)
            var after = before
            if let reason = target.rule.apply(value: value, at: timestamp, to: &after) {
                counts.count(reason)
                continue
            }
            guard after != before else {
                counts.count(.unchanged)
                continue
            }
            store(after, over: before, target, position, &directory, first, time)
        }
        players[player].rows = directory
        if inactive > 0 { counts.count(.inactive, times: inactive) }
    }

    /// Keeps a changed row and counts what the change means.
    private mutating func store(
        _ changed: OpenRow,
        over before: OpenRow,
        _ target: GoalTargets.Target,
        _ position: Int,
        _ directory: inout RowPool.Directory,
        _ first: Int64,
        _ time: Int64
    ) {
        var row = changed
        row.updated = time
        counts.effects += 1
        if row.status != before.status || row.completed != before.completed {
            effects.count(target.goal, from: before, to: row)
        }
        if position < 0 {
            rows.append(row, kind: target.kind, to: &directory, first: first)
        } else {
            rows.set(row, kind: target.kind, at: position, in: directory, first: first)
        }
    }

    // MARK: Requests

    private mutating func decide(
        _ player: UInt32,
        _ id: Span<UInt8>,
        at time: Int64,
        _ body: (inout ReplayState) -> RequestOutcome.Rejection?
    ) {
        let newest = max(players[player].newestRequest, time)
        let known = outcomes.index(player, id)
        if let known, outcomes[known].decidedAt >= Self.horizon(newest) {
            counts.count(.duplicateRequest)
            return
        }
        let rejection = body(&self)
        if rejection == nil { counts.requestsApplied += 1 } else { counts.requestsRejected += 1 }
        players[player].newestRequest = newest
        let outcome = Outcome(rejection: rejection, decidedAt: time)
        if let known { outcomes[known] = outcome } else { outcomes.add(player, id, outcome) }
    }

    private mutating func activate(
        _ player: UInt32,
        _ goal: UInt32?,
        isActive: Bool,
        at time: Int64
    ) -> RequestOutcome.Rejection? {
        guard let goal else { return .goalNotFound }
        let target = targets.goals[Int(goal)]
        var directory = players[player].rows
        let (position, before) = current(target, player, directory, at: time)
        guard before.isActive != isActive else { return nil }
        var after = before
        after.isActive = isActive
        if isActive { after.assigned = time }
        store(after, over: before, target, position, &directory, players[player].first, time)
        players[player].rows = directory
        return nil
    }

    private mutating func claim(
        _ player: UInt32,
        _ index: UInt32?,
        _ id: Span<UInt8>,
        at time: Int64
    ) -> RequestOutcome.Rejection? {
        guard let index else {
            effects.countRejectedClaim(nil, .goalNotFound)
            return .goalNotFound
        }
        let goal = challenges.goals[Int(index)]
        let target = targets.goals[Int(index)]
        var directory = players[player].rows
        let (position, before) = current(target, player, directory, at: time)
        if let rejection = rejection(goal, target, before, player, directory, at: time) {
            effects.countRejectedClaim(target.goal, rejection)
            return rejection
        }
        var after = before
        after.status = .claimed
        after.claimed = time
        store(after, over: before, target, position, &directory, players[player].first, time)
        players[player].rows = directory
        // An id that comes again after its outcome's retention: the grant it has stays.
        if grants.index(player, id) == nil {
            effects.countReward(goal.reward)
            let reward = number(reward: goal.reward)
            let grant = Grant(
                goal: target.goal,
                reward: reward,
                claimedAt: time,
                deliveredAt: OpenRow.none
            )
            grants.add(player, id, grant)
        }
        return nil
    }

    /// Why a claim is rejected, nil when it succeeds.
    private func rejection(
        _ goal: Goal,
        _ target: GoalTargets.Target,
        _ row: OpenRow,
        _ player: UInt32,
        _ directory: RowPool.Directory,
        at time: Int64
    ) -> RequestOutcome.Rejection? {
        guard row.isActive else { return .goalNotActive }
        let timestamp = Timestamp(microseconds: time)
        let isMet = target.rule.isMet(row, at: timestamp)
        if isMet, row.status == .claimed { return .alreadyClaimed }
        guard isMet else { return .goalNotCompleted }
        for prerequisite in goal.prerequisites {
            let target = targets.goals[prerequisite]
            let position = position(target, directory)
            guard position >= 0 else { return .prerequisitesNotMet }
            let row = rows.row(position, in: directory, first: players[player].first)
            guard target.rule.isMet(row, at: timestamp) else { return .prerequisitesNotMet }
        }
        return nil
    }

    /// The row as it stands, or the state that a player without a row is in.
    private func current(
        _ target: GoalTargets.Target,
        _ player: UInt32,
        _ directory: RowPool.Directory,
        at time: Int64
    ) -> (position: Int, row: OpenRow) {
        let position = position(target, directory)
        let first = players[player].first
        if position >= 0 { return (position, rows.row(position, in: directory, first: first)) }
        let isAssigned = target.rule.isDefaultAssigned
        return (position, OpenRow(isAssigned: isAssigned, firstEventAt: first, time: time))
    }

    private mutating func deliver(_ player: UInt32, _ id: Span<UInt8>, at time: Int64) {
        guard let grant = grants.index(player, id), grants[grant].deliveredAt == OpenRow.none else { return }
        grants[grant].deliveredAt = time
    }
}
