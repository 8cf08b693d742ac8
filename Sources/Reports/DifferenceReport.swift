/// How the replayed rows differ from the live tables.
package struct DifferenceReport: Hashable, Sendable {
    /// What was compared with what, as a sentence.
    package let compared: String
    package let rowsCompared: Int64
    /// Rows that only the replay has, that only the tables have, and that both have with other contents.
    package let rowsMissing: Int64
    package let rowsExtra: Int64
    package let rowsDifferent: Int64
    package let players: Int64

    package init(
        compared: String,
        rowsCompared: Int64,
        rowsMissing: Int64,
        rowsExtra: Int64,
        rowsDifferent: Int64,
        players: Int64
    ) {
        self.compared = compared
        self.rowsCompared = rowsCompared
        self.rowsMissing = rowsMissing
        self.rowsExtra = rowsExtra
        self.rowsDifferent = rowsDifferent
        self.players = players
    }

    package var isSame: Bool { rowsMissing == 0 && rowsExtra == 0 && rowsDifferent == 0 }
}
