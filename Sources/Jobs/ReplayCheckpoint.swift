import Disk
import Fold
import Foundation
import Goals
import Replay

/// Where a stopped replay goes on: its options and effects, beside the states as snapshot files.
///
/// `checkpoint.json` is written last and removed first, so that it never names states that are not there.
struct ReplayCheckpoint: Codable {
    static let fileName = "checkpoint.json"
    private static let statesName = "checkpoint.ndjson.zst"
    private static let otherName = "checkpoint-other.ndjson.zst"
    private static let version = 1
    private static let fileBytesMax = 1 << 30

    /// What happened and was counted so far.
    struct Counted: Codable {
        var effects: GoalEffects
        var counts: FoldCounts
    }

    var goalpostReplay = Self.version
    let log: String
    let options: [ReplayResult.Option]
    /// SHA-256 of the what-if's challenges.json and of the file of players: the files may change, too.
    let inputs: [String]
    let fromOffset: UInt64
    let toOffset: UInt64
    let nextOffset: UInt64
    let records: UInt64
    let unreadable: UInt64
    /// Microseconds since 1970.
    let leastTime: Int64?
    let greatestTime: Int64?
    let seconds: Double
    let own: Counted
    let other: Counted?

    static func path(_ directory: String) -> String { directory + "/" + fileName }

    /// Writes it with its states, durably.
    func write(_ states: LogReplay.States, to directory: String, _ volume: any Volume, version: String) throws
    {
        try Self.remove(from: directory, volume)
        let own = SnapshotFile(volume: volume, path: directory + "/" + Self.statesName)
        try own.write(states.own, log: log, offset: nextOffset, createdBy: version)
        if !states.other.isEmpty {
            let other = SnapshotFile(volume: volume, path: directory + "/" + Self.otherName)
            try other.write(states.other, log: log, offset: nextOffset, createdBy: version)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try volume.atomicWrite(Array(try encoder.encode(self)), to: Self.path(directory))
    }

    /// Reads the checkpoint, nil where there is none.
    static func read(_ directory: String, _ volume: any Volume) throws -> ReplayCheckpoint? {
        guard try volume.exists(path(directory)) else { return nil }
        let bytes = try volume.readFile(path(directory), bytesMax: fileBytesMax)
        do {
            let checkpoint = try JSONDecoder().decode(ReplayCheckpoint.self, from: Data(bytes))
            if checkpoint.goalpostReplay == version { return checkpoint }
        } catch {
            // Told below, like one of another version.
        }
        throw JobError(
            .badData,
            "\(path(directory)) is no checkpoint of this version: remove \(directory) and replay from the start"
        )
    }

    /// The states it stopped with.
    func states(_ replay: LogReplay, from directory: String) throws -> LogReplay.States {
        let volume = replay.access.volume
        let everybody = PlayerChoice()
        func restored(
            _ name: String,
            _ counted: Counted,
            _ make: (GoalCatalogue) throws -> [ReplayState]
        ) throws -> [ReplayState] {
            let file = SnapshotFile(volume: volume, path: directory + "/" + name)
            var states = try SnapshotStore.states(of: file, log, nextOffset, everybody) { _, catalogue in
                try make(catalogue)
            }
            // Which shard counts them makes no difference.
            states[0].effects = counted.effects
            states[0].counts = counted.counts
            return states
        }
        let own = try restored(Self.statesName, own) { catalogue in
            try replay.emptyStates(at: nextOffset, keeping: .rows, catalogue: catalogue)
        }
        guard let other else { return LogReplay.States(own: own) }
        let others = try restored(Self.otherName, other) { replay.emptyOtherStates(catalogue: $0) }
        return LogReplay.States(own: own, other: others)
    }

    /// Removes a checkpoint: what it would go on from is done.
    static func remove(from directory: String, _ volume: any Volume) throws {
        for name in [fileName, statesName, otherName] where try volume.exists(directory + "/" + name) {
            try volume.remove(directory + "/" + name)
        }
        try volume.syncDirectory(directory)
    }
}
