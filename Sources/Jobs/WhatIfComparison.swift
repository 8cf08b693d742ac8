import Goals
import Replay
import Reports

/// Compares a replay with its what-if, player by player and goal by goal.
///
/// Goals of the two have different numbers; they are matched by id.
struct WhatIfComparison {
    private let before: GoalCatalogue
    private let after: GoalCatalogue
    private let other: ReplayResult.Other
    /// By the position of the goal's id among the ids of both, ascending.
    private var changes: [WhatIfReport.GoalChange]
    /// That position by catalogue number, before and after.
    private let beforePositions: [Int]
    private let afterPositions: [Int]
    private var playersAffected: Int64 = 0
    private var playersSeen = 0
    private let otherRanks: [UInt32]

    init(_ result: ReplayResult, _ other: ReplayResult.Other) {
        let (before, after) = (result.catalogue, other.catalogue)
        (self.before, self.after, self.other) = (before, after, other)
        otherRanks = other.states.first?.goalRanks() ?? []
        let ids = Set(before.goals).union(after.goals).sorted()
        let positions = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($0.element, $0.offset) })
        beforePositions = before.goals.map { positions[$0] ?? 0 }
        afterPositions = after.goals.map { positions[$0] ?? 0 }
        changes = ids.map { id in
            WhatIfReport.GoalChange(
                id: id,
                challenge: ReplayReport.challenge(id, [other.challenges, result.challenges]),
                name: ReplayReport.name(id, [other.challenges, result.challenges]),
                presence: before.goalNumber(id) == nil
                    ? .added : after.goalNumber(id) == nil ? .removed : .both
            )
        }
    }

    /// Compares one player of the replay with the same player of the what-if.
    mutating func compare(_ player: ReplayPlayer, shard: Int) {
        playersSeen += 1
        let rows = otherPlayer(player.id, shard: shard)?.rows ?? []
        compare(player.rows, rows)
    }

    /// Compares the what-if's players that the replay does not have; call it once, last.
    ///
    /// The same events make the same players, so there are none, except where the what-if starts elsewhere.
    mutating func compareRest(_ states: [ReplayState]) {
        guard other.players > 0, other.players != playersSeen else { return }
        for (shard, state) in other.states.enumerated() {
            for number in state.playerNumbersInIDOrder() {
                let player = state.player(number, ranks: otherRanks)
                if Self.find(player.id, shard, states) == nil { compare([], player.rows) }
            }
        }
    }

    /// What was compared so far, with the rewards granted on both sides over the span.
    func report(_ result: ReplayResult) -> WhatIfReport {
        let (old, new) = (result.effects.rewards, other.effects.rewards)
        let names = Set(old.keys).union(new.keys).sorted()
        return WhatIfReport(
            goals: changes,
            rewards: names.map { name in
                WhatIfReport.RewardChange(
                    kind: name.kind.rawValue,
                    id: name.id,
                    before: old[name] ?? 0,
                    after: new[name] ?? 0
                )
            },
            playersAffected: playersAffected
        )
    }

    /// Both rows of a goal beside each other; each list ascends by goal id.
    private mutating func compare(_ left: [ReplayRow], _ right: [ReplayRow]) {
        var (one, two) = (0, 0)
        var isAffected = false
        while one < left.count || two < right.count {
            let first = one < left.count ? beforePositions[Int(left[one].goal)] : Int.max
            let second = two < right.count ? afterPositions[Int(right[two].goal)] : Int.max
            let old = first <= second ? left[one] : nil
            let new = second <= first ? right[two] : nil
            if old != nil { one += 1 }
            if new != nil { two += 1 }
            if Self.compare(old, new, &changes[min(first, second)]) { isAffected = true }
        }
        if isAffected { playersAffected += 1 }
    }

    /// Counts one goal of one player; returns whether anything a player could see differs.
    ///
    /// Static, for a method would copy all changes to lend one of them.
    private static func compare(
        _ old: ReplayRow?,
        _ new: ReplayRow?,
        _ change: inout WhatIfReport.GoalChange
    ) -> Bool {
        let (wasCompleted, isCompleted) = (isCompleted(old), isCompleted(new))
        let (wasClaimed, isClaimed) = (old?.status == .claimed, new?.status == .claimed)
        change.completedBefore += wasCompleted ? 1 : 0
        change.completedAfter += isCompleted ? 1 : 0
        change.completionsGained += isCompleted && !wasCompleted ? 1 : 0
        change.completionsLost += wasCompleted && !isCompleted ? 1 : 0
        change.claimedBefore += wasClaimed ? 1 : 0
        change.claimedAfter += isClaimed ? 1 : 0
        change.claimsGained += isClaimed && !wasClaimed ? 1 : 0
        change.claimsLost += wasClaimed && !isClaimed ? 1 : 0
        let isSame =
            old?.progress == new?.progress && old?.status == new?.status && old?.isActive == new?.isActive
            && old?.assignedAt == new?.assignedAt && old?.completedAt == new?.completedAt
            && old?.claimedAt == new?.claimedAt
        if !isSame { change.playersAffected += 1 }
        return !isSame
    }

    private static func isCompleted(_ row: ReplayRow?) -> Bool {
        row?.status == .completed || row?.status == .claimed
    }

    private func otherPlayer(_ id: Identifier, shard: Int) -> ReplayPlayer? {
        guard let place = Self.find(id, shard, other.states) else { return nil }
        return other.states[place.shard].player(place.number, ranks: otherRanks)
    }

    /// Where the player is: in its own shard, where both sides have the same shards, else in any.
    private static func find(_ id: Identifier, _ shard: Int, _ states: [ReplayState]) -> (
        shard: Int, number: UInt32
    )? {
        if shard < states.count, let number = states[shard].playerNumber(id) { return (shard, number) }
        for (shard, state) in states.enumerated() {
            if let number = state.playerNumber(id) { return (shard, number) }
        }
        return nil
    }
}
