/// One row of `player`: when a player was first and last heard of.
package struct PlayerState: Hashable, Sendable {
    /// Time of the player's first event in log order; default goals count as assigned then.
    package var firstEventAt: Timestamp
    /// Greatest time of any of the player's events.
    package var lastEventAt: Timestamp

    package init(firstEventAt: Timestamp, lastEventAt: Timestamp) {
        self.firstEventAt = firstEventAt
        self.lastEventAt = lastEventAt
    }
}
