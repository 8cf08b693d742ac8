import EventLog
import Fold
import Goals
import Logging
import Replay

/// From where verify and explain fold: the newest good snapshot, else offset 0.
struct VerifyStart {
    let access: LogAccess
    let log: Logger
    /// Folds from offset 0, whatever snapshots there are.
    let fromLog: Bool

    /// States at the start, one a shard; the start is not beyond `target`.
    func states(
        shardCount: Int,
        choice: PlayerChoice,
        upTo target: UInt64
    ) throws -> (offset: UInt64, states: [ReplayState]) {
        let make = { (offset: UInt64, catalogue: GoalCatalogue) throws -> [ReplayState] in
            let set = try access.governing(offset).set
            let state = ReplayState(challenges: set, keeping: .everything, catalogue: catalogue)
            return Array(repeating: state, count: shardCount)
        }
        if !fromLog {
            let store = SnapshotStore(access: access, log: log)
            if let found = try store.restore(upTo: target, choice: choice, makeStates: make) { return found }
        }
        let first = try access.directory.firstOffset()
        guard first == 0 else {
            throw JobError(
                .noInput,
                "the log begins at offset \(first), for what was before is retained away, and "
                    + (fromLog
                        ? "--from-log wants all of it"
                        : "there is no good snapshot from there up to offset \(target)")
                    + ": restore the older segments from a copy, or a snapshot"
            )
        }
        return (0, try make(0, GoalCatalogue()))
    }

    /// What is known of one player at the start, and the start's offset, at most `target`.
    ///
    /// With `wholeLog` a snapshot is used only where the log's beginning is gone.
    func contents(
        of player: Identifier,
        upTo target: UInt64,
        wholeLog: Bool
    ) throws -> (contents: PlayerHistory.Contents, offset: UInt64) {
        if wholeLog || fromLog, try access.directory.firstOffset() == 0 {
            return (PlayerHistory.Contents(), 0)
        }
        var table = PlayerTable()
        _ = table.index(of: player)
        let (offset, states) = try states(shardCount: 1, choice: PlayerChoice(players: table), upTo: target)
        guard let state = states.first, let number = state.playerNumber(player) else {
            return (PlayerHistory.Contents(), offset)
        }
        return (Self.contents(state.player(number), state.catalogue), offset)
    }

    private static func contents(_ player: ReplayPlayer, _ catalogue: GoalCatalogue) -> PlayerHistory.Contents
    {
        var contents = PlayerHistory.Contents()
        contents.state = player.state
        contents.newestRequestAt = player.newestRequestAt
        for row in player.rows {
            contents.rows[catalogue.goals[Int(row.goal)]] = PlayerHistory.GoalRow(
                challenge: catalogue.challenges[Int(row.challenge)],
                row: row.progressRow(player: 0, goal: 0)
            )
        }
        for request in player.requests {
            contents.outcomes[request.eventID] = PlayerHistory.Outcome(
                rejection: request.rejection,
                decidedAt: request.decidedAt
            )
        }
        for grant in player.grants {
            contents.grants[grant.claimEventID] = PlayerHistory.Grant(
                goal: catalogue.goals[Int(grant.goal)],
                reward: grant.reward,
                claimedAt: grant.claimedAt,
                deliveredAt: grant.deliveredAt
            )
        }
        return contents
    }
}
