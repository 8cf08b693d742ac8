package import Goals

/// What the scenario needs to know of the game: its goals, stat codes and players.
package struct GamePlan: Sendable {
    /// A goal whose progress tells which of a player's events are in an answer.
    package struct Witness: Sendable {
        package let goalID: String
        /// Index into `statCodes`.
        package let stat: Int
        /// Whether progress is the latest value; else it is the number of events.
        package let isAbsolute: Bool
    }

    /// Most players that send only what makes their progress known.
    package static let witnessesMax = 256

    /// Challenge and goal id, percent-encoded where a path needs it.
    package let goalPaths: [(challenge: String, goal: String)]
    package let statCodes: [String]
    package let players: Int
    /// Nil where no goal is fit: an active one from the start, that counts values or events of a stat.
    package let witness: Witness?

    /// The first so many players are witnesses.
    package var witnessCount: Int { witness == nil ? 0 : min(Self.witnessesMax, players / 4) }

    package init(_ challenges: ChallengeSet, players: Int) throws(LoadTestError) {
        guard !challenges.statCodes.isEmpty else {
            throw .unfitChallenges("no goal counts a statistic: the scenario has no stat events to send")
        }
        self.players = players
        goalPaths = challenges.goals.map { goal in
            (Self.escaped(challenges.challenges[goal.challenge].id), Self.escaped(goal.id))
        }
        let codes = challenges.statCodes.map(\.description)
        statCodes = codes
        let fit = challenges.goals.filter {
            $0.isDefaultAssigned && $0.eventSource == .statistic && !$0.countsOncePerDay && $0.type != .daily
        }
        let goal = fit.first { $0.type == .absolute } ?? fit.first
        witness = goal.flatMap { goal in
            challenges.statNumber(goal.statCode).map {
                Witness(goalID: goal.id.description, stat: $0, isAbsolute: goal.type == .absolute)
            }
        }
    }

    private static func escaped(_ id: Identifier) -> String {
        var text = ""
        for byte in id.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        return text
    }
}
