import Backup
import Disk
import EventLog
import Foundation
import Jobs
import Tables
import TestKit
import Testing

/// The real program, backed up while it works, destroyed and restored.
@Suite(.serialized) struct BackupProgramTests {
    private static let day = "2026-02-01T12:00:00Z"

    /// Runs a shell script beside the test until `stop` is there; a command of it that fails leaves a line.
    private static func start(_ script: String, _ world: BackupWorld) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script]
        process.environment = world.program.environment.merging(
            ["G": GoalpostProgram.path, "D": world.directory.path]
        ) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    @Test func `a backup made while all runs gives the rows and answers of its log`() async throws {
        let world = try await BackupWorld(parts: 60)
        try world.ingest(world.parts.prefix(10))
        try world.program.succeed("run", "fold")
        let jobs = try Self.start(
            """
            while [ ! -e "$D/stop" ]; do
                "$G" run fold || echo "fold $?" >> "$D/failed"
                "$G" run publish --as-of \(Self.day) || echo "publish $?" >> "$D/failed"
            done
            """,
            world
        )
        let ingest = try Self.start(
            """
            while [ ! -e "$D/stop" ]; do
                for part in "$D"/part-*.ndjson; do
                    [ -e "$D/stop" ] && break
                    "$G" ingest "$part" || echo "ingest $?" >> "$D/failed"
                done
            done
            """,
            world
        )
        // So that the backup meets work under way.
        let begun = try world.log.end()
        while try world.log.end() == begun, ingest.isRunning {
            // Only how often the condition is looked at, not what is waited for.
            try await Task.sleep(for: .milliseconds(2))
        }
        let acknowledged = try world.log.end()
        let backedUp = try world.program.run("backup", world.backup, "--json")
        try LocalVolume().atomicWrite([], to: world.directory.path + "/stop")
        ingest.waitUntilExit()
        jobs.waitUntilExit()
        #expect(backedUp.status == 0, "\(backedUp.error)")
        let failed = FileManager.default.contents(atPath: world.directory.path + "/failed") ?? Data()
        #expect(failed.isEmpty, "\(String(decoding: failed, as: UTF8.self))")
        let manifest = try BackupDirectory(volume: LocalVolume(), path: world.backup).manifest().manifest
        #expect(acknowledged > begun && manifest.log.endOffset >= acknowledged)
        let verified = try world.program.run("backup", "verify", world.backup)
        #expect(verified.status == 0, "\(verified.output) \(verified.error)")

        try world.ingest(world.parts)
        try world.program.succeed("run", "fold")
        let total = try world.log.end()
        let expected = try await KilledProgramTests.sums(world.program)
        let before = try await BackupWorld.meta(world.program)
        try FileManager.default.removeItem(atPath: world.program.data)

        let restored = try await world.other("data")
        try restored.succeed("restore", world.backup)
        let after = try await BackupWorld.meta(restored)
        #expect(!before.isRestored && !before.areGrantsHeld)
        #expect(
            after
                == .init(
                    databaseID: after.databaseID,
                    restoredFrom: before.databaseID,
                    isRestored: true,
                    areGrantsHeld: true,
                    version: before.version
                )
        )
        #expect(after.databaseID != before.databaseID)
        #expect(try world.log.end() == manifest.log.endOffset)
        try restored.succeed("run", "fold")
        #expect(
            try restored.succeed("run", "publish", "--as-of", Self.day, "--json").contains("\"isFull\":true")
        )
        let (anew, sums) = try await world.foldedAnew(restored, as: "anew")
        #expect(try await KilledProgramTests.sums(restored) == sums)
        try anew.succeed("run", "publish", "--as-of", Self.day)
        try await world.expectSameAnswers(restored, anew)

        // The producers send all again: what the backup missed comes in, what it has does not count twice.
        try world.ingest(world.parts, into: restored)
        #expect(try world.log.end() == total)
        try restored.succeed("run", "fold")
        #expect(try await KilledProgramTests.sums(restored) == expected)
    }

    @Test func `from the log alone the tables are rebuilt, with rewards held back`() async throws {
        let world = try await BackupWorld(parts: 10)
        try world.ingest(world.parts)
        try world.program.succeed("run", "fold")
        try world.program.succeed("backup", world.backup)
        let rebuilt = try await world.other("rebuilt")
        let dry = try rebuilt.succeed("restore", world.backup, "--log-only", "--dry-run")
        #expect(dry.contains("empty tables") && !FileManager.default.fileExists(atPath: rebuilt.data))
        try rebuilt.succeed("restore", world.backup, "--log-only")
        let meta = try await BackupWorld.meta(rebuilt)
        #expect(meta.isRestored && meta.areGrantsHeld)
        try rebuilt.succeed("run", "fold")
        #expect(try await KilledProgramTests.sums(rebuilt) == KilledProgramTests.sums(world.program))
    }

    @Test func `a backup from before the first fold restores to empty tables`() async throws {
        let world = try await BackupWorld(parts: 3)
        try world.ingest(world.parts)
        let output = try world.program.succeed("backup", world.backup, "--json")
        #expect(output.contains("\"hasDatabase\":false"))
        try world.program.succeed("backup", "verify", world.backup)
        let restored = try await world.other("restored")
        try restored.succeed("restore", world.backup)
        #expect(try await BackupWorld.meta(restored).areGrantsHeld)
        try restored.succeed("run", "fold")
        try world.program.succeed("run", "fold")
        #expect(try await KilledProgramTests.sums(restored) == KilledProgramTests.sums(world.program))
    }

    @Test func `a dump of an older schema is upgraded as it is restored`() async throws {
        let world = try await BackupWorld(parts: 5)
        try world.ingest(world.parts)
        try world.program.succeed("run", "fold")
        let expected = try await KilledProgramTests.sums(world.program)
        try await BackupWorld.script(
            world.program,
            """
            DROP INDEX goalpost.reward_grant_dead;
            DROP VIEW goalpost.progress, goalpost.players, goalpost.goal_funnel, goalpost.completions_daily,
                goalpost.claims, goalpost.claims_daily, goalpost.requests_daily, goalpost.freshness, goalpost.runs;
            ALTER TABLE goalpost.meta DROP COLUMN restored_at, DROP COLUMN restored_from, DROP COLUMN grants_held;
            UPDATE goalpost.meta SET schema_version = 1
            """
        )
        try world.program.succeed("backup", world.backup)
        try world.program.succeed("backup", "verify", world.backup)
        let restored = try await world.other("restored")
        try restored.succeed("restore", world.backup)
        let meta = try await BackupWorld.meta(restored)
        #expect(meta.version == Schema.version && meta.areGrantsHeld)
        try restored.succeed("run", "fold")
        #expect(try await KilledProgramTests.sums(restored) == expected)
    }

    @Test func `sealed segments are hard links on the same disk, and copies on request`() async throws {
        let world = try await BackupWorld(parts: 10)
        try world.ingest(world.parts)
        let segments = try world.log.committed()
        let sealed = segments.filter(\.isSealed)
        #expect(sealed.count > 2)
        try world.program.succeed("backup", world.backup)
        let copied = world.directory.path + "/copied"
        try world.program.succeed("backup", copied, "--copy")
        for segment in sealed {
            let name = "/log/events/" + segment.name.fileName
            #expect(try LocalVolume().identity(world.backup + name) == segment.identity)
            #expect(try LocalVolume().identity(copied + name) != segment.identity)
        }
        // Restored files are copies: what is written to them later must not reach the backup.
        let restored = try await world.other("restored")
        try restored.succeed("restore", world.backup)
        for segment in segments {
            let name = "/log/events/" + segment.name.fileName
            #expect(
                try LocalVolume().identity(restored.data + name)
                    != LocalVolume().identity(world.backup + name)
            )
        }
        try world.ingest(world.parts, into: restored)
        try restored.succeed("backup", "verify", world.backup)
    }

    @Test func `settings, snapshots and refused lines come along with their modes`() async throws {
        let world = try await BackupWorld(parts: 1)
        let volume = LocalVolume()
        let refused = world.directory.path + "/refused.ndjson"
        try volume.atomicWrite(Array("no event\n".utf8), to: refused)
        #expect(try world.program.run("ingest", refused).status == 65)
        try volume.makeDirectory(world.program.data + "/snapshots/deep", mode: 0o755)
        try volume.atomicWrite([1, 2, 3], to: world.program.data + "/snapshots/deep/a.zst")
        try volume.atomicWrite([4], to: world.program.data + "/snapshots/half.tmp")
        try volume.setPermissions(world.program.data + "/goalpost.yaml", 0o600)
        try world.program.succeed("backup", world.backup)
        let restored = try await world.other("restored")
        try restored.succeed("restore", world.backup)
        for name in ["goalpost.yaml", "snapshots/deep/a.zst"] {
            #expect(
                try volume.readFile(restored.data + "/" + name, bytesMax: 1 << 20)
                    == volume.readFile(world.program.data + "/" + name, bytesMax: 1 << 20)
            )
        }
        #expect(try volume.permissions(restored.data + "/goalpost.yaml") == 0o600)
        #expect(try volume.permissions(world.backup) == 0o700)
        #expect(try !volume.exists(restored.data + "/snapshots/half.tmp"))
        #expect(try volume.list(restored.data + "/log/quarantine").count == 1)
        let without = try await world.other("without")
        try without.succeed("restore", world.backup, "--without-settings")
        #expect(try !volume.exists(without.data + "/goalpost.yaml"))
    }

    @Test func `roles of analysts are no part of a backup`() async throws {
        let world = try await BackupWorld(parts: 1)
        try world.ingest(world.parts)
        try world.program.succeed("run", "fold")
        let said = try world.program.succeed("db", "grant-analyst", "backup_analyst")
        #expect(said.contains("goalpost.progress"))
        try world.program.succeed("backup", world.backup)
        try world.program.succeed("db", "grant-analyst", "backup_analyst", "--revoke")
        try await BackupWorld.script(world.program, "DROP ROLE backup_analyst")
        try await world.other("restored").succeed("restore", world.backup)
    }
}
