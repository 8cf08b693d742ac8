import Disk
import Foundation
import Jobs
import Postgres
import StatusReport
import TestKit
import Testing

/// The history in PostgreSQL: every run once, also those that ended while it was away.
@Suite struct RunStoreTests {
    /// A database behind a link to the server's socket directory, which a test takes away and puts back.
    private final class Link {
        let directory: TemporaryDirectory
        let server: String
        let database: String
        var path: String { directory.path + "/s" }
        var url: String { "host=\(path) user=postgres dbname=\(database)" }

        init() async throws {
            let words = try await ThrowawayPostgres.freshDatabase().split(separator: " ")
            server = String(words[0].dropFirst("host=".count))
            database = String(words[2].dropFirst("dbname=".count))
            directory = try TemporaryDirectory()
            try attach()
            let session = Database(conninfo: url).session("schema")
            try await session.transaction { transaction in
                try transaction.script(
                    """
                    CREATE SCHEMA goalpost;
                    CREATE TABLE goalpost.job_run (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                        job text COLLATE "C" NOT NULL, started_at timestamptz NOT NULL, ended_at timestamptz NOT NULL,
                        exit_code integer NOT NULL, error text, from_offset bigint, next_offset bigint, counts jsonb,
                        host text NOT NULL, version text NOT NULL);
                    """
                )
            }
            await session.close()
        }

        func attach() throws {
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: server)
        }

        func detach() throws { try FileManager.default.removeItem(atPath: path) }

        /// The table's runs in the order they were added.
        func rows() async throws -> [String] {
            let session = Database(conninfo: url).session("rows")
            let rows = try await session.readOnlySnapshot { transaction in
                var rows: [String] = []
                let sql = """
                    SELECT job || ' ' || exit_code || ' ' || coalesce(counts ->> 'records', 'none') || ' '
                        || coalesce(next_offset::text, 'none') || ' ' || (counts ->> 'run') FROM goalpost.job_run ORDER BY id
                    """
                try transaction.query(sql) { row in rows.append(try row.text(0)) }
                return rows
            }
            await session.close()
            return rows
        }
    }

    private static func expectAway(_ world: RunnerWorld) async {
        do {
            try await world.runWithDatabase(records: 0)
            Issue.record("the database answered")
        } catch {
            #expect(JobError(error).status == .unavailable)
        }
    }

    @Test func `runs that ended while PostgreSQL was away are carried over once`() async throws {
        let link = try await Link()
        let world = try await RunnerWorld(databaseURL: link.url)
        try await world.runWithDatabase(records: 1)
        try link.detach()
        world.later(by: 60)
        await Self.expectAway(world)
        world.later(by: 60)
        // This one needs no database and does its work.
        try await world.run(.compact) { _ in RunnerWorld.Report(records: 2) }
        let away = try world.status()
        #expect(!away.database.isUp && away.database.error != nil)
        let waiting = try await world.jobs().run(history: 3)
        #expect(waiting.history.map(\.isStored) == [false, false, true] && waiting.historyLimit == nil)
        // More than the data directory holds is in the database, which is away: said, not failed.
        #expect(try await world.jobs().run(history: 4).historyLimit != nil)

        try link.attach()
        world.later(by: 60)
        try await world.runWithDatabase(records: 3)
        let rows = try await link.rows()
        #expect(
            rows.map { $0.split(separator: " ").dropLast().joined(separator: " ") }
                == ["fold 0 1 1", "fold 69 none none", "compact 0 2 2", "fold 0 3 3"]
        )
        #expect(try await world.jobs().run(history: 4).history.allSatisfy(\.isStored))
        #expect(try world.status().database.isUp)

        // A crash between the table's commit and the journal's mark: the table knows the runs already.
        let journal = String(decoding: try world.bytes("jobs/history.ndjson"), as: UTF8.self)
        try world.write(
            journal.replacing("\"isStored\":true", with: "\"isStored\":false"),
            "jobs/history.ndjson"
        )
        try await world.runWithDatabase(.publish, records: 4)
        #expect(try await link.rows().prefix(4) == rows[...])
        #expect(try await link.rows().count == 5)
    }

    @Test func `many runs at once are each in the table once`() async throws {
        let link = try await Link()
        let world = try await RunnerWorld(databaseURL: link.url)
        try link.detach()
        for _ in 0..<5 {
            world.later(by: 1)
            await Self.expectAway(world)
        }
        try link.attach()
        // All of them carry the same five along.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for job in JobName.allCases {
                group.addTask { try await world.runWithDatabase(job, records: 1) }
            }
            try await group.waitForAll()
        }
        let rows = try await link.rows()
        #expect(rows.count == 5 + JobName.allCases.count && Set(rows).count == rows.count)
    }

    @Test func `a report with what jsonb refuses holds nothing up`() async throws {
        let link = try await Link()
        let world = try await RunnerWorld(databaseURL: link.url)
        try await world.run { _ in RunnerWorld.Report(records: 1, text: "a\0b") }
        do {
            try await world.run { _ in throw JobError(.badData, "a\0b") }
            Issue.record("it did not fail")
        } catch {
            #expect(JobError(error).status == .badData)
        }
        #expect(try await link.rows().count == 2)
        #expect(world.messages.all.isEmpty)
    }

    @Test func `a longer history comes from the table, each run once`() async throws {
        let link = try await Link()
        let world = try await RunnerWorld(databaseURL: link.url)
        for number in 1...3 {
            try await world.runWithDatabase(records: number)
            world.later(by: 60)
        }
        // Another host ran over the same database; and this one lost its file.
        try LocalVolume().remove(world.path + "/jobs/history.ndjson")
        try await world.runWithDatabase(records: 4)
        let report = try await world.jobs().run(history: 10)
        #expect(report.historyLimit == nil)
        #expect(report.history.compactMap { $0.counts?["records"]?.double } == [4, 3, 2, 1])
        #expect(report.history.allSatisfy { $0.counts?["run"] == nil && !$0.run.isEmpty })
    }
}
