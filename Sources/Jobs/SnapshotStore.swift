import Disk
import EventLog
import Goals
package import Logging
package import Replay

/// The snapshots of a data directory, each named after its offset as segments are.
package struct SnapshotStore: Sendable {
    private static let suffix = ".ndjson.zst"

    private let access: LogAccess
    private let log: Logger

    package init(access: LogAccess, log: Logger) { (self.access, self.log) = (access, log) }

    package var directory: String { access.workspace.snapshots }

    /// Offsets of all snapshots, ascending; files of other names are none.
    package func offsets() throws -> [UInt64] {
        do throws(DiskError) {
            return try access.volume.list(directory).compactMap { name in
                SegmentName(fileName: name)?.baseOffset
            }
        } catch {
            if error.code == DiskErrorCode.notFound { return [] }
            throw error
        }
    }

    package func file(at offset: UInt64) -> SnapshotFile {
        let name = SegmentName(baseOffset: offset).fileName
        return SnapshotFile(volume: access.volume, path: directory + "/" + name)
    }

    /// Restores the newest good snapshot at or before `offset` into states, one a shard; nil where there is none.
    ///
    /// One that is damaged or of another log is left out with a warning. `makeStates` makes the states for the
    /// records from an offset on, with the numbers of a catalogue; `choice` says which players are wanted.
    package func restore(
        upTo offset: UInt64,
        choice: PlayerChoice = PlayerChoice(),
        makeStates: (UInt64, GoalCatalogue) throws -> [ReplayState]
    ) throws -> (offset: UInt64, states: [ReplayState])? {
        let identity = try access.directory.identity().uuid
        let end = try access.directory.end()
        for found in try offsets().reversed() where found <= min(offset, end) {
            do {
                return (found, try Self.states(of: file(at: found), identity, found, choice, makeStates))
            } catch let error as JobError where error.status == .badData {
                log.warning("a snapshot is left out", metadata: ["reason": "\(error.message)"])
            }
        }
        return nil
    }

    /// Offset of the newest snapshot that is good when read whole, at or before `offset`.
    package func newestGood(upTo offset: UInt64 = .max) throws -> UInt64? {
        let identity = try access.directory.identity().uuid
        for found in try offsets().reversed() where found <= offset {
            do {
                _ = try file(at: found).read(
                    header: { try Self.check($0, identity, found, file(at: found).path) },
                    { _ in }
                )
                return found
            } catch let error as JobError where error.status == .badData {
                log.warning("a snapshot is left out", metadata: ["reason": "\(error.message)"])
            }
        }
        return nil
    }

    /// What the newest snapshot at or before `offset` says of itself, read from its first line only.
    ///
    /// Nil where there is none of this log; whether it is good, only reading all of it tells.
    package func newestHeader(upTo offset: UInt64) throws -> SnapshotFile.Header? {
        let identity = try access.directory.identity().uuid
        for found in try offsets().reversed() where found <= offset {
            do {
                let file = file(at: found)
                let header = try file.header()
                try Self.check(header, identity, found, file.path)
                return header
            } catch let error as JobError where error.status == .badData {
                log.warning("a snapshot is left out", metadata: ["reason": "\(error.message)"])
            }
        }
        return nil
    }

    /// The players of a snapshot file, spread over states; any damage is thrown and gives no states.
    static func states(
        of file: SnapshotFile,
        _ identity: String,
        _ offset: UInt64,
        _ choice: PlayerChoice,
        _ makeStates: (UInt64, GoalCatalogue) throws -> [ReplayState]
    ) throws -> [ReplayState] {
        var states: [ReplayState] = []
        _ = try file.read(
            header: { header in
                try check(header, identity, offset, file.path)
                states = try makeStates(offset, header.catalogue)
            },
            { player in
                let hash = PartitionHash.hash(player.id.utf8)
                guard choice.contains(player.id.utf8.span, hash: hash) else { return }
                let shard = Int(hash % UInt64(states.count))
                guard states[shard].playerNumber(player.id) == nil else {
                    throw JobError(.badData, "the snapshot \(file.path) is damaged: it has a player twice")
                }
                states[shard].insert(player)
            }
        )
        return states
    }

    private static func check(
        _ header: SnapshotFile.Header,
        _ identity: String,
        _ offset: UInt64,
        _ path: String
    ) throws(JobError) {
        guard header.log == identity else {
            throw JobError(.badData, "the snapshot \(path) is of the log \(header.log), not of \(identity)")
        }
        guard header.offset == offset else {
            throw JobError(.badData, "the snapshot \(path) is damaged: it says offset \(header.offset)")
        }
    }

    /// Removes all but the newest `kept` snapshots up to `end` and returns how many went.
    ///
    /// Also removes what a crash left half done. Snapshots beyond the log's end stay: they are another log's,
    /// or this one lost its end.
    package func prune(keeping kept: Int, upTo end: UInt64) throws -> Int {
        let old = try offsets().filter { $0 <= end }.dropLast(kept)
        for offset in old { try access.volume.remove(file(at: offset).path) }
        for name in try access.volume.list(directory) where name.hasSuffix(Self.suffix + ".tmp") {
            try access.volume.remove(directory + "/" + name)
        }
        try access.volume.syncDirectory(directory)
        return old.count
    }
}
