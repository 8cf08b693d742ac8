import Fold
import Goals

/// One event of a player and what it did.
package struct ExplainedEvent: Sendable, Encodable {
    /// What an event did to one goal.
    package struct Effect: Sendable, Encodable {
        package struct Change: Sendable, Encodable {
            package let field: String
            /// Nil for none.
            package let before: String?
            package let after: String?
        }

        package let goal: String
        package let challenge: String
        /// Whether the event made the goal's row; before, the goal was as the configuration has it by default.
        package let makesRow: Bool
        /// Why nothing changed: a word of the fold's counts; nil where something did.
        package let ignored: String?
        /// In words: `progress 3 → 4, completed`.
        package let text: String
        package let changes: [Change]
    }

    package let offset: UInt64
    package let time: String
    package let name: String
    /// What the event says: `kills 12`, `claims g1 of c1`.
    package let text: String
    /// The event's id; empty for none.
    package let id: String
    /// `applied`, or the code that the request was rejected with; nil for other events.
    package let decision: String?
    /// Why the event concerned no goal: a word of the fold's counts, or what came of a delivery.
    package let ignored: String?
    /// The reward that a claim granted: `5 WALLET GEMS`.
    package let grant: String?
    package let effects: [Effect]
}

/// What led to a player's state: the frame around the events, and the end.
package struct Explanation: Sendable, Encodable {
    /// A goal's row at the end.
    package struct Row: Sendable, Encodable {
        package let goal: String
        package let challenge: String
        package let progress: Int32
        package let status: String
        package let isActive: Bool
        package let assignedAt: String?
        package let completedAt: String?
        package let claimedAt: String?
        package let lastEventAt: String?
    }

    package let player: String
    package let goal: String?
    /// First offset looked at, 0 unless the log was retained.
    package let fromOffset: UInt64
    /// Set where the log's beginning is gone: what the explanation begins with.
    package let retained: String?
    /// First offset not looked at.
    package let nextOffset: UInt64
    /// Events of the player that concern the goal, or all.
    package let events: UInt64
    /// Events left out by the limit, the oldest.
    package let eventsLeftOut: UInt64
    package let firstEventAt: String?
    package let lastEventAt: String?
    package let rows: [Row]
    /// What the tables hold; nil where the database does not run.
    package let tables: Tables?
    /// What clients are shown.
    package let published: String

    package struct Tables: Sendable, Encodable {
        package let partition: Int
        /// First offset that the tables do not include.
        package let watermark: UInt64
        /// Differences to the log at that watermark; none is what should be.
        package let drift: [Drift]
    }
}
