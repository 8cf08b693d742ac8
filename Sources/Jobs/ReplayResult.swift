package import Goals
package import Replay

/// What a replay found: where it went, and the folded states, one a shard.
package struct ReplayResult: Sendable {
    /// One option as people gave it, for reports: `--sample`, `10%`.
    package struct Option: Sendable, Hashable, Codable {
        package let name: String
        package let value: String

        package init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    /// A what-if: the same events under other challenges.
    package struct Other: Sendable {
        package let states: [ReplayState]
        /// Of all shards; numbers of `catalogue`.
        package let effects: GoalEffects
        package let catalogue: GoalCatalogue
        package let challenges: ChallengeSet

        package init(states: [ReplayState], challenges: ChallengeSet) {
            self.states = states
            self.challenges = challenges
            effects = ReplayResult.merged(states)
            catalogue = states.first?.catalogue ?? GoalCatalogue()
        }

        package var players: Int { states.reduce(0) { $0 + $1.playerCount } }
        package var rows: Int { states.reduce(0) { $0 + $1.rowCount } }
    }

    package let options: [Option]
    /// UUID of the log.
    package let log: String
    /// First offset whose effects are counted.
    package let fromOffset: UInt64
    /// Where the replay was to end: first offset not wanted.
    package let toOffset: UInt64
    /// First offset not folded; `toOffset` unless partial.
    package let nextOffset: UInt64
    /// Times of the frames read from `fromOffset` on; nil without any.
    package let leastTime: Timestamp?
    package let greatestTime: Timestamp?
    /// Records from `fromOffset` on that were read, those of players not chosen included.
    package let records: UInt64
    package let seconds: Double
    /// Whether it was stopped before its end.
    package let isPartial: Bool
    /// All have passed the same configurations, so that all have one catalogue.
    package let states: [ReplayState]
    /// Of all shards, from `fromOffset` on; numbers of `catalogue`.
    package let effects: GoalEffects
    package let catalogue: GoalCatalogue
    /// What governs the end.
    package let challenges: ChallengeSet
    package let other: Other?

    package init(
        options: [Option],
        log: String,
        fromOffset: UInt64,
        toOffset: UInt64,
        nextOffset: UInt64,
        leastTime: Timestamp?,
        greatestTime: Timestamp?,
        records: UInt64,
        seconds: Double,
        isPartial: Bool,
        states: [ReplayState],
        challenges: ChallengeSet,
        other: Other? = nil
    ) {
        self.options = options
        self.log = log
        self.fromOffset = fromOffset
        self.toOffset = toOffset
        self.nextOffset = nextOffset
        self.leastTime = leastTime
        self.greatestTime = greatestTime
        self.records = records
        self.seconds = seconds
        self.isPartial = isPartial
        self.states = states
        self.challenges = challenges
        self.other = other
        effects = Self.merged(states)
        catalogue = states.first?.catalogue ?? GoalCatalogue()
    }

    package var players: Int { states.reduce(0) { $0 + $1.playerCount } }
    package var rows: Int { states.reduce(0) { $0 + $1.rowCount } }

    private static func merged(_ states: [ReplayState]) -> GoalEffects {
        var effects = GoalEffects()
        for state in states { effects.merge(state.effects) }
        return effects
    }
}
