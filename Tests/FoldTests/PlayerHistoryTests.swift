import Fold
import Goals
import TestKit
import Testing

/// One player at a time, event by event: what each event is said to have done adds up to what the fold does.
@Suite struct PlayerHistoryTests {
    @Test(arguments: UInt64(1)...40)
    func `a history told player by player ends as the oracle does, and counts what the fold counts`(
        seed: UInt64
    ) throws {
        let history = try RandomHistory(seed: seed)
        var tables = MemoryTables()
        var players: [Identifier: PlayerHistory] = [:]
        var told: [Identifier: [Identifier: ProgressRow]] = [:]
        var tally = FoldCounts()
        var events = 0
        for (range, challenges) in try FoldAgainstOracleTests.eras(history) {
            tables.fold(history.lines, range, challenges: challenges, partitions: 4, playersAtOnce: 7)
            for id in players.keys { players[id]?.use(challenges) }
            let empty = EventBatch(challenges: challenges, watermarks: [0])
            for offset in range {
                var batch = empty
                let line = history.lines[offset]
                batch.append(record: line.span, offset: UInt64(offset))
                let own = batch.partitions[0]
                guard let event = own.events.first else { continue }
                events += 1
                let id = own.players.id(0)
                var player = players[id] ?? PlayerHistory()
                if players[id] == nil { player.use(challenges) }
                let trace = player.apply(event, requests: own.requests)
                players[id] = player
                Self.tally(trace, &tally)
                for effect in trace.effects where effect.isChange {
                    let goal = challenges.goals[Int(effect.goal)].id
                    // Each effect starts from where the last one ended.
                    let before = told[id]?[goal]
                    #expect((before != nil) == effect.hadRow, "seed \(seed), offset \(offset)")
                    if let before {
                        #expect(Self.same(before, effect.before), "seed \(seed), offset \(offset)")
                    }
                    told[id, default: [:]][goal] = effect.after
                }
            }
        }
        #expect(events == history.lines.count)
        var counts = FoldCounts()
        for id in players.keys {
            guard var player = players[id] else { continue }
            counts.add(player.counts)
            let contents = player.contents()
            players[id] = player
            #expect(contents.state == tables.players[id], "seed \(seed), \(id)")
            let rows = tables.rows.filter { $0.key.user == id }
            #expect(contents.rows.count == rows.count, "seed \(seed), \(id)")
            #expect(told[id]?.count ?? 0 == rows.count, "seed \(seed), \(id)")
            for (key, row) in rows {
                let found = try #require(contents.rows[key.goal]?.row)
                #expect(Self.same(found, row), "seed \(seed), \(id), \(key.goal)")
                let last = try #require(told[id]?[key.goal])
                #expect(Self.same(last, row), "seed \(seed), \(id), \(key.goal): the effects end elsewhere")
            }
            let outcomes = tables.outcomes.filter { $0.key.user == id }
            #expect(contents.outcomes.count == outcomes.count, "seed \(seed), \(id)")
            for (key, outcome) in outcomes {
                #expect(contents.outcomes[key.event]?.rejection == outcome.rejection)
                #expect(contents.outcomes[key.event]?.decidedAt == outcome.decidedAt)
            }
            let grants = tables.grants.filter { $0.key.user == id }
            #expect(contents.grants.count == grants.count, "seed \(seed), \(id)")
            for (key, grant) in grants {
                #expect(contents.grants[key.event]?.goal == grant.goal)
                #expect(contents.grants[key.event]?.deliveredAt == grant.deliveredAt, "seed \(seed), \(id)")
            }
        }
        #expect(counts == tables.counts, "seed \(seed)")
        tally.records = counts.records
        #expect(tally == counts, "seed \(seed): what was told is not what was counted")
    }

    private static func same(_ left: ProgressRow, _ right: ProgressRow) -> Bool {
        var (left, right) = (left, right)
        (left.player, left.goal, right.player, right.goal) = (0, 0, 0, 0)
        return left == right
    }

    /// Counts an event's effects and reasons as the fold counts them.
    private static func tally(_ trace: EventTrace, _ counts: inout FoldCounts) {
        counts.effects += UInt64(trace.effects.count { $0.isChange })
        for effect in trace.effects { if let reason = effect.ignored { counts.count(reason) } }
        if let reason = trace.ignored { counts.count(reason) }
        switch trace.decision {
        case .applied: counts.requestsApplied += 1
        case .rejected: counts.requestsRejected += 1
        case nil: break
        }
    }
}
