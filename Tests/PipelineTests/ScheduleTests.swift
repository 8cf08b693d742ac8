import Foundation
import TestKit
import Testing

/// The commands that cron starts are there, and do what they are named after.
@Suite struct ScheduleTests {
    @Test func `every line of the crontab runs and says nothing`() async throws {
        let directory = try TemporaryDirectory()
        // A blank in the path, since every line has to bear it.
        let program = GoalpostProgram(
            data: directory.path + "/the data",
            databaseURL: try await ThrowawayPostgres.freshDatabase()
        )
        try program.succeed("init", "--challenges", ScheduleProgram.root + "fixtures/demo/challenges.json")
        try program.succeed("ingest", ScheduleProgram.root + "fixtures/demo/events.ndjson.zst")
        let printed = try ScheduleProgram.install([
            "--print", "--as", "someone", "--data", program.data, "--bin", ScheduleProgram.binaries,
            "--keep-days", "30",
        ])
        #expect(printed.status == 0 && printed.error.isEmpty, "\(printed.error)")
        let lines = printed.output.split(separator: "\n").filter { $0.contains(/^[\d*]/) }
        #expect(lines.count == 5)
        for line in lines {
            let fields = line.split(separator: " ", maxSplits: 6)
            try #require(fields.count == 7 && fields[5] == "someone", "\(line)")
            // As cron does: nothing but this, and the settings from where it has them.
            let result = try Command.run(
                "/bin/sh",
                ["-c", String(fields[6])],
                environment: program.environment.merging(["PATH": "/usr/bin:/bin"]) { $1 }
            )
            let isSilent = result.output.isEmpty && result.error.isEmpty
            #expect(result.status == 0 && isSilent, "\(line): \(result.error)")
        }
        let status = try program.succeed("status", "--json")
        #expect(status.contains("\"lagRecords\":0") && status.contains("\"publishedOffset\":100000"))
    }

    @Test func `no line depends on the time zone or removes anything that nobody asked for`() throws {
        let printed = try ScheduleProgram.install(["--print", "--data", "/data", "--bin", "/bin"])
        let lines = printed.output.split(separator: "\n").filter { $0.contains(/^[\d*]/) }
        #expect(lines.contains { $0.hasPrefix("* * * * * ") && $0.contains("/jobs/cycle'") })
        for line in lines {
            let fields = line.split(separator: " ")
            // No line is bound to a day, and what must happen by the day is in the one that comes every minute.
            #expect(fields[2...4] == ["*", "*", "*"], "\(line)")
            #expect(!line.contains("%") && !line.contains("retain") && !line.contains("flock"), "\(line)")
        }
        #expect(printed.output.contains("\nMAILTO=root\n") && !printed.output.contains("CRON_TZ"))
    }

    @Test func `every wrapper is three lines and names its job`() throws {
        for job in ["cycle", "fold", "publish", "grant", "compact", "snapshot", "verify", "retain"] {
            let text = try String(contentsOfFile: ScheduleProgram.root + "jobs/\(job)", encoding: .utf8)
            let lines = text.split(separator: "\n")
            #expect(lines.count == 3 && lines[0] == "#!/bin/sh" && lines[1].hasPrefix("# "))
            #expect(lines[2].hasPrefix("exec ") && lines[2].contains("/scheduled\" \(job) "), "\(job)")
            #expect(lines[2].hasSuffix(" \"$@\""), "\(job)")
        }
    }
}
