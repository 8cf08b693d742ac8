import Foundation
import LMDB
import TestKit
import Testing

@Suite struct EnvironmentTests {
    private let scratch: TemporaryDirectory
    private var directory: String { scratch.path + "/store" }

    init() throws { scratch = try TemporaryDirectory() }

    /// Makes the environment and closes it again.
    private func make() throws { _ = try Environment.openReadWrite(directory: directory, mapBytes: 1 << 20) }

    @Test func `reading where nothing was written says absent`() {
        #expect(throws: LMDBError.absent(path: directory)) {
            try Environment.openReadOnly(directory: directory)
        }
    }

    @Test func `a directory without a parent is an input error`() {
        #expect {
            try Environment.openReadWrite(directory: scratch.path + "/no/such", mapBytes: 1 << 20)
        } throws: { error in
            guard case LMDBError.io(_, "making the directory", ENOENT, _) = error else { return false }
            return true
        }
    }

    @Test func `a file that is no environment is named`() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data(repeating: 7, count: 65_536).write(to: URL(filePath: directory + "/data.mdb"))
        #expect(throws: LMDBError.notAnEnvironment(path: directory)) {
            try Environment.openReadOnly(directory: directory)
        }
        #expect(throws: LMDBError.notAnEnvironment(path: directory)) {
            try Environment.openReadWrite(directory: directory, mapBytes: 1 << 20)
        }
    }

    @Test func `a second writer in this process is refused, a reader shares the environment`() throws {
        let writer = try Environment.openReadWrite(directory: directory, mapBytes: 1 << 20)
        #expect(throws: LMDBError.locked(path: directory)) {
            try Environment.openReadWrite(directory: directory, mapBytes: 1 << 20)
        }
        let reader = try Environment.openReadOnly(directory: directory)
        #expect(reader === writer)
    }

    @Test func `a process that reads cannot begin to write`() throws {
        try make()
        let reader = try Environment.openReadOnly(directory: directory)
        #expect(throws: LMDBError.openReadOnly(path: directory)) {
            try Environment.openReadWrite(directory: directory, mapBytes: 1 << 20)
        }
        #expect(throws: LMDBError.self) { try reader.makeDatabase(named: "a") }
    }

    @Test func `a released environment can be opened again`() throws {
        for _ in 0..<20 {
            let writer = try Environment.openReadWrite(directory: directory, mapBytes: 1 << 20)
            #expect(writer.isWritable)
        }
    }

    @Test func `opening and releasing from many threads never opens a file twice`() async throws {
        try make()
        let directory = directory
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Refused or not, as the readers come and go; never waits for ever.
                for _ in 0..<300 {
                    do {
                        _ = try Environment.openReadWrite(directory: directory, mapBytes: 1 << 20)
                    } catch LMDBError.locked, LMDBError.openReadOnly {}
                }
            }
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<100 {
                        let environment = try Environment.openReadOnly(directory: directory)
                        try ReadSnapshot(environment).read { _ throws(LMDBError) in }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a replaced file is noticed`() throws {
        try make()
        let environment = try Environment.openReadOnly(directory: directory)
        #expect(!environment.isReplaced)
        try FileManager.default.removeItem(atPath: directory)
        #expect(environment.isReplaced)
        // The new file may be opened beside the old one: it is another file.
        let fresh = try Environment.openReadWrite(directory: directory, mapBytes: 1 << 20)
        #expect(environment.isReplaced)
        #expect(!fresh.isReplaced)
    }

    @Test func `usage grows with the data and stays below the map`() throws {
        let environment = try Environment.openReadWrite(directory: directory, mapBytes: 8 << 20)
        let database = try environment.makeDatabase(named: "a")
        let before = try environment.usage()
        try environment.write { batch throws(LMDBError) in
            try batch.put(Array(repeating: 1, count: 1 << 20), in: database, under: [1])
        }
        let after = try environment.usage()
        #expect(before.mapBytes == 8 << 20)
        #expect(after.usedBytes >= before.usedBytes + 1 << 20)
        #expect(after.usedBytes <= after.mapBytes)
    }

    @Test func `every error says what to do`() {
        let errors: [LMDBError] = [
            .absent(path: "/p"), .locked(path: "/p"), .openReadOnly(path: "/p"),
            .mapFull(path: "/p", mapBytes: 5), .mapOutgrown(path: "/p"),
            .readersFull(path: "/p", readersMax: 9), .corrupted(path: "/p", detail: "d"),
            .notAnEnvironment(path: "/p"), .versionMismatch(path: "/p"),
            .io(path: "/p", operation: "o", code: 28, detail: "No space left on device"),
            .misuse(path: "/p", operation: "o", code: 1, detail: "d"),
        ]
        for error in errors { #expect(error.description.contains("/p")) }
        #expect(LMDBError.mapFull(path: "/p", mapBytes: 5).description.contains("payload_map_bytes"))
        #expect(LMDBError.keyOutOfRange(byteCount: 512).description.contains("1 to 511"))
    }
}
