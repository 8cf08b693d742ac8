import Disk
import Foundation
import TestKit
import Testing

@Suite struct VolumeLinkTests {
    private let volume = LocalVolume()
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func path(_ name: String) -> String { directory.path + "/" + name }

    @Test func `a second name is the same file, also when the first goes`() throws {
        try volume.atomicWrite([1, 2, 3], to: path("a"))
        try volume.hardLink(path("a"), to: path("b"))
        #expect(try volume.identity(path("a")) == volume.identity(path("b")))
        try volume.remove(path("a"))
        #expect(try volume.readFile(path("b"), bytesMax: 9) == [1, 2, 3])
        try volume.atomicWrite([4], to: path("a"))
        #expect(throws: DiskError(.link, path("b"), code: EEXIST)) {
            try volume.hardLink(path("a"), to: path("b"))
        }
        #expect(throws: DiskError(.link, path("c"), code: ENOENT)) {
            try volume.hardLink(path("no"), to: path("c"))
        }
    }

    @Test func `a second name on another file system is refused with a code that says copy`() throws {
        try volume.atomicWrite([1], to: path("a"))
        let other = "/dev/shm/goalpost-\(UUID())"
        let error = #expect(throws: DiskError.self) { try volume.hardLink(path("a"), to: other) }
        #expect(DiskErrorCode.cannotLink.contains(error?.code ?? 0))
    }

    @Test func `directories, permission bits and free bytes are told`() throws {
        try volume.atomicWrite([1], to: path("a"))
        #expect(try volume.isDirectory(directory.path))
        #expect(try !volume.isDirectory(path("a")))
        #expect(try !volume.isDirectory(path("no")))
        #expect(try !volume.isDirectory(path("a/below")))
        try volume.setPermissions(path("a"), 0o640)
        #expect(try volume.permissions(path("a")) == 0o640)
        #expect(throws: DiskError(.setPermissions, path("no"), code: ENOENT)) {
            try volume.setPermissions(path("no"), 0o600)
        }
        #expect(try volume.freeBytes(directory.path) > 0)
        #expect(throws: DiskError(.measure, path("no"), code: ENOENT)) { try volume.freeBytes(path("no")) }
    }

    @Test func `the simulated disk loses a second name that was not made durable`() throws {
        let disk = SimulatedDisk()
        disk.place([7], at: "/a")
        try disk.hardLink("/a", to: "/b")
        #expect(disk.contents("/b") == [7])
        #expect(throws: DiskError(.link, "/b", code: EEXIST)) { try disk.hardLink("/a", to: "/b") }
        try disk.syncDirectory("/")
        try disk.hardLink("/a", to: "/c")
        var lost = false
        for seed in UInt64(0)..<20 {
            let other = SimulatedDisk()
            other.place([7], at: "/a")
            try other.hardLink("/a", to: "/c")
            other.crash(seed: seed)
            if other.contents("/c") == nil { lost = true }
        }
        #expect(lost)
        disk.crash(seed: 1)
        #expect(disk.contents("/b") == [7])
    }
}
