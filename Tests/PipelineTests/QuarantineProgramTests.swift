import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Logging
import Settings
import TestKit
import Testing

/// What was refused is listed, shown and fed in again by the real program.
@Suite struct QuarantineProgramTests {
    private let directory: TemporaryDirectory
    private let program: GoalpostProgram

    /// Five lines are refused: two of them for their time only, one without an id.
    init() async throws {
        directory = try TemporaryDirectory()
        program = GoalpostProgram(data: directory.path + "/data", databaseURL: "host=/nowhere")
        try program.succeed("init", "--challenges", RefusalTests.fixtures + "/challenges.json")
        let lines = """
            {"id":"a","name":"userLoggedIn","namespace":"demo","timestamp":"2026-01-05T10:00:00Z","userId":"u"}
            {"id":"b","name":"userLoggedIn","namespace":"demo","timestamp":"2999-01-05T10:00:00Z","userId":"u"}
            {"name":"userLoggedIn","namespace":"demo","timestamp":"2999-01-05T10:00:00Z","userId":"v"}
            {"id":"c","name":"userVanished","namespace":"demo","userId":"u"}
            no event

            """
        let raw = Array(lines.utf8) + [0xFF, 0xFE, 0x0A] + Array(repeating: 0x78, count: 70_000) + [0x0A]
        try LocalVolume().atomicWrite(raw, to: directory.path + "/in")
        let result = try program.run("ingest", directory.path + "/in", "--source", "s")
        try #require(result.status == 65, "\(result.error)")
    }

    private func day() throws -> String {
        let names = try LocalVolume().list(program.data + "/log/quarantine")
        return try #require(names.first { $0.hasSuffix(".ndjson") })
    }

    private func end() throws -> UInt64 {
        try LogDirectory(volume: LocalVolume(), path: program.data + "/log/events").end()
    }

    @Test func `refused lines are counted by reason, listed and shown`() throws {
        let day = try day()
        let listed = try program.succeed("quarantine", "ls")
        #expect(listed.contains(day) && listed.contains("6 refused"))
        #expect(listed.contains("future_timestamp 2, not_json 1, not_utf8 1, too_long 1, unknown_name 1"))
        let entries = try program.succeed("quarantine", "ls", "--entries", day).split(separator: "\n")
        #expect(
            entries.count == 6 && entries[0].contains("future_timestamp") && entries[0].contains("s at byte")
        )
        let shown = try program.succeed("quarantine", "show", day, "3")
        #expect(shown.contains(#""reason":"unknown_name""#) && shown.contains(#"\"id\":\"c\""#))
        #expect(try program.succeed("quarantine", "show", day, "6").contains("rawPath"))
        RefusalTests.expect(try program.run("quarantine", "show", day, "7"), 66, "no entry 7")
        RefusalTests.expect(try program.run("quarantine", "show", "x.ndjson", "1"), 66, "no file x.ndjson")
        #expect(try program.run("quarantine", "redrive").status == 64)
    }

    @Test func `what is still refused stays`() throws {
        let path = program.data + "/log/quarantine/" + (try day())
        let before = try LocalVolume().readFile(path, bytesMax: 1 << 20)
        let redriven = try program.run("quarantine", "redrive", "--all")
        #expect(
            redriven.status == 65 && redriven.output.contains("accepted 0, known already 0, still refused 6")
        )
        #expect(try LocalVolume().readFile(path, bytesMax: 1 << 20) == before)
        #expect(try end() == 1)
    }

    @Test func `what is accepted now leaves the quarantine, and a rerun after a crash adds nothing`()
        async throws
    {
        let day = try day()
        let path = program.data + "/log/quarantine/" + day
        let before = try LocalVolume().readFile(path, bytesMax: 1 << 20)
        let settings = try await Settings.load(
            data: program.data,
            options: [.namespace: ("test", "demo")],
            environment: [:]
        )
        // A thousand years later the two are not ahead of the clock any more.
        let job = QuarantineJob(
            settings: settings,
            access: LogAccess(settings),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { WallClock.now().adding(seconds: 1000 * 366 * 86_400) }
        )
        let one = try await job.redrive(file: day, number: 1)
        #expect(one.accepted == 1 && one.refused == 0)
        #expect(try job.days().map(\.entries) == [5])
        let rest = try await job.redrive(file: nil, number: nil)
        #expect(rest.accepted == 1 && rest.refused == 4)
        #expect(try end() == 3)
        // As if killed before the file was written anew.
        try LocalVolume().atomicWrite(before, to: path)
        let again = try await job.redrive(file: nil, number: nil)
        #expect(again.accepted == 0 && again.duplicates == 2 && again.refused == 4)
        #expect(try end() == 3)
        #expect(try job.days().map(\.entries) == [4])
        // The id that the line would have got at its own place.
        let records = try program.succeed("log", "cat")
        #expect(records.contains(#""id":"b""#) && records.contains(#""userId":"v""#))
    }
}
