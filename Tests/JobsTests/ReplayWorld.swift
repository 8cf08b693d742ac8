import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Logging
import Replay
import Settings
import TestKit

/// A data directory with a random history's log, for replays and snapshots; without a database.
struct ReplayWorld {
    let directory: TemporaryDirectory
    let settings: Settings
    let access: LogAccess
    let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// `root` is the data directory on another volume than the machine's.
    init(
        partitions: Int = 16,
        snapshotsKept: Int = 3,
        segmentBytesMax: Int = 65_536,
        volume: any Volume = LocalVolume(),
        root: String? = nil
    ) async throws {
        directory = try TemporaryDirectory()
        settings = try await Settings.load(
            data: root ?? directory.path,
            options: [
                .namespace: ("test", RandomHistory.namespace), .partitions: ("test", "\(partitions)"),
                .snapshotsKept: ("test", "\(snapshotsKept)"),
                .segmentBytesMax: ("test", "\(segmentBytesMax)"),
            ],
            environment: [:]
        )
        access = LogAccess(settings, volume: volume)
    }

    /// Puts records `range` of a history into the log, in frames of random sizes, with its configurations.
    ///
    /// A frame's times are the offsets of its records, in milliseconds.
    func append(_ history: RandomHistory, _ range: Range<Int>, using random: inout SplitMix64) throws {
        try LogDirectory.create(
            volume: access.volume,
            path: access.directory.path,
            makeUUID: { UUID().uuidString }
        )
        let writer = try access.openWriter(settings, now: WallClock.now)
        defer { writer.close() }
        try history.append(range, to: writer, frameRecordsMax: 120, using: &random)
    }

    func path(_ name: String) -> String { directory.path + "/" + name }

    var job: ReplayJob { ReplayJob(settings: settings, access: access, version: "test", log: log) }

    /// Replays into a new directory, with small batches.
    func replay(
        into name: String = UUID().uuidString,
        resume: Bool = false,
        stopAt stop: UInt64? = nil,
        _ change: (inout ReplayOptions) -> Void = { _ in }
    ) async throws -> ReplayResult {
        var request = ReplayOptions(directory: path(name))
        request.stretchRecords = 97
        change(&request)
        return try await job.run(request, resume: resume) { done, _ in
            done.nextOffset < stop ?? .max
        }
    }

    @discardableResult
    func snapshot() async throws -> SnapshotSummary {
        try await SnapshotJob(settings: settings, access: access, version: "test", log: log).run()
    }

    /// Deletes all segments but the last, as retention does.
    func retainLastSegment() throws -> UInt64 {
        let names = try access.directory.segmentNames()
        for name in names.dropLast() {
            try access.volume.remove(access.directory.path + "/" + name.fileName)
        }
        return try access.directory.firstOffset()
    }
}

/// Rows and players of states, in the oracle's words.
struct FoldedTables: Equatable {
    var rows: [NaiveRowKey: NaiveRow] = [:]
    var players: [[UInt8]: NaivePlayer] = [:]
    var outcomes: [NaiveRequestKey: NaiveOutcome] = [:]
    var grants: [NaiveRequestKey: NaiveGrant] = [:]

    init(_ oracle: NaiveGoalpost, withRequests: Bool = false) {
        rows = oracle.rows
        players = oracle.players
        guard withRequests else { return }
        outcomes = oracle.outcomes
        grants = oracle.grants
    }

    init(_ states: [ReplayState]) {
        for state in states { state.forEachPlayer { add($0, state.catalogue) } }
    }

    /// Both, which must not share a player.
    func union(_ other: FoldedTables) -> FoldedTables {
        var all = self
        all.rows.merge(other.rows) { $1 }
        precondition(Set(players.keys).isDisjoint(with: other.players.keys))
        all.players.merge(other.players) { $1 }
        return all
    }

    /// Only some players.
    func filtered(_ isWanted: ([UInt8]) -> Bool) -> FoldedTables {
        var some = self
        some.rows = rows.filter { isWanted($0.key.userId) }
        some.players = players.filter { isWanted($0.key) }
        return some
    }

    private mutating func add(_ player: ReplayPlayer, _ catalogue: GoalCatalogue) {
        let id = player.id.utf8
        players[id] = NaivePlayer(player.state)
        for row in player.rows {
            let row = NaiveRow(row, of: id, catalogue)
            rows[NaiveRowKey(userId: id, goalId: row.goalId)] = row
        }
        for request in player.requests {
            outcomes[NaiveRequestKey(userId: id, eventId: request.eventID)] = NaiveOutcome(request)
        }
        for grant in player.grants {
            grants[NaiveRequestKey(userId: id, eventId: grant.claimEventID)] = NaiveGrant(grant, catalogue)
        }
    }
}
