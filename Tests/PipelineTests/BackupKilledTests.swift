import Cluster
import Disk
import Foundation
import TestKit
import Testing

/// Backup and restore, killed with SIGKILL at random moments and simply run again.
@Suite(.serialized) struct BackupKilledTests {
    private static func killAfter(
        _ milliseconds: Int,
        _ program: GoalpostProgram,
        _ arguments: [String]
    ) async throws -> Bool {
        let started = ContinuousClock.now
        return try await program.kill(arguments) {
            started.duration(to: .now) > .milliseconds(milliseconds)
        }
    }

    @Test func `a killed backup is whole or says that it is not`() async throws {
        let world = try await BackupWorld(parts: 40)
        try world.ingest(world.parts)
        try world.program.succeed("run", "fold")
        let started = ContinuousClock.now
        try world.program.succeed("backup", world.backup)
        let took = started.duration(to: .now)
        let milliseconds =
            took.components.seconds * 1000 + took.components.attoseconds / 1_000_000_000_000_000
        var random = SplitMix64(seed: 5)
        var killed = 0
        for number in 0..<12 {
            let directory = world.directory.path + "/killed-\(number)"
            let wait = Int(random.next() % UInt64(max(50, milliseconds)))
            if try await Self.killAfter(wait, world.program, ["backup", directory]) { killed += 1 }
            let result = try world.program.run("backup", "verify", directory)
            switch result.status {
            case 0: break
            case 65: #expect(result.error.contains("not finished"), "\(result.error)")
            case 66: #expect(try !LocalVolume().exists(directory))
            default: Issue.record("status \(result.status): \(result.error)")
            }
            if result.status == 65 {
                let restored = try await world.other("never")
                RefusalTests.expect(try restored.run("restore", directory), 65, "not finished")
                #expect(try !LocalVolume().exists(restored.data))
                // Into the same directory is no way either: what is there is nobody's.
                if try !LocalVolume().list(directory).isEmpty {
                    RefusalTests.expect(
                        try world.program.run("backup", directory),
                        73,
                        directory,
                        "not empty"
                    )
                }
            }
        }
        #expect(killed >= 6)
        try world.program.succeed("backup", "verify", world.backup)
    }

    @Test func `a killed restore keeps everybody out and goes on when run again`() async throws {
        let world = try await BackupWorld(parts: 40)
        try world.ingest(world.parts)
        try world.program.succeed("run", "fold")
        let expected = try await KilledProgramTests.sums(world.program)
        try world.program.succeed("backup", world.backup)
        let timed = try await world.other("timed")
        let started = ContinuousClock.now
        try timed.succeed("restore", world.backup)
        let took = started.duration(to: .now)
        let milliseconds =
            took.components.seconds * 1000 + took.components.attoseconds / 1_000_000_000_000_000
        var random = SplitMix64(seed: 6)
        var (killed, refused) = (0, 0)
        for round in 0..<4 {
            let restored = try await world.other("restored-\(round)")
            for _ in 0..<4 {
                // The first third is the check of the backup, which changes nothing.
                let wait = Int(milliseconds / 4 + Int64(random.next() % UInt64(max(1, milliseconds * 3 / 4))))
                guard try await Self.killAfter(wait, restored, ["restore", world.backup]) else { break }
                killed += 1
                if try LocalVolume().exists(restored.data + "/restore.json") {
                    refused += 1
                    for words in [
                        ["run", "fold"], ["status"], ["ingest", world.parts[0]], ["backup", "/x"],
                    ] {
                        let result = try Command.run(
                            GoalpostProgram.path,
                            words,
                            environment: restored.environment
                        )
                        #expect(result.status == 75 && result.error.contains("goalpost restore"), "\(words)")
                    }
                }
            }
            if try LocalVolume().exists(restored.data + "/restore.json") {
                RefusalTests.expect(
                    try restored.run("restore", world.backup, "--log-only"),
                    73,
                    "unfinished restore"
                )
            }
            // The last attempt of before may have come to its end: then there is nothing to go on with.
            let last = try restored.run("restore", world.backup)
            #expect(last.status == 0 || last.status == 73, "\(last.error)")
            let names = try LocalVolume().list(restored.data)
            #expect(!names.contains("restore.json"))
            try restored.succeed("run", "fold")
            #expect(try await KilledProgramTests.sums(restored) == expected)
            #expect(try await BackupWorld.meta(restored).areGrantsHeld)
        }
        #expect(killed >= 6 && refused >= 2, "\(killed) killed, \(refused) refused")
        try world.program.succeed("backup", "verify", world.backup)
    }

    @Test func `a restore into an embedded database is killed and goes on`() async throws {
        let world = try await BackupWorld(parts: 10)
        try world.ingest(world.parts)
        try world.program.succeed("run", "fold")
        let expected = try await KilledProgramTests.sums(world.program)
        try world.program.succeed("backup", world.backup)
        // Under /tmp: the database's user must be able to pass through when the tests run as root.
        let directory = "/tmp/gp-restore-\(UUID())"
        let cluster = EmbeddedCluster(dataDirectory: directory)
        let program = GoalpostProgram(data: directory, databaseURL: "")
        func remove() async throws {
            try await cluster.stop(.immediate)
            for path in [directory, cluster.socketDirectory]
            where FileManager.default.fileExists(atPath: path) {
                try FileManager.default.removeItem(atPath: path)
            }
        }
        do {
            for wait in [700, 1500, 2300] {
                _ = try await Self.killAfter(wait, program, ["restore", world.backup])
            }
            let last = try program.run("restore", world.backup)
            #expect(last.status == 0 || last.status == 73, "\(last.error)")
            try program.succeed("run", "fold")
            let restored = GoalpostProgram(data: directory, databaseURL: cluster.conninfo)
            #expect(try await KilledProgramTests.sums(restored) == expected)
            #expect(try await BackupWorld.meta(restored).areGrantsHeld)
        } catch {
            try await remove()
            throw error
        }
        try await remove()
    }
}
