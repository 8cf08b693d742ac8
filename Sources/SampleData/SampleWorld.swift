package import Goals

/// A made-up game: its challenges and its players, the same for the same seed and sizes.
///
/// Most goals count a statistic, as a value or as a number of events; every tenth counts logins, others are
/// daily; every fifth is assigned by default and every eighth has a prerequisite. All ids are plain ASCII.
package struct SampleWorld: Sendable {
    package static let challengesAllowed = 1...1_000
    package static let goalsPerChallengeAllowed = 1...1_000
    package static let playersAllowed = 1...50_000_000

    package let seed: UInt64
    /// Number of players that the event stream draws from.
    package let players: Int
    /// In configuration order: `goalsPerChallenge` of the first challenge, then of the next.
    let goals: [SampleGoal]
    let challenges: [Challenge]

    struct Challenge: Sendable {
        let id: String
        let name: String
        let description: String
        let goals: Range<Int>
    }

    /// Makes the challenges; throws when a size is out of its range.
    package init(
        seed: UInt64,
        challenges challengeCount: Int = 10,
        goalsPerChallenge: Int = 50,
        players: Int = 1_000
    ) throws(SampleDataError) {
        try SampleDataError.check("challenges", challengeCount, Self.challengesAllowed)
        try SampleDataError.check("goals per challenge", goalsPerChallenge, Self.goalsPerChallengeAllowed)
        try SampleDataError.check("players", players, Self.playersAllowed)
        self.seed = seed
        self.players = players
        var random = SplitMix64(seed: seed)
        var goals: [SampleGoal] = []
        var challenges: [Challenge] = []
        for challenge in 0..<challengeCount {
            let start = goals.count
            let mode = SampleWords.modes[challenge % SampleWords.modes.count]
            let id = "\(mode)-season-\(challenge + 1)"
            for _ in 0..<goalsPerChallenge {
                goals.append(Self.goal(goals, indexInChallenge: goals.count - start, of: id, &random))
            }
            challenges.append(
                Challenge(
                    id: id,
                    name: "\(SampleWords.capitalized(mode)) Season \(challenge + 1)",
                    description: "Everything there is to win in \(mode) matches of this season.",
                    goals: start..<goals.count
                )
            )
        }
        self.goals = goals
        self.challenges = challenges
    }

    private static func goal(
        _ earlier: [SampleGoal],
        indexInChallenge index: Int,
        of challengeId: String,
        _ random: inout SplitMix64
    ) -> SampleGoal {
        let kinds: [SampleGoal.Kind] =
            switch index % 10 {
            case 0: [.absolute, .increment, .incrementByDay, .daily]
            case 1: [.daily]
            case 2: [.incrementByDay]
            case 3, 4, 5: [.increment]
            default: [.absolute]
            }
        let kind = kinds[index / 10 % kinds.count]
        let isLogin = index % 10 == 0
        let stat = random.below(SampleWords.statCodes.count)
        let targets: [Int] =
            switch kind {
            case .absolute: isLogin ? [10, 25, 50] : [25, 50, 100, 150, 250, 500, 1_000, 2_500]
            case .increment: [1, 2, 3, 5, 10, 25, 100]
            case .incrementByDay: [2, 3, 5, 7, 14, 30]
            case .daily: [1]
            }
        let target = targets[random.below(targets.count)]
        let number = earlier.count + 1
        let what = isLogin ? "login" : SampleWords.statCodes[stat]
        var prerequisites: [String] = []
        if index % 8 == 7, let previous = earlier.last { prerequisites.append(previous.id) }
        // Any goal made before this one: most of them are in another challenge.
        if index % 16 == 15 {
            let other = earlier[random.below(earlier.count)].id
            if !prerequisites.contains(other) { prerequisites.append(other) }
        }
        return SampleGoal(
            id: "goal-\(number)-\(what)",
            challengeId: challengeId,
            name: SampleWords.name(number: number, &random),
            description: SampleWords.description(of: kind, target: target, stat: isLogin ? nil : what),
            kind: kind,
            isLogin: isLogin,
            isDefault: index % 5 == 0 || index % 5 == 3 && index % 25 == 3,
            stat: stat,
            target: target,
            reward: SampleWords.reward(&random),
            prerequisites: prerequisites
        )
    }

    /// The events of the world's players, from `start` on; `eventsPerDay` of them fill a day of their own time.
    ///
    /// All carry `namespace`. One line in `idlessEvery` has no `id`; 0 means that all have one. Throws when a
    /// number is outside the ranges that `EventStream` names, or the namespace is empty or too long.
    package func events(
        startingAt start: Timestamp,
        eventsPerDay: Int = 1_000_000,
        namespace: String = "demo",
        activity: PlayerActivity = .skewed,
        idlessEvery: Int = 0
    ) throws(SampleDataError) -> EventStream {
        try EventStream(
            world: self,
            start: start,
            eventsPerDay: eventsPerDay,
            namespace: namespace,
            activity: activity,
            idlessEvery: idlessEvery
        )
    }

    /// The player's user id: 32 lower-case hexadecimal digits, made of the seed and the player's number.
    package func userId(_ player: Int) -> String {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { buffer in
            var writer = LineWriter(buffer)
            writer.userId(seed: seed, player: player)
            return String(decoding: buffer, as: UTF8.self)
        }
    }
}
