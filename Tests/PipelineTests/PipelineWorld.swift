import BlockingLane
import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Logging
import Payloads
import Postgres
import Settings
import TestKit

/// A whole Goalpost in a directory of its own over a database of its own.
struct PipelineWorld {
    let directory: TemporaryDirectory
    let settings: Settings
    let access: LogAccess
    let database: Database
    let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// `partitions`, `batchRecords` and `segmentBytes` are the settings of those names.
    init(
        partitions: Int = 16,
        batchRecords: Int = 1_000_000,
        sharing other: PipelineWorld? = nil,
        segmentBytes: Int = 256 << 20
    )
        async throws
    {
        directory = try other?.directory ?? TemporaryDirectory()
        let url = try await ThrowawayPostgres.freshDatabase()
        settings = try await Settings.load(
            data: directory.path,
            options: [
                .databaseURL: ("test", url), .namespace: ("test", RandomHistory.namespace),
                .partitions: ("test", "\(partitions)"), .foldBatchRecords: ("test", "\(batchRecords)"),
                .segmentBytesMax: ("test", "\(segmentBytes)"), .publishBatchPlayers: ("test", "7"),
                .payloadMapBytes: ("test", "\(1 << 30)"),
            ],
            environment: [:]
        )
        access = LogAccess(settings)
        database = Database(conninfo: url)
    }

    /// Puts lines `range` of a history into the log, in frames of random sizes, with its configurations.
    func append(_ history: RandomHistory, _ range: Range<Int>, _ random: inout SplitMix64) throws {
        try LogDirectory.create(
            volume: access.volume,
            path: access.directory.path,
            makeUUID: { UUID().uuidString }
        )
        let writer = try access.openWriter(settings, now: WallClock.now)
        defer { writer.close() }
        try history.append(range, to: writer, frameRecordsMax: 300, using: &random)
    }

    @discardableResult
    func fold() async throws -> FoldSummary {
        // A few players at a time, as in a batch with too many rows for memory.
        try await FoldJob(
            settings: settings,
            access: access,
            database: database,
            log: log,
            priorRowsMax: 200
        ).run()
    }

    @discardableResult
    func publish(day: Int, all: Bool = false) async throws -> PublishSummary {
        let time = UTCDay(number: Int32(day)).start.adding(seconds: 3600)
        return try await PublishJob(settings: settings, access: access, database: database, log: log)
            .run(asOf: time, all: all)
    }

    func answer(_ player: String, _ kind: AnswerKind) throws -> PayloadJob.Answer {
        try PayloadJob(access: access).run(player: player, kind: kind)
    }

    /// The tables' rows as texts, in key order, without what may differ between runs.
    func dump() async throws -> [String] {
        let session = database.session("dump")
        return try await session.readOnlySnapshot { transaction in
            var lines: [String] = []
            for table in ["user_goal_progress", "player", "request_outcome", "reward_grant"] {
                let sql = "SELECT t::text FROM goalpost.\(table) t ORDER BY t::text COLLATE \"C\""
                try transaction.query(sql) { row in lines.append(table + " " + (try row.text(0))) }
            }
            return lines
        }
    }

    /// One number that a query answers.
    func number(_ sql: String) async throws -> Int64 {
        try await database.session("number").readOnlySnapshot { transaction in
            var result: Int64 = 0
            try transaction.query(sql) { row in result = try row.int8(0) }
            return result
        }
    }
}
