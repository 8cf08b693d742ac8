import Cluster
import Disk
import Foundation
import TestKit
import Testing

/// Backup and restore, killed with SIGKILL at random moments and simply run again.
@Suite(.serialized) struct BackupKilledTests {
    @Test func `a killed backup is whole or says that it is not`() async throws {
        let world = try await BackupWorld(parts: 40)
        try world.ingest(world.parts)
        try world.program.succeed("run", "fold")
        try world.program.succeed("backup", world.backup)
        let volume = LocalVolume()
        let dumpBytes = try volume.fileSize(world.backup + "/database.dump")
        let segments = try volume.list(world.backup + "/log/events").count
        var random = SplitMix64(seed: 5)
        var killed = 0
        for number in 0..<12 {
            let directory = world.directory.path + "/killed-\(number)"
            let dump = directory + "/database.dump"
            let log = directory + "/log/events"
            // Moments in the dump first, then among the segments, which are quickly linked.
            let (bytes, files) = (random.next() % dumpBytes, Int(random.next() % UInt64(segments)))
            let wasKilled = try world.program.kill(["backup", directory]) {
                if number < 8 { return try volume.exists(dump) && volume.fileSize(dump) >= bytes }
                return try volume.isDirectory(log) && volume.list(log).count >= files
            }
            if wasKilled { killed += 1 }
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
        let volume = LocalVolume()
        let files = try volume.list(world.backup + "/log/events").count
        var random = SplitMix64(seed: 6)
        var (killed, refused) = (0, 0)
        for round in 0..<4 {
            let restored = try await world.other("restored-\(round)")
            for attempt in 0..<4 {
                // As soon as it has begun, among the files, and twice a while into the database.
                let (count, wait) = (Int(random.next() % UInt64(files)), Int(random.next() % 400))
                var since: ContinuousClock.Instant?
                let log = restored.data + "/log/events"
                let wasKilled = try restored.kill(["restore", world.backup]) {
                    guard try volume.exists(restored.data + "/restore.json") else { return false }
                    if attempt == 0 { return true }
                    guard try volume.isDirectory(log) else { return false }
                    let found = try volume.list(log).count
                    if attempt == 1 { return found >= count }
                    guard found == files else { return false }
                    let start = since ?? .now
                    since = start
                    return start.duration(to: .now) >= .milliseconds(wait)
                }
                guard wasKilled else { break }
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
            // When the cluster is being made, when it is there, and when its server was started.
            for name in ["postgres.init", "postgres/PG_VERSION", "postgres/postmaster.pid"] {
                let wasKilled = try program.kill(["restore", world.backup]) {
                    try LocalVolume().exists(directory + "/" + name)
                }
                #expect(wasKilled, "\(name)")
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
