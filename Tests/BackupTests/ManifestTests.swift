import Backup
import Disk
import TestKit
import Testing

@Suite struct ManifestTests {
    private let disk = SimulatedDisk()
    private let directory: BackupDirectory

    init() throws {
        directory = BackupDirectory(volume: disk, path: "/b")
        try directory.make()
    }

    private static let sha = String(repeating: "a", count: 64)

    private static func manifest(
        paths: [String] = ["log/events/stream.json"],
        first: UInt64 = 0,
        end: UInt64 = 10,
        watermarks: [UInt64]? = nil,
        sha: String = ManifestTests.sha,
        mode: UInt32 = 0o644,
        bytes: UInt64 = 1
    ) -> BackupManifest {
        BackupManifest(
            goalpostVersion: "1",
            createdAt: "2026-01-01T00:00:00Z",
            log: .init(uuid: "u", firstOffset: first, endOffset: end),
            database: watermarks.map { marks in
                .init(
                    uuid: "d",
                    schemaVersion: 2,
                    partitions: marks.count,
                    dumpMajor: 15,
                    totalBytes: 9,
                    watermarks: marks.enumerated().map {
                        .init(stream: "events", partition: $0.offset, nextOffset: $0.element)
                    }
                )
            },
            files: paths.map { .init(path: $0, bytes: bytes, sha256: sha, mode: mode) }
        )
    }

    @Test func `a manifest is read as it was written, and has one digest`() throws {
        let manifest = Self.manifest(
            paths: ["log/events/stream.json", "database.dump", "goalpost.yaml", "snapshots/a"],
            watermarks: [10, 3]
        )
        try directory.finish(manifest)
        let (read, digest) = try directory.manifest()
        #expect(read == manifest)
        #expect(
            read.files.map(\.path) == [
                "database.dump", "goalpost.yaml", "log/events/stream.json", "snapshots/a",
            ]
        )
        #expect(try directory.manifest().sha256 == digest && digest.count == 64)
    }

    @Test(arguments: [
        "/etc/passwd", "../x", "log/../../x", "log//x", "log/./x", "postgres/x", "log", "", "backup.json",
        "payloads/data.mdb", "log/a\u{0}b", "restore.json",
    ])
    func `a path that leads elsewhere is refused`(path: String) {
        let error = #expect(throws: BackupError.self) { try directory.finish(Self.manifest(paths: [path])) }
        guard case .manifestDamaged(let file, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(file == "/b/backup.json")
    }

    @Test func `what cannot be is refused`() {
        let wrong = [
            Self.manifest(paths: ["log/a", "log/a"]), Self.manifest(first: 11), Self.manifest(sha: "abc"),
            Self.manifest(sha: String(repeating: "A", count: 64)), Self.manifest(mode: 0o4755),
            Self.manifest(watermarks: [1]),
            Self.manifest(paths: ["database.dump"]), Self.manifest(paths: ["log/a", "log/b"], bytes: .max),
            Self.manifest(paths: ["database.dump"], watermarks: [11]),
            Self.manifest(paths: ["database.dump"], first: 5, watermarks: [4]),
        ]
        for manifest in wrong {
            #expect(throws: BackupError.self, "\(manifest)") { try directory.finish(manifest) }
        }
        #expect(disk.contents("/b/backup.json") == nil)
    }

    @Test func `no directory, no manifest, a torn and a newer one are told apart`() throws {
        #expect(throws: BackupError.notABackup("/no")) {
            try BackupDirectory(volume: disk, path: "/no").manifest()
        }
        #expect(throws: BackupError.unfinished("/b")) { try directory.manifest() }
        disk.place(Array("{\"formatVersion\":2}".utf8), at: "/b/backup.json")
        #expect(throws: BackupError.newerFormat(file: "/b/backup.json", version: 2)) {
            try directory.manifest()
        }
        for text in ["", "{}", "[]", "{\"formatVersion\":1}", "{\"formatVersion\":1"] {
            disk.place(Array(text.utf8), at: "/b/backup.json")
            #expect(throws: BackupError.self, "\(text)") { try directory.manifest() }
        }
    }

    /// Every change of one byte of a manifest is either seen when it is read, or does not change what it says.
    @Test func `no changed byte leads out of the directory`() throws {
        try directory.finish(Self.manifest(paths: ["log/events/x", "database.dump"], watermarks: [4]))
        let whole = try #require(disk.contents("/b/backup.json"))
        for index in whole.indices {
            for byte in [UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "\""), 0, 0xFF] {
                var bytes = whole
                bytes[index] = byte
                disk.place(bytes, at: "/b/backup.json")
                do throws(BackupError) {
                    for file in try directory.manifest().manifest.files {
                        #expect(!file.path.hasPrefix("/") && !file.path.contains("../"))
                    }
                } catch {
                    // Refused, as it may be.
                }
            }
        }
    }
}
