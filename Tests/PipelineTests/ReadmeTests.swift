import Foundation
import TestKit
import Testing

/// Every `goalpost` command that README shows is run, in its order, on a directory of the test's own.
@Suite struct ReadmeTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func `the commands of README work`() async throws {
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        // Those of the runbook run in BackupRunbookTests, in the order of a loss.
        let runbook = try BackupRunbookTests.section(readme)
        let commands = readme.replacing(runbook, with: "").split(separator: "\n")
            // A load test is run by LoadTestProgramTests, with less load.
            .filter { $0.hasPrefix("goalpost ") && !$0.hasPrefix("goalpost loadtest ") }.map(String.init)
        #expect(commands.count >= 4)
        let directory = try TemporaryDirectory()
        let fixtures = Self.root.appending(path: "fixtures/demo").path()
        let plain = directory.path + "/events.ndjson"
        #expect(
            try Command.run("/bin/sh", ["-c", "zstdcat \(fixtures)/events.ndjson.zst > \(plain)"]).status == 0
        )
        let program = GoalpostProgram(
            data: directory.path,
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            extra: ["GOALPOST_NAMESPACE": "demo"]
        )
        for command in commands {
            let words = command.split(separator: " ").dropFirst().map { word -> String in
                switch word {
                case "/var/lib/goalpost": directory.path + "/data"
                case "challenges.json": fixtures + "/challenges.json"
                case "events.ndjson": plain
                case "mygame": "demo"
                case "what-if", "tenth": directory.path + "/" + word
                // A player of the demo's events.
                case "PLAYER": "020769930230832acdc5cef39fa9c5fd"
                default: String(word)
                }
            }
            let result = try Command.run(GoalpostProgram.path, words, environment: program.environment)
            #expect(result.status == 0, "\(command): \(result.error)")
        }
        let front = readme.split(separator: "\n").filter { $0.hasPrefix("goalpost-front ") }
        #expect(front.count == 1)
        for command in front {
            let words = command.split(separator: " ").dropFirst()
                .map { $0 == "/var/lib/goalpost" ? directory.path + "/data" : String($0) }
            try await Self.expectServes(words, program, portFile: directory.path + "/port")
        }
    }

    /// Starts the front as README says, on a free port, asks it, and ends it as a service manager does.
    private static func expectServes(
        _ words: [String],
        _ program: GoalpostProgram,
        portFile: String
    ) async throws {
        let process = Process()
        process.executableURL = Command.binaries.appending(path: "goalpost-front")
        process.arguments = words + ["--listen", "127.0.0.1:0", "--port-file", portFile]
        process.environment = program.environment
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning, !FileManager.default.fileExists(atPath: portFile) {
            // Only how often the condition is looked at, not what is waited for.
            try await Task.sleep(for: .milliseconds(5))
        }
        let address = try String(contentsOfFile: portFile, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let url = "http://\(address)/challenge/v1/challenges/initialize"
        let answer = try Command.run("/usr/bin/curl", ["--silent", "--fail", "-H", "x-mock-user-id: u", url])
        #expect(answer.status == 0)
        #expect(String(decoding: answer.output, as: UTF8.self).hasPrefix("{\"assignedGoals\":["))
        process.terminate()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && process.terminationReason == .exit)
    }

    @Test func `every subcommand explains itself`() throws {
        var waiting: [[String]] = [[]]
        var explained = 0
        while let words = waiting.popLast() {
            let help = try Command.run(GoalpostProgram.path, words + ["--help"])
            let text = String(decoding: help.output, as: UTF8.self)
            #expect(help.status == 0 && text.contains("OVERVIEW:"), "\(words)")
            explained += 1
            // Its own subcommands stand at the end, each on a line of its own, indented by two.
            guard let list = text.range(of: "SUBCOMMANDS:\n") else { continue }
            for line in text[list.upperBound...].split(separator: "\n")
            where line.hasPrefix("  ") && !line.hasPrefix("   ") && !line.contains("--help") {
                guard let name = line.split(separator: " ").first, name != "See" else { continue }
                waiting.append(words + [String(name)])
            }
        }
        #expect(explained > 30)
    }
}
