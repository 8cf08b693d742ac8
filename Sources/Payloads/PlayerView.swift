package import Goals

/// A player as publish found them in the tables.
package struct PlayerView: Sendable {
    /// Time of the player's first event: when the default goals were assigned.
    package let firstEventAt: Timestamp
    /// The player's rows, at most one a goal; rows of goals outside of the challenge set are not shown.
    package let rows: ArraySlice<ProgressRow>
    /// The UTC day the answer is for; a daily goal completed on an earlier day is shown as not started.
    package let publishDay: UTCDay

    package init(firstEventAt: Timestamp, rows: ArraySlice<ProgressRow>, publishDay: UTCDay) {
        self.firstEventAt = firstEventAt
        self.rows = rows
        self.publishDay = publishDay
    }
}
