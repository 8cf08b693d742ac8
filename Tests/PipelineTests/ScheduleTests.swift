import Foundation
import TestKit
import Testing

/// The commands that cron starts are there, and do what they are named after.
@Suite struct ScheduleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path()

    @Test func `every line of the crontab runs and says nothing`() async throws {
        let text = try String(contentsOfFile: Self.root + "cron/crontab", encoding: .utf8)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(!lines.isEmpty)
        let directory = try TemporaryDirectory()
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase()
        )
        try program.succeed("init", "--challenges", Self.root + "fixtures/demo/challenges.json")
        try program.succeed("ingest", Self.root + "fixtures/demo/events.ndjson.zst")
        var environment = program.environment
        environment["PATH"] = Command.binaries.path() + ":" + (environment["PATH"] ?? "")
        for line in lines {
            let fields = line.split(separator: " ", maxSplits: 5)
            try #require(fields.count == 6, "\(line)")
            let command = String(fields[5]).replacing("GOALPOST_HOME", with: Self.root)
                .replacing("GOALPOST_STORE", with: program.data)
            let result = try Command.run("/bin/sh", ["-c", command], environment: environment)
            #expect(result.status == 0 && result.output.isEmpty && result.error.isEmpty, "\(result.error)")
        }
        let status = try program.succeed("status", "--json")
        #expect(status.contains("\"lagRecords\":0") && status.contains("\"publishedOffset\":100000"))
    }
}
