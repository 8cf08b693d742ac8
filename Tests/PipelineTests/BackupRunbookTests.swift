import Backup
import Cluster
import Disk
import EventLog
import Foundation
import TestKit
import Testing

/// The section "Backup and restore" of README, run as it stands: backup beside work, loss, restore.
@Suite(.serialized) struct BackupRunbookTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The section's text.
    static func section(_ readme: String) throws -> String {
        let start = try #require(readme.range(of: "## Backup and restore\n"))
        let end = readme[start.upperBound...].range(of: "\n## ")?.lowerBound ?? readme.endIndex
        return String(readme[start.lowerBound..<end])
    }

    @Test func `the runbook brings everything back`() async throws {
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let commands = try Self.section(readme).split(separator: "\n").filter { $0.hasPrefix("goalpost ") }
        #expect(
            commands.map { $0.split(separator: " ")[1] } == ["backup", "backup", "restore", "run", "run"]
        )
        let world = try await BackupWorld(parts: 30)
        // Under /tmp: the database's user must be able to pass through when the tests run as root.
        let place = "/tmp/gp-runbook-\(UUID())"
        let data = place + "/data"
        // The embedded database: no URL, as in README.
        let program = GoalpostProgram(data: data, databaseURL: "")
        let cluster = EmbeddedCluster(dataDirectory: data)
        func remove() async throws {
            try await cluster.stop(.immediate)
            for path in [place, cluster.socketDirectory] where FileManager.default.fileExists(atPath: path) {
                try FileManager.default.removeItem(atPath: path)
            }
        }
        func run(_ command: Substring) throws {
            let words = command.split(separator: " ").dropFirst().map { word in
                String(word).replacing("/var/lib/goalpost", with: data)
                    .replacing("/var/backups/goalpost", with: place + "/backup")
            }
            let result = try Command.run(GoalpostProgram.path, words, environment: program.environment)
            #expect(result.status == 0, "\(command): \(result.error)")
        }
        do {
            try program.succeed("init", "--challenges", world.directory.path + "/challenges.json")
            try world.ingest(world.parts.prefix(5), into: program)
            try program.succeed("run", "fold")
            let work = Process()
            work.executableURL = URL(filePath: "/bin/sh")
            work.arguments = [
                "-c",
                """
                while [ ! -e "$D/stop" ]; do
                    "$G" run fold && "$G" run publish || echo "jobs $?" >> "$D/failed"
                done &
                for part in "$D"/part-*.ndjson; do "$G" ingest "$part" || echo "ingest $?" >> "$D/failed"; done
                wait
                """,
            ]
            work.environment = program.environment.merging(
                ["G": GoalpostProgram.path, "D": world.directory.path]
            ) { $1 }
            work.standardOutput = FileHandle.nullDevice
            work.standardError = FileHandle.nullDevice
            try work.run()
            let log = LogDirectory(volume: LocalVolume(), path: data + "/log/events")
            let begun = try log.end()
            while try log.end() == begun, work.isRunning {
                // Only how often the condition is looked at, not what is waited for.
                try await Task.sleep(for: .milliseconds(2))
            }
            let acknowledged = try log.end()
            try run(commands[0])
            try LocalVolume().atomicWrite([], to: world.directory.path + "/stop")
            work.waitUntilExit()
            #expect(!FileManager.default.fileExists(atPath: world.directory.path + "/failed"))
            try run(commands[1])

            // The loss: data directory and database, which lies in it.
            try await cluster.stop()
            try FileManager.default.removeItem(atPath: data)
            for command in commands.dropFirst(2) { try run(command) }
            let end = try log.end()
            #expect(end >= acknowledged && acknowledged > begun)
            let manifest = try BackupDirectory(volume: LocalVolume(), path: place + "/backup").manifest()
                .manifest
            #expect(end == manifest.log.endOffset)
            let restored = GoalpostProgram(data: data, databaseURL: cluster.conninfo)
            let (anew, sums) = try await world.foldedAnew(restored, as: "anew")
            #expect(try await KilledProgramTests.sums(restored) == sums)
            try anew.succeed("run", "publish")
            try await world.expectSameAnswers(restored, anew)
        } catch {
            try await remove()
            throw error
        }
        try await remove()
    }
}
