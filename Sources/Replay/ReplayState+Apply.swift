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

    /// Applies events; `other` takes the goals of the what-if's set, which is then in use.
    ///
    /// Player by player, each one's events in log order: players do not touch each other, and memory is passed
    /// once from its start to its end instead of here and there.
    package mutating func apply(_ events: ReplayEvents, as other: Bool = false) {
        find(events)
        sort(events)
        for index in 0..<events.count {
            let event = found[index]
            counts.records += 1
            if players[event.player].last < event.time { players[event.player].last = event.time }
            switch event.kind {
            case .login: signal(event.player, targets.login, value: nil, at: event.time)
            case .stat:
                let range = event.detail == ReplayEvents.none ? 0..<0 : targets.stats[Int(event.detail)]
                if range.isEmpty {
                    counts.count(.noGoal)
                } else {
                    signal(event.player, range, value: event.value, at: event.time)
                }
            default: applyRequest(events, event, other)
            }
        }
        sweepOutcomes()
    }

    /// Events whose players are looked up together.
    private static let blockEvents = 256

    /// Finds the events' players, adding new ones.
    ///
    /// In blocks, and each block in steps: nearly all of the time goes into waiting for memory, and one step's
    /// loads do not wait for each other.
    private mutating func find(_ events: ReplayEvents) {
        numbers.removeAll(keepingCapacity: true)
        numbers.reserveCapacity(events.count)
        let bytes = events.bytes.span
        var start = 0
        while start < events.count {
            let end = min(start + Self.blockEvents, events.count)
            players.glance(at: events.events[start..<end], &glances)
            for index in start..<end {
                let event = events.events[index]
                let id = bytes.extracting(Int(event.idStart)..<(Int(event.idStart) + Int(event.idCount)))
                numbers.append(
                    players.number(of: id, hash: event.hash)
                        ?? players.add(id, hash: event.hash, first: event.time, last: event.time)
                )
            }
            start = end
        }
    }

    /// Puts the events by player number into `found`, each player's in log order.
    private mutating func sort(_ events: ReplayEvents) {
        starts.removeAll(keepingCapacity: true)
        starts.append(contentsOf: repeatElement(0, count: players.count + 1))
        for number in numbers { starts[Int(number) + 1] += 1 }
        for player in 0..<players.count { starts[player + 1] += starts[player] }
        if found.count < events.count {
            found.append(contentsOf: repeatElement(FoundEvent(), count: events.count - found.count))
        }
        for (index, event) in events.events.enumerated() {
            let player = Int(numbers[index])
            found[Int(starts[player])] = FoundEvent(
                time: event.time,
                value: event.value,
                player: numbers[index],
                detail: event.detail,
                kind: event.kind
            )
            starts[player] += 1
        }
    }

    private mutating func applyRequest(_ events: ReplayEvents, _ event: FoundEvent, _ other: Bool) {
        let request = events.requests[Int(event.detail)]
        let start = Int(request.eventStart)
        let bytes = events.bytes
        let id = bytes.span.extracting(start..<(start + Int(request.eventCount)))
        let index = other ? request.otherGoal : request.goal
        let goal = index == ReplayEvents.none ? nil : index
        let (player, time) = (event.player, event.time)
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

    /// A login, or a stat with its value, reaches the goals `targets.signals[range]`.
    private mutating func signal(_ player: UInt32, _ range: Range<Int>, value: Double?, at time: Int64) {
        var directory = players[player].rows
        let first = players[player].first
        let rowsBefore = directory.count
        let day = Timestamp(microseconds: time).day.number
        if value == nil, rowsBefore == 0 { rows.reserve(targets.defaultLogins, in: &directory) }
        rows.find(range, of: targets, in: directory, kinds, into: &places)
        var inactive: UInt64 = 0
        for index in 0..<range.count {
            let place = places[index]
            let target = targets.goals[Int(targets.signals[range.lowerBound + index])]
            if place == RowPool.nowhere, !target.rule.isDefaultAssigned {
                inactive += 1
                continue
            }
            let before = place == RowPool.nowhere ? PackedRow.fresh(time: time) : rows.packed(place)
            // Nearly all rows are packed and stay so: they are changed as they lie.
            if let before, !before.isOpen, !target.isMoved {
                let step = before.step(target.rule, value: value, at: time, on: day)
                if let reason = step.ignored {
                    counts.count(reason)
                    continue
                }
                if let after = before.after(step, at: time, on: day) {
                    counts.effects += 1
                    countEffects(target.goal, from: before, to: after, step, first, time)
                    if place == RowPool.nowhere {
                        rows.append(after, kind: target.kind, to: &directory)
                    } else {
                        rows.set(after, at: place)
                    }
                    continue
                }
            }
            signalOpen(target, place, &directory, value: value, at: time, on: day, first: first)
        }
        if directory.count != rowsBefore { players[player].rows = directory }
        if inactive > 0 { counts.count(.inactive, times: inactive) }
    }

    private mutating func countEffects(
        _ goal: UInt32,
        from before: PackedRow,
        to after: PackedRow,
        _ step: GoalRule.Step,
        _ first: Int64,
        _ time: Int64
    ) {
        if before.statusRank == 0, after.statusRank != 0 { effects.countStarted(goal, at: time) }
        if step.completed != OpenRow.none, step.completed != before.completedTime {
            effects.countCompleted(goal, at: step.completed, assigned: after.assignedTime(first: first))
        }
    }

    /// A login or stat on a row of any kind.
    private mutating func signalOpen(
        _ target: GoalTargets.Target,
        _ place: UInt32,
        _ directory: inout RowPool.Directory,
        value: Double?,
        at time: Int64,
        on day: Int32,
        first: Int64
    ) {
        let before =
            place == RowPool.nowhere
            ? OpenRow(isAssigned: true, firstEventAt: first, time: time) : rows.row(place, first: first)
        var after = before
        if let reason = target.rule.apply(value: value, at: time, on: day, to: &after.counted) {
            counts.count(reason)
        } else if after.differs(from: before) {
            store(after, over: before, target, place, &directory, first, time)
        } else {
            counts.count(.unchanged)
        }
    }

    /// Keeps a changed row and counts what the change means.
    private mutating func store(
        _ changed: OpenRow,
        over before: OpenRow,
        _ target: GoalTargets.Target,
        _ place: UInt32,
        _ directory: inout RowPool.Directory,
        _ first: Int64,
        _ time: Int64
    ) {
        var row = changed
        row.updated = time
        counts.effects += 1
        effects.count(target.goal, from: before, to: row)
        if place == RowPool.nowhere {
            rows.append(row, kind: target.kind, to: &directory, first: first)
        } else {
            if target.isMoved { rows.refile(target.kind, in: directory, kinds) }
            rows.set(row, at: place, first: first)
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
        let (place, before) = current(goal, player, directory, at: time)
        guard before.counted.isActive != isActive else { return nil }
        var after = before
        after.counted.isActive = isActive
        if isActive { after.assigned = time }
        store(after, over: before, target, place, &directory, players[player].first, time)
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
        let (place, before) = current(index, player, directory, at: time)
        if let rejection = rejection(goal, target, before, player, directory, at: time) {
            effects.countRejectedClaim(target.goal, rejection)
            return rejection
        }
        var after = before
        after.counted.status = .claimed
        after.counted.claimed = time
        store(after, over: before, target, place, &directory, players[player].first, time)
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
    private mutating func rejection(
        _ goal: Goal,
        _ target: GoalTargets.Target,
        _ row: OpenRow,
        _ player: UInt32,
        _ directory: RowPool.Directory,
        at time: Int64
    ) -> RequestOutcome.Rejection? {
        guard row.counted.isActive else { return .goalNotActive }
        let day = Timestamp(microseconds: time).day.number
        let isMet = target.rule.isMet(row.counted, on: day)
        if isMet, case .claimed = row.counted.status { return .alreadyClaimed }
        guard isMet else { return .goalNotCompleted }
        for prerequisite in goal.prerequisites {
            let (place, row) = current(UInt32(prerequisite), player, directory, at: time)
            guard place != RowPool.nowhere, targets.goals[prerequisite].rule.isMet(row.counted, on: day)
            else {
                return .prerequisitesNotMet
            }
        }
        return nil
    }

    /// The row as it stands, or the state that a player without a row is in.
    private mutating func current(
        _ goal: UInt32,
        _ player: UInt32,
        _ directory: RowPool.Directory,
        at time: Int64
    ) -> (place: UInt32, row: OpenRow) {
        rows.find(targets.only(goal), of: targets, in: directory, kinds, into: &places)
        let first = players[player].first
        if places[0] != RowPool.nowhere { return (places[0], rows.row(places[0], first: first)) }
        let isAssigned = targets.goals[Int(goal)].rule.isDefaultAssigned
        return (places[0], OpenRow(isAssigned: isAssigned, firstEventAt: first, time: time))
    }

    private mutating func deliver(_ player: UInt32, _ id: Span<UInt8>, at time: Int64) {
        guard let grant = grants.index(player, id), grants[grant].deliveredAt == OpenRow.none else { return }
        grants[grant].deliveredAt = time
    }
}
