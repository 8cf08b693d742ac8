/// Draws who does what: 10 % initialize, 70 % challenges (half of them the active ones only), 15 % activations and
/// 5 % claims; of events 20 % logins and 80 % stats.
///
/// Witnesses, the plan's first players, send nothing but values of one stat that grow by one, and are those whose
/// answers are looked at whole; everybody else does all of it. Where there are none, anybody's answer is looked at.
package struct Scenario {
    /// One read in so many is decoded and checked, one stat in so many is a witness's.
    package static let sampleEvery = 1000
    private static let witnessStatEvery = 50

    private let plan: GamePlan
    private let codings: CodingMix
    private var chance: Chance
    private var number: UInt64 = 0
    private var reads = 0
    private var stats = 0
    /// Stats sent so far, by player.
    private var levels: [UInt32]

    package init(plan: GamePlan, codings: CodingMix, seed: UInt64) {
        self.plan = plan
        self.codings = codings
        chance = Chance(seed: seed)
        levels = Array(repeating: 0, count: plan.players)
    }

    /// The next request of a player; with `onlyInitialize` it is one of the wave of players that come in.
    package mutating func request(at intended: Int64, isMeasured: Bool, onlyInitialize: Bool = false)
        -> Arrival
    {
        let kind = onlyInitialize ? RequestKind.initialize : drawRequest()
        var isSample = false
        if kind.isRead {
            reads += 1
            isSample = reads % Self.sampleEvery == 1
        }
        let goal = chance.below(plan.goalPaths.count)
        return arrival(
            kind,
            at: intended,
            isMeasured: isMeasured,
            player: isSample && plan.witnessCount > 0
                ? chance.below(plan.witnessCount) : drawPlayer(everybody: kind.isRead),
            target: goal,
            // Players turn goals on more often than off.
            value: chance.below(8) == 0 ? 0 : 1,
            isSample: isSample
        )
    }

    /// The next event of a game service.
    package mutating func event(at intended: Int64, isMeasured: Bool) -> Arrival {
        guard chance.below(100) >= 20 else {
            return arrival(.login, at: intended, isMeasured: isMeasured, player: drawPlayer(everybody: false))
        }
        stats += 1
        if let witness = plan.witness, plan.witnessCount > 0, stats % Self.witnessStatEvery == 1 {
            let player = chance.below(plan.witnessCount)
            return stat(player, witness.stat, at: intended, isMeasured: isMeasured)
        }
        let player = drawPlayer(everybody: false)
        return stat(player, chance.below(plan.statCodes.count), at: intended, isMeasured: isMeasured)
    }

    private mutating func stat(_ player: Int, _ stat: Int, at intended: Int64, isMeasured: Bool) -> Arrival {
        levels[player] += 1
        return arrival(
            .stat,
            at: intended,
            isMeasured: isMeasured,
            player: player,
            target: stat,
            value: Int(levels[player])
        )
    }

    private mutating func drawRequest() -> RequestKind {
        switch chance.below(100) {
        case ..<10: .initialize
        case ..<45: .challenges
        case ..<80: .activeOnly
        case ..<95: .activation
        default: .claim
        }
    }

    private mutating func drawPlayer(everybody: Bool) -> Int {
        let first = everybody ? 0 : plan.witnessCount
        return first + chance.below(plan.players - first)
    }

    private mutating func arrival(
        _ kind: RequestKind,
        at intended: Int64,
        isMeasured: Bool,
        player: Int,
        target: Int = 0,
        value: Int = 0,
        isSample: Bool = false
    ) -> Arrival {
        defer { number += 1 }
        return Arrival(
            intended: intended,
            kind: kind,
            number: number,
            player: player,
            target: target,
            value: value,
            coding: kind.isRead ? codings.draw(&chance) : .identity,
            isSample: isSample,
            isMeasured: isMeasured
        )
    }
}
