import Backup
import Disk
import TestKit
import Testing

@Suite struct BackupDirectoryTests {
    private let disk = SimulatedDisk()

    private func backup() throws -> (BackupDirectory, BackupManifest) {
        let directory = BackupDirectory(volume: disk, path: "/b")
        try directory.make()
        try disk.makeDirectory("/b/log/events", mode: 0o700)
        var files: [BackupManifest.File] = []
        for name in ["log/events/a", "log/events/b", "goalpost.yaml"] {
            disk.place(Array(name.utf8), at: "/b/" + name)
            let digest = try FileTransfer(volume: disk).digest("/b/" + name) { _ in }
            files.append(.init(path: name, bytes: digest.bytes, sha256: digest.sha256, mode: 0o644))
        }
        let manifest = BackupManifest(
            goalpostVersion: "1",
            createdAt: "",
            log: .init(uuid: "", firstOffset: 0, endOffset: 0),
            database: nil,
            files: files
        )
        try directory.finish(manifest)
        return (directory, manifest)
    }

    @Test func `each file that is not as it was is named with what is wrong`() throws {
        let (directory, manifest) = try backup()
        var seen: UInt64 = 0
        #expect(try directory.check(manifest) { seen = $0 } == [])
        #expect(seen == manifest.bytes)
        disk.place(Array("log/events/A".utf8), at: "/b/log/events/a")
        disk.place(Array("shorter".utf8), at: "/b/log/events/b")
        try disk.remove("/b/goalpost.yaml")
        disk.place([1], at: "/b/log/events/c")
        let found = try directory.check(manifest) { _ in }
        #expect(
            found.map(\.file) == ["goalpost.yaml", "log/events/a", "log/events/b", "log/events/c"]
        )
        for (finding, words) in zip(found, ["is missing", "SHA-256", "has 7 bytes, not 12", "not listed"]) {
            #expect(finding.what.contains(words), "\(finding)")
        }
    }

    @Test func `only an empty or absent directory is taken`() throws {
        try BackupDirectory.requireEmpty("/no", volume: disk)
        try disk.makeDirectory("/new", mode: 0o755)
        try BackupDirectory.requireEmpty("/new", volume: disk)
        disk.place([], at: "/new/lost+found")
        try BackupDirectory.requireEmpty("/new", volume: disk)
        disk.place([], at: "/new/x")
        #expect(throws: BackupError.targetNotEmpty("/new", found: "x")) {
            try BackupDirectory.requireEmpty("/new", volume: disk)
        }
        try BackupDirectory.requireEmpty("/new", volume: disk, ignoring: ["x"])
        #expect(throws: BackupError.targetNotEmpty("/new", found: "x")) {
            try BackupDirectory(volume: disk, path: "/new/").make()
        }
    }

    @Test func `a marker keeps everybody out until it goes`() throws {
        try disk.makeDirectory("/d", mode: 0o755)
        try RestoreMarker.requireNone(in: "/d", volume: disk)
        #expect(try RestoreMarker.read(in: "/d", volume: disk) == nil)
        let marker = RestoreMarker(manifestSHA256: "abc", databaseID: "def", isLogOnly: true)
        try marker.write(in: "/d", volume: disk)
        disk.crash(seed: 3)
        #expect(try RestoreMarker.read(in: "/d", volume: disk) == marker)
        #expect(throws: BackupError.restoreUnfinished("/d")) {
            try RestoreMarker.requireNone(in: "/d", volume: disk)
        }
        try RestoreMarker.remove(in: "/d", volume: disk)
        disk.crash(seed: 4)
        try RestoreMarker.requireNone(in: "/d", volume: disk)
        disk.place([1, 2], at: "/d/restore.json")
        #expect(throws: BackupError.otherRestore("/d")) { try RestoreMarker.read(in: "/d", volume: disk) }
    }
}
