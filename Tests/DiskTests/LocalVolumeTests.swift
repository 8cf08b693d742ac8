import Disk
import Foundation
import TestKit
import Testing

@Suite struct LocalVolumeTests {
    private let volume = LocalVolume()
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func path(_ name: String) -> String { directory.path + "/" + name }

    @Test func `bytes are read where they were written`() throws {
        let file = try volume.open(path("a"), .createNew)
        try file.write([1, 2, 3, 4], at: 0)
        try file.write([9], at: 6)
        try file.syncData()
        var buffer = [UInt8](repeating: 0xFF, count: 10)
        #expect(try file.read(at: 1, into: &buffer, range: 2..<10) == 6)
        #expect(buffer == [0xFF, 0xFF, 2, 3, 4, 0, 0, 9, 0xFF, 0xFF])
        #expect(try file.read(at: 7, into: &buffer, range: 0..<1) == 0)
        #expect(try file.size() == 7)
        try file.truncate(to: 2)
        try file.sync()
        #expect(try volume.fileSize(path("a")) == 2)
        #expect(try volume.readFile(path("a"), bytesMax: 2) == [1, 2])
    }

    @Test func `a file over the limit of a read is refused`() throws {
        try volume.atomicWrite([1, 2, 3], to: path("a"))
        #expect(throws: DiskError(.read, path("a"), code: EFBIG)) {
            try volume.readFile(path("a"), bytesMax: 2)
        }
    }

    @Test func `modes make, keep or empty a file as they say`() throws {
        #expect(throws: DiskError(.open, path("a"), code: ENOENT)) { _ = try volume.open(path("a"), .read) }
        #expect(throws: DiskError(.open, path("a"), code: ENOENT)) {
            _ = try volume.open(path("a"), .readWrite)
        }
        let appended = try volume.open(path("a"), .append)
        try appended.append([1])
        try volume.open(path("a"), .append).append([2, 3])
        #expect(try volume.readFile(path("a"), bytesMax: 9) == [1, 2, 3])
        #expect(throws: DiskError(.create, path("a"), code: EEXIST)) {
            _ = try volume.open(path("a"), .createNew)
        }
        let other = try volume.open(path("a"), .readWrite)
        #expect(throws: DiskError(.write, path("a"), code: EINVAL)) { try other.append([4]) }
        _ = try volume.open(path("a"), .replace)
        #expect(try volume.fileSize(path("a")) == 0)
    }

    @Test func `a file opened for reading refuses a write`() throws {
        try volume.atomicWrite([1], to: path("a"))
        let file = try volume.open(path("a"), .read)
        #expect(throws: DiskError(.write, path("a"), code: EBADF)) { try file.write([2], at: 0) }
        #expect(throws: DiskError(.truncate, path("a"), code: EINVAL)) { try file.truncate(to: 0) }
    }

    @Test func `an atomic write replaces the file and leaves nothing else`() throws {
        try volume.atomicWrite([1, 2], to: path("a"))
        try volume.atomicWrite([], to: path("b"))
        try volume.atomicWrite([3], to: path("a"))
        #expect(try volume.readFile(path("a"), bytesMax: 9) == [3])
        #expect(try volume.list(directory.path) == ["a", "b"])
    }

    @Test func `names come in byte order`() throws {
        for name in ["b", "a\u{301}", "Z", "á", "10", "9"] { try volume.atomicWrite([], to: path(name)) }
        let expected = ["10", "9", "Z", "a\u{301}", "b", "á"]
        #expect(try volume.list(directory.path).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
        #expect(throws: DiskError(.list, path("no"), code: ENOENT)) { try volume.list(path("no")) }
    }

    @Test func `directories are made with their parents, once`() throws {
        try volume.makeDirectory(path("x/y/z"), mode: 0o755)
        try volume.makeDirectory(path("x/y/z"), mode: 0o755)
        #expect(try volume.list(path("x/y")) == ["z"])
        try volume.atomicWrite([], to: path("x/file"))
        #expect(throws: DiskError(.makeDirectory, path("x/file"), code: ENOTDIR)) {
            try volume.makeDirectory(path("x/file"), mode: 0o755)
        }
        #expect(throws: DiskError.self) { try volume.makeDirectory(path("x/file/in"), mode: 0o755) }
    }

    @Test func `renames, removals and existence are told apart`() throws {
        try volume.atomicWrite([1], to: path("a"))
        let identity = try volume.identity(path("a"))
        #expect(try volume.open(path("a"), .read).identity() == identity)
        try volume.rename(path("a"), to: path("b"))
        try volume.syncDirectory(directory.path)
        #expect(try !volume.exists(path("a")))
        #expect(try volume.exists(path("b")))
        #expect(try volume.identity(path("b")) == identity)
        try volume.remove(path("b"))
        #expect(throws: DiskError(.remove, path("b"), code: ENOENT)) { try volume.remove(path("b")) }
        #expect(throws: DiskError(.rename, path("b"), code: ENOENT)) {
            try volume.rename(path("b"), to: path("c"))
        }
        #expect(throws: DiskError(.inspect, path("b"), code: ENOENT)) { try volume.identity(path("b")) }
        #expect(throws: DiskError(.syncDirectory, path("no"), code: ENOENT)) {
            try volume.syncDirectory(path("no"))
        }
    }

    @Test func `a real path has no links in it`() throws {
        try volume.makeDirectory(path("x"), mode: 0o755)
        try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: path("x"))
        #expect(try volume.realPath(path("link/../x/.")) == volume.realPath(path("x")))
        #expect(throws: DiskError(.inspect, path("no"), code: ENOENT)) { try volume.realPath(path("no")) }
    }

    @Test func `one lock at a time`() throws {
        let lock = try #require(try volume.tryLock(path("lock")))
        #expect(try volume.tryLock(path("lock")) == nil)
        let holder = try volume.readFile(path("lock"), bytesMax: 64)
        #expect(holder == Array("\(ProcessInfo.processInfo.processIdentifier)\n".utf8))
        lock.release()
        lock.release()
        var second = try volume.tryLock(path("lock"))
        #expect(second != nil)
        second = nil
        #expect(try volume.tryLock(path("lock")) != nil)
    }

    @Test func `no descriptor is inherited`() throws {
        let lock = try #require(try volume.tryLock(path("lock")))
        let file = try volume.open(path("a"), .createNew)
        var found = 0
        for descriptor in Int32(0)..<1024 {
            let link = "/proc/self/fd/\(descriptor)"
            guard fcntl(descriptor, F_GETFD) >= 0,
                try FileManager.default.destinationOfSymbolicLink(atPath: link).hasPrefix(directory.path)
            else { continue }
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC == FD_CLOEXEC)
            found += 1
        }
        #expect(found == 2)
        withExtendedLifetime((lock, file)) {}
    }

    @Test(arguments: [
        (ENOSPC, "free space"), (EDQUOT, "quota"), (EACCES, "access"), (EROFS, "read-only"), (EIO, "dmesg"),
        (ENOENT, "path is right"), (EMFILE, "ulimit"),
    ])
    func `an error says where and what to do`(code: Int32, advice: String) {
        let text = DiskError(.write, "/data/log", code: code).description
        #expect(text.hasPrefix("cannot write /data/log: "))
        #expect(text.contains(advice))
        #expect(!text.contains("\n"))
    }

    @Test(arguments: [("/a/b", "/a"), ("/a", "/"), ("a", "."), ("a/b/c", "a/b")])
    func `the parent of a path`(path: String, parent: String) {
        #expect(parentDirectory(of: path) == parent)
    }
}
