import Fold
import Goals
import Replay

/// How far a replay is, over all runs it took: what a checkpoint keeps.
struct ReplayLeg {
    let fromOffset: UInt64
    let toOffset: UInt64
    var nextOffset: UInt64
    var records: UInt64 = 0
    var unreadable: UInt64 = 0
    var leastTime: Timestamp?
    var greatestTime: Timestamp?
    var seconds = 0.0
    var states: LogReplay.States

    init(from: UInt64, to: UInt64, _ states: LogReplay.States) {
        (fromOffset, toOffset, nextOffset) = (from, to, from)
        self.states = states
    }

    init(_ checkpoint: ReplayCheckpoint, _ states: LogReplay.States) {
        fromOffset = checkpoint.fromOffset
        toOffset = checkpoint.toOffset
        nextOffset = checkpoint.nextOffset
        records = checkpoint.records
        unreadable = checkpoint.unreadable
        leastTime = checkpoint.leastTime.map { Timestamp(microseconds: $0) }
        greatestTime = checkpoint.greatestTime.map { Timestamp(microseconds: $0) }
        seconds = checkpoint.seconds
        self.states = states
    }

    mutating func add(_ done: LogReplay.Progress) {
        nextOffset = done.nextOffset
        records += done.records
        unreadable += done.unreadable
        leastTime = [leastTime, done.leastTime].compactMap(\.self).min()
        greatestTime = [greatestTime, done.greatestTime].compactMap(\.self).max()
    }

    func checkpoint(
        _ log: String,
        _ options: [ReplayResult.Option],
        _ inputs: [String]
    ) -> ReplayCheckpoint {
        ReplayCheckpoint(
            log: log,
            options: options,
            inputs: inputs,
            fromOffset: fromOffset,
            toOffset: toOffset,
            nextOffset: nextOffset,
            records: records,
            unreadable: unreadable,
            leastTime: leastTime?.microseconds,
            greatestTime: greatestTime?.microseconds,
            seconds: seconds,
            own: Self.counted(states.own),
            other: states.other.isEmpty ? nil : Self.counted(states.other)
        )
    }

    private static func counted(_ states: [ReplayState]) -> ReplayCheckpoint.Counted {
        var counted = ReplayCheckpoint.Counted(effects: GoalEffects(), counts: FoldCounts())
        for state in states {
            counted.effects.merge(state.effects)
            counted.counts.add(state.counts)
        }
        return counted
    }
}

extension ReplayCheckpoint {
    /// A run goes on only with the options, files and log that it was begun with.
    func check(_ options: [ReplayResult.Option], _ inputs: [String], _ log: String) throws(JobError) {
        guard log == self.log else {
            throw JobError(.badData, "the checkpoint is of the log \(self.log), not of \(log)")
        }
        guard options == self.options else {
            let words = self.options.map { "\($0.name) \($0.value)" }.joined(separator: " ")
            throw JobError(
                .usage,
                "--resume goes on with the options that the replay was begun with: "
                    + (words.isEmpty ? "none" : words)
            )
        }
        guard inputs == self.inputs else {
            throw JobError(.badData, "a file that the replay reads (players or challenges) changed since")
        }
    }
}
