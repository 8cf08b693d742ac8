import EventLog
import Fold
import Goals
import Tables

/// From where verify and explain fold: the newest good snapshot, else offset 0.
struct VerifyStart {
    private let access: LogAccess
    private let fromLog: Bool

    init(access: LogAccess, fromLog: Bool) {
        self.access = access
        self.fromLog = fromLog
    }

    /// The partitions' parts as they are at the start; all at one offset, not beyond any of `targets`.
    func parts(
        _ marks: [PartitionWatermark],
        _ targets: [Int: UInt64],
        _ fold: StateFold
    ) throws -> [Int: StateFold.Part] {
        try expectWholeLog()
        var parts: [Int: StateFold.Part] = [:]
        for mark in marks {
            parts[mark.partition] = try fold.emptyPart(modulus: mark.modulus, remainder: mark.remainder)
        }
        return parts
    }

    /// What is known of one player at the start, and the start's offset, at most `target`.
    func contents(of player: Identifier, before target: UInt64) throws -> (PlayerHistory.Contents, UInt64) {
        try expectWholeLog()
        return (PlayerHistory.Contents(), 0)
    }

    /// Throws where the log's beginning is gone and nothing stands for it.
    private func expectWholeLog() throws {
        let first = try access.directory.firstOffset()
        guard first > 0 else { return }
        throw JobError(
            .noInput,
            "the log begins at offset \(first), what was before is retained away: run `goalpost run snapshot` "
                + "before retention next time, and restore an older log to look at all of it"
        )
    }
}
