import EventLog
import Foundation
import Goals
import Jobs
import Logging
import Postgres
import Settings
import TestKit

/// A log and a database of its own that a random history is folded into.
struct TableWorld {
    let directory: TemporaryDirectory
    let settings: Settings
    let access: LogAccess
    let database: Database

    init(partitions: Int) async throws {
        directory = try TemporaryDirectory()
        let url = try await ThrowawayPostgres.freshDatabase()
        settings = try await Settings.load(
            data: directory.path,
            options: [
                .databaseURL: ("test", url), .namespace: ("test", RandomHistory.namespace),
                .partitions: ("test", "\(partitions)"),
            ],
            environment: [:]
        )
        access = LogAccess(settings)
        database = Database(conninfo: url)
    }

    /// Puts a stretch of the history into the log, with its configurations, and folds it into the tables.
    func fold(_ history: RandomHistory, _ range: Range<Int>) async throws {
        try LogDirectory.create(
            volume: access.volume,
            path: access.directory.path,
            makeUUID: { UUID().uuidString }
        )
        let writer = try access.openWriter(settings, now: WallClock.now)
        let stops = history.configurations.keys.sorted() + [range.upperBound]
        var start = range.lowerBound
        while start < range.upperBound {
            if let bytes = history.configurations[start] { _ = try writer.applyConfiguration(bytes) }
            let end = min(range.upperBound, stops.first { $0 > start } ?? range.upperBound)
            let bytes = history.lines[start..<end].flatMap { $0 + [UInt8(ascii: "\n")] }
            _ = try writer.append(
                FrameContent(bytes: bytes, recordCount: UInt32(end - start), leastTime: 0, greatestTime: 1)
            )
            start = end
        }
        writer.close()
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        _ = try await FoldJob(settings: settings, access: access, database: database, log: log).run()
    }

    /// Runs one statement on the tables.
    func execute(_ sql: String) async throws { try await database.session("test").statement(sql) }
}
