/// Everything a replay's report shows; ``ReportPage`` renders it.
package struct ReportModel: Sendable {
    package struct Fact: Hashable, Sendable {
        package let label: String
        package let value: String

        package init(_ label: String, _ value: String) {
            self.label = label
            self.value = value
        }
    }

    /// The headline, such as `Replay of mygame`.
    package var title: String
    /// A sentence below it: which records of which time.
    package var subtitle: String
    /// Why the result is not whole, nil where it is.
    package var partial: String?
    package var players: Int64
    package var records: Int64
    package var goals: [GoalReport]
    /// Ascending; days on which nothing happened may be left out.
    package var days: [DayTotals]
    package var whatIf: WhatIfReport?
    package var difference: DifferenceReport?
    /// Offsets, log, configuration, version: what one needs to do it again.
    package var facts: [Fact]
    /// What to know when reading the numbers.
    package var notes: [String]

    package init(
        title: String,
        subtitle: String,
        partial: String? = nil,
        players: Int64,
        records: Int64,
        goals: [GoalReport],
        days: [DayTotals],
        whatIf: WhatIfReport? = nil,
        difference: DifferenceReport? = nil,
        facts: [Fact] = [],
        notes: [String] = []
    ) {
        self.title = title
        self.subtitle = subtitle
        self.partial = partial
        self.players = players
        self.records = records
        self.goals = goals
        self.days = days
        self.whatIf = whatIf
        self.difference = difference
        self.facts = facts
        self.notes = notes
    }
}
