import Backup
import Disk
import EventLog
import Foundation
import Glibc
import TestKit
import Testing

/// Where backup and restore cannot work, or must not: one clear line, its exit code, and nothing half-done.
@Suite(.serialized) struct BackupRefusalTests {
    private let world: BackupWorld
    private let volume = LocalVolume()

    init() async throws {
        world = try await BackupWorld(parts: 6)
        try world.ingest(world.parts)
        try world.program.succeed("run", "fold")
    }

    @Test func `a directory that is not empty, lies in the data, or is none is refused`() async throws {
        let full = world.directory.path + "/full"
        try volume.makeDirectory(full, mode: 0o755)
        try volume.atomicWrite([1], to: full + "/mine")
        RefusalTests.expect(try world.program.run("backup", full), 73, full, "not empty", "mine")
        #expect(try volume.list(full) == ["mine"])
        let inside = world.program.data + "/backups/b"
        RefusalTests.expect(try world.program.run("backup", inside), 64, inside, "data directory")
        #expect(try !volume.exists(world.program.data + "/backups"))
        RefusalTests.expect(try world.program.run("backup", full + "/mine/b"), 71, full)
        let empty = try await world.other("empty")
        RefusalTests.expect(try empty.run("backup", world.backup), 66, "no event log")
        #expect(try !volume.exists(world.backup))
    }

    @Test func `a dry run makes nothing and says sizes`() async throws {
        let output = try world.program.succeed("backup", world.backup, "--dry-run", "--json")
        #expect(output.contains("\"isDryRun\":true") && output.contains("\"logEnd\":18000"))
        #expect(try !volume.exists(world.backup))
        try world.program.succeed("backup", world.backup)
        RefusalTests.expect(try world.program.run("backup", world.backup, "--dry-run"), 73, "not empty")
        let restored = try await world.other("restored")
        let said = try restored.succeed("restore", world.backup, "--dry-run")
        #expect(said.contains("would restore") && said.contains("18,000"))
        #expect(try !volume.exists(restored.data))
        let occupied = GoalpostProgram(
            data: restored.data,
            databaseURL: try #require(world.program.environment["GOALPOST_DATABASE_URL"])
        )
        RefusalTests.expect(try occupied.run("restore", world.backup, "--dry-run"), 73, "schema goalpost")
    }

    @Test func `nothing is restored over data or a schema that is there`() async throws {
        try world.program.succeed("backup", world.backup)
        RefusalTests.expect(
            try world.program.run("restore", world.backup),
            73,
            world.program.data,
            "not empty"
        )
        let restored = GoalpostProgram(
            data: world.directory.path + "/restored",
            databaseURL: try #require(world.program.environment["GOALPOST_DATABASE_URL"])
        )
        for words in [["restore", world.backup], ["restore", world.backup, "--log-only"]] {
            let result = try Command.run(GoalpostProgram.path, words, environment: restored.environment)
            #expect(result.status == 73 && result.error.contains("schema goalpost"), "\(result.error)")
        }
        #expect(try !volume.exists(restored.data))
        // An empty schema may be anybody's, too.
        let other = try await world.other("other")
        try await BackupWorld.script(other, "CREATE SCHEMA goalpost")
        RefusalTests.expect(try other.run("restore", world.backup), 73, "schema goalpost")
        #expect(try !volume.exists(other.data))
        RefusalTests.expect(try other.run("restore", world.directory.path + "/nowhere"), 66, "/nowhere")
        RefusalTests.expect(
            try other.run("backup", "verify", world.directory.path + "/nowhere"),
            66,
            "/nowhere"
        )
    }

    @Test func `whatever is changed in a backup is named, and nothing is restored`() async throws {
        try world.program.succeed("backup", world.backup, "--copy")
        let restored = try await world.other("restored")
        let names = try BackupDirectory(volume: volume, path: world.backup).files(below: "")
            .filter { $0 != BackupManifest.fileName }
        #expect(names.contains("database.dump") && names.contains("goalpost.yaml") && names.count > 5)
        var random = SplitMix64(seed: 3)
        for name in names {
            let path = world.backup + "/" + name
            let bytes = try volume.readFile(path, bytesMax: 64 << 20)
            var changed = bytes
            changed[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
            for damage in [changed, Array(bytes.dropLast()), bytes + [0], nil] {
                if let damage { try volume.atomicWrite(damage, to: path) } else { try volume.remove(path) }
                let verified = try world.program.run("backup", "verify", world.backup)
                #expect(verified.status == 65 && verified.output.contains(name + ": "), "\(verified)")
                RefusalTests.expect(try restored.run("restore", world.backup), 65, name, "damaged")
                #expect(try !volume.exists(restored.data))
                try volume.atomicWrite(bytes, to: path)
            }
        }
        try volume.atomicWrite([1], to: world.backup + "/log/events/99999999999999999999.ndjson.zst")
        let verified = try world.program.run("backup", "verify", world.backup)
        #expect(
            verified.status == 65
                && verified.output.contains("99999999999999999999.ndjson.zst: is not listed")
        )
        try volume.remove(world.backup + "/log/events/99999999999999999999.ndjson.zst")
        try world.program.succeed("backup", "verify", world.backup)
    }

    /// A manifest that was changed together with what it vouches for, as far as that goes.
    @Test func `a manifest that says other things than the files is found out`() async throws {
        try world.program.succeed("backup", world.backup)
        let path = world.backup + "/" + BackupManifest.fileName
        let text = String(decoding: try volume.readFile(path, bytesMax: 1 << 20), as: UTF8.self)
        let restored = try await world.other("restored")
        for (old, new, word) in [
            ("\"endOffset\" : 18000", "\"endOffset\" : 18001", "holds records"),
            ("\"nextOffset\" : 18000", "\"nextOffset\" : 17999", "watermarks"),
            ("\"path\" : \"goalpost.yaml\"", "\"path\" : \"../goalpost.yaml\"", "outside of a backup"),
            ("\"path\" : \"goalpost.yaml\"", "\"path\" : \"/etc/goalpost.yaml\"", "outside of a backup"),
            ("\"partitions\" : 16", "\"partitions\" : 8", "database"),
            ("\"formatVersion\" : 1", "\"formatVersion\" : 2", "newer"),
        ] {
            #expect(text.contains(old), "\(old)")
            try volume.atomicWrite(Array(text.replacing(old, with: new, maxReplacements: 1).utf8), to: path)
            let verified = try world.program.run("backup", "verify", world.backup)
            #expect(
                verified.status == 65 && (verified.output + verified.error).contains(word),
                "\(new): \(verified)"
            )
            #expect(try restored.run("restore", world.backup).status == 65)
            #expect(try !volume.exists(restored.data))
        }
        try volume.remove(path)
        RefusalTests.expect(try world.program.run("backup", "verify", world.backup), 65, "not finished")
        RefusalTests.expect(try restored.run("restore", world.backup), 65, "not finished")
    }

    @Test func `a log that retention cut cannot be rebuilt from alone`() async throws {
        let first = try #require(try world.log.committed().first)
        try volume.remove(first.path)
        try world.program.succeed("backup", world.backup)
        let restored = try await world.other("restored")
        RefusalTests.expect(
            try restored.run("restore", world.backup, "--log-only"),
            65,
            "\(first.nextOffset)",
            "without --log-only"
        )
        #expect(try !volume.exists(restored.data))
        try restored.succeed("restore", world.backup)
        try restored.succeed("run", "fold")
        #expect(try await KilledProgramTests.sums(restored) == KilledProgramTests.sums(world.program))
    }

    @Test func `a database that stands elsewhere than the log is not backed up with it`() async throws {
        let last = try #require(try world.log.committed().last)
        try volume.remove(last.path)
        RefusalTests.expect(try world.program.run("backup", world.backup), 65, "the log lost its end")
        let stranger = try await BackupWorld(parts: 1)
        let mixed = GoalpostProgram(
            data: stranger.program.data,
            databaseURL: try #require(world.program.environment["GOALPOST_DATABASE_URL"])
        )
        RefusalTests.expect(try mixed.run("backup", stranger.backup), 78, "holds the fold of log")
        #expect(try !volume.exists(stranger.backup))
    }

    @Test func `a password in the database's URL is never shown`() async throws {
        try world.program.succeed("backup", world.backup)
        let away = GoalpostProgram(
            data: world.program.data,
            databaseURL: "postgresql://goalpost:s3cr3t-word@127.0.0.1:1/goalpost"
        )
        let nowhere = GoalpostProgram(
            data: world.directory.path + "/nowhere",
            databaseURL: "postgresql://goalpost:s3cr3t-word@127.0.0.1:1/goalpost"
        )
        for (program, words) in [
            (away, ["backup", world.directory.path + "/other"]), (nowhere, ["restore", world.backup]),
            (away, ["db", "grant-analyst", "x"]),
        ] {
            let result = try Command.run(GoalpostProgram.path, words, environment: program.environment)
            #expect(result.status == 69, "\(words)")
            let said = result.error + String(decoding: result.output, as: UTF8.self)
            #expect(!said.contains("s3cr3t-word"), "\(words): \(said)")
        }
        #expect(try !volume.exists(nowhere.data))
    }

    @Test func `without PostgreSQL's client programs it says what to install`() async throws {
        let bare = GoalpostProgram(
            data: world.program.data,
            databaseURL: try #require(world.program.environment["GOALPOST_DATABASE_URL"]),
            extra: ["GOALPOST_PG_BIN": world.directory.path]
        )
        RefusalTests.expect(try bare.run("backup", world.backup), 78, "postgresql-client", "GOALPOST_PG_BIN")
        #expect(try !volume.exists(world.backup))
    }

    @Test func `names of roles are checked, and what a role has is said`() async throws {
        RefusalTests.expect(try world.program.run("db", "grant-analyst", "pg_read"), 64, "reserved")
        RefusalTests.expect(try world.program.run("db", "grant-analyst", "postgres"), 78, "superuser")
        RefusalTests.expect(
            try world.program.run("db", "grant-analyst", "refused_role", "--revoke"),
            66,
            "refused_role"
        )
        RefusalTests.expect(
            try world.program.run("db", "grant-analyst", "refused_role", "--statement-seconds", "0"),
            64,
            "86400 seconds"
        )
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a small file system needs root"))
    func `a disk without room is said before anything is made`() async throws {
        let small = world.directory.path + "/small"
        try RefusalTests.mount(small, size: "300k")
        defer { RefusalTests.unmount(small) }
        RefusalTests.expect(try world.program.run("backup", small + "/b"), 71, small, "free space")
        #expect(try !volume.exists(small + "/b"))
        let backup = world.backup
        try world.program.succeed("backup", backup)
        let restored = GoalpostProgram(
            data: small + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase()
        )
        RefusalTests.expect(try restored.run("restore", backup), 71, small, "free space")
        #expect(try !volume.exists(restored.data))
    }
}
