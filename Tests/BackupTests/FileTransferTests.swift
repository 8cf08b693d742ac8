import Backup
import Disk
import TestKit
import Testing

@Suite struct FileTransferTests {
    private let disk = SimulatedDisk()

    private static func content(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    }

    @Test func `a copy is the file, or its first bytes, with the digest of what was copied`() throws {
        let transfer = FileTransfer(volume: disk)
        disk.place(Self.content(3_000_000), at: "/a")
        let source = try disk.open("/a", .read)
        var seen: UInt64 = 0
        let whole = try transfer.copy(source, to: "/b", mode: 0o644) { seen += $0 }
        #expect(disk.contents("/b") == Self.content(3_000_000) && seen == 3_000_000)
        #expect(try transfer.digest("/a") { _ in } == whole)
        let part = try transfer.copy(source, byteCount: 1_048_577, to: "/c", mode: 0o644) { _ in }
        #expect(disk.contents("/c") == Self.content(1_048_577) && part.bytes == 1_048_577)
        #expect(try transfer.digest("/a", byteCount: 1_048_577) { _ in } == part)
        #expect(throws: BackupError.self) {
            try transfer.copy(source, byteCount: 3_000_001, to: "/d", mode: 0o644) { _ in }
        }
        #expect(throws: BackupError.disk(DiskError(.create, "/b", code: DiskErrorCode.exists))) {
            try transfer.copy(source, to: "/b", mode: 0o644) { _ in }
        }
    }

    @Test func `the digest is SHA-256`() throws {
        disk.place(Array("abc".utf8), at: "/a")
        #expect(
            try FileTransfer(volume: disk).digest("/a") { _ in }.sha256
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        let file = try StreamedFile(volume: disk, path: "/s")
        try file.append(Array("a".utf8))
        try file.append(Array("bc".utf8))
        #expect(try file.finish() == FileTransfer(volume: disk).digest("/a") { _ in })
        #expect(disk.contents("/s") == Array("abc".utf8))
    }

    private func file(_ bytes: [UInt8]) throws -> BackupManifest.File {
        disk.place(bytes, at: "/from")
        let digest = try FileTransfer(volume: disk).digest("/from") { _ in }
        return .init(path: "log/x", bytes: digest.bytes, sha256: digest.sha256, mode: 0o640)
    }

    @Test func `a restored file is right or is not there`() throws {
        let file = try file(Self.content(100_000))
        let transfer = FileTransfer(volume: disk)
        disk.place([9], at: "/to.tmp")
        try transfer.restore(file, from: "/from", to: "/to") { _ in }
        #expect(disk.contents("/to") == Self.content(100_000) && disk.contents("/to.tmp") == nil)
        // There already: kept, nothing is written.
        let calls = disk.callCount
        try transfer.restore(file, from: "/from", to: "/to") { _ in }
        #expect(disk.callCount == calls + 1)
        // Of the same size, but another: replaced.
        disk.place([UInt8](repeating: 1, count: 100_000), at: "/to")
        try transfer.restore(file, from: "/from", to: "/to") { _ in }
        #expect(disk.contents("/to") == Self.content(100_000))
        // A source that changed since it was checked.
        disk.place([UInt8](repeating: 2, count: 100_000), at: "/from")
        #expect(throws: BackupError.self) { try transfer.restore(file, from: "/from", to: "/other") { _ in } }
        #expect(disk.contents("/other") == nil)
    }

    /// Fails each disk call in turn; the next attempt goes on and ends right.
    @Test func `a disk that refuses leaves no wrong file, whichever call it is`() throws {
        var refused = 0
        for call in 1...20 {
            let file = try file(Self.content(100_000))
            for path in ["/to", "/to.tmp"] where disk.contents(path) != nil { try disk.remove(path) }
            let transfer = FileTransfer(volume: disk)
            disk.arm(.writeInPart(77, code: DiskErrorCode.diskFull), atCall: call)
            do throws(BackupError) {
                try transfer.restore(file, from: "/from", to: "/to") { _ in }
            } catch {
                refused += 1
                #expect(disk.contents("/to") == nil)
            }
            disk.disarm()
            try transfer.restore(file, from: "/from", to: "/to") { _ in }
            #expect(disk.contents("/to") == Self.content(100_000))
        }
        #expect(refused >= 4)
    }

    /// Power fails at each call; a manifest that is there after that has all its files behind it.
    @Test(arguments: 1...40)
    func `a manifest that survives a power failure has its files`(call: Int) throws {
        let disk = SimulatedDisk()
        disk.place(Self.content(5000), at: "/source")
        let directory = BackupDirectory(volume: disk, path: "/b")
        disk.arm(.losePower, atCall: call)
        do {
            try directory.make()
            try disk.makeDirectory("/b/log", mode: 0o700)
            let transfer = FileTransfer(volume: disk)
            var files: [BackupManifest.File] = []
            for name in ["log/a", "log/b"] {
                let digest = try transfer.copy(
                    try disk.open("/source", .read),
                    to: directory.path(of: name),
                    mode: 0o644
                ) { _ in }
                files.append(.init(path: name, bytes: digest.bytes, sha256: digest.sha256, mode: 0o644))
            }
            try disk.syncDirectory("/b/log")
            try directory.finish(
                BackupManifest(
                    goalpostVersion: "1",
                    createdAt: "",
                    log: .init(uuid: "", firstOffset: 0, endOffset: 0),
                    database: nil,
                    files: files
                )
            )
        } catch {
            // The power went.
        }
        disk.crash(seed: UInt64(call))
        do throws(BackupError) {
            let (manifest, _) = try directory.manifest()
            #expect(try directory.check(manifest) { _ in } == [])
        } catch {
            #expect([.unfinished("/b"), .notABackup("/b")].contains(error))
        }
    }
}
