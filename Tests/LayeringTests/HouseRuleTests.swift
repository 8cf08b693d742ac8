import Foundation
import Testing

@Suite struct HouseRuleTests {
    /// A rule that some code must break, and why that is right there.
    private struct Exception {
        /// A room (`Disk`) or one file (`Sources/Disk/File.swift`).
        let place: String
        let words: Set<String>
        let reason: String

        init(_ place: String, _ words: Set<String>, _ reason: String) {
            self.place = place
            self.words = words
            self.reason = reason
        }

        func covers(_ file: House.File, _ word: String) -> Bool {
            (place == file.room || place == file.path) && words.contains(word)
        }
    }

    private static let fileSystemWords = [
        "open(", "openat(", "fopen(", "creat(", "rename(", "unlink(", "mkdir(", "rmdir(", "fsync(",
        "fdatasync(",
        "ftruncate(", "flock(", "FileManager", "FileHandle", "Data(contentsOf", "String(contentsOf",
        "write(to",
    ]

    private static let fileSystemExceptions = [
        Exception("Disk", Set(fileSystemWords), "The room whose work this is."),
        Exception(
            "LMDB",
            ["open(", "mkdir(", "flock("],
            "LMDB opens its own files; the writer's lock lies beside."
        ),
        Exception("Settings", ["FileHandle"], "Reads goalpost.yaml, bounded, before any store is opened."),
        Exception("Front", ["open("], "The operator's token, read once; no store's data."),
        Exception(
            "Listening",
            ["open(", "rename(", "unlink("],
            "The port file, replaced whole; no store's data."
        ),
        Exception(
            "Sources/Tokens/ServiceAccess.swift",
            ["open("],
            "The producers' token hashes, read once; no store's data."
        ),
        Exception(
            "Sources/Listening/OwnerSocket.swift",
            ["openat("],
            "The directory of a socket, by which it is reached however long its path; no store's data."
        ),
        Exception(
            "Cluster",
            Set(fileSystemWords),
            "Prepares the directories that initdb and postgres run in."
        ),
        Exception("Sources/Front/FileMode.swift", ["FileManager"], "Asks who may read a key's file."),
        Exception(
            "Tokens",
            ["FileHandle"],
            "Reads the file of keys that it is given, bounded; no store's data."
        ),
        Exception("goalpost", ["open(", "FileHandle"], "Reads the files named on its command line."),
    ]

    @Test func `only the disk room and listed places touch the file system`() throws {
        for file in try House.files() {
            for word in Self.fileSystemWords
            where !Self.fileSystemExceptions.contains(where: { $0.covers(file, word) }) {
                // A file that has a function of this name calls that one.
                if file.code.contains("func \(word)") { continue }
                let lines = SwiftText.lines(in: file.code, where: word, evenAsMember: word == "write(to")
                #expect(lines == [], "\(file.path) calls \(word) at \(lines)")
            }
        }
    }

    private static let impureWords = [
        "Date()", "Date.now", "UUID()", ".random(", "SystemRandomNumberGenerator", "ContinuousClock",
        "SuspendingClock",
        "clock_gettime(", "time(", "gettimeofday(", "getenv(", "ProcessInfo", "Hasher", "Task", "print(",
    ]

    @Test func `the pure core has no clock, chance or surroundings`() throws {
        for file in try House.files() where Arrows.pureCore.contains(file.room) {
            for word in Self.impureWords {
                let lines = SwiftText.lines(in: file.code, where: word, evenAsMember: word.hasPrefix("."))
                #expect(lines == [], "\(file.path) uses \(word) at \(lines)")
            }
        }
    }

    private static let forbiddenWords = [
        "try?", "try!", "as!", "fatalError(", "Thread.sleep", "usleep(", "sleep(", "nonisolated(unsafe)",
    ]

    private static let forbiddenExceptions: [Exception] = []

    @Test func `no word that hides an error or waits blindly`() throws {
        for file in try House.files() {
            for word in Self.forbiddenWords
            where !Self.forbiddenExceptions.contains(where: { $0.covers(file, word) }) {
                let lines = SwiftText.lines(in: file.code, where: word)
                #expect(lines == [], "\(file.path) says \(word) at \(lines)")
            }
        }
    }

    @Test func `nothing is left for later`() throws {
        for file in try House.files() {
            for word in ["TODO", "FIXME", "XXX"] {
                let lines = SwiftText.lines(in: file.text, where: word)
                #expect(lines == [], "\(file.path) says \(word) at \(lines)")
            }
        }
    }

    @Test func `each exception says why`() {
        for exception in Self.fileSystemExceptions + Self.forbiddenExceptions {
            #expect(exception.reason.hasSuffix("."), "\(exception.place)")
        }
    }

    @Test func `nothing is public: the house is one package`() throws {
        for file in try House.files() {
            for word in ["public", "open class"] {
                let lines = SwiftText.lines(in: file.code, where: word)
                #expect(lines == [], "\(file.path) is \(word) at \(lines)")
            }
        }
    }

    @Test func `a file is at most 500 lines`() throws {
        for file in try House.files() {
            let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 501, "\(file.path) has \(lines - 1) lines")
        }
        for path in try House.paths(below: "Tests") {
            let text = try String(contentsOf: House.root.appending(path: path), encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 501, "\(path) has \(lines - 1) lines")
        }
    }

    @Test func `no room or file is called Utils, Common, Core, Models or Helpers`() throws {
        let names: Set<String> = [
            "Utils", "Utilities", "Common", "Core", "Models", "Helpers", "Helper", "Misc",
        ]
        for room in try House.rooms() { #expect(!names.contains(room), "Sources/\(room)") }
        for path in try House.paths(below: "Sources") + House.paths(below: "Tests") {
            let name = path.split(separator: "/").last.map { String($0.dropLast(".swift".count)) } ?? ""
            #expect(!names.contains(name), "\(path)")
        }
    }

    @Test func `the top level holds what it should and nothing else`() throws {
        let allowed: Set<String> = [
            "Package.swift", "Sources", "Tests", "jobs", "partitions", "fixtures", "cron", "README.md",
            "LICENSE",
        ]
        // SwiftPM writes this one beside the manifest; it is ignored by git, not part of the tree.
        let written: Set<String> = ["Package.resolved"]
        let found = try House.topLevel().filter { !$0.hasPrefix(".") }
        for name in found {
            #expect(allowed.contains(name) || written.contains(name), "\(name) lies at the top level")
        }
        for name in allowed.sorted() {
            #expect(found.contains(name), "\(name) is missing")
        }
    }

    @Test func `every test folder is named after a room or a whole-house concern`() throws {
        let concerns: Set<String> = [
            "FuzzKit", "TestKit", "TestKitTests", "PipelineTests", "CrashTests", "LayeringTests",
            "KilledTests", "CallTrap", "Benchmarks", "BenchTests", "WorldKit", "WorldTests",
        ]
        let rooms = Set(Arrows.allowed.keys.map { "\($0)Tests" })
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: House.root.appending(path: "Tests").path()
        )
        for folder in folders where !folder.hasPrefix(".") {
            #expect(concerns.contains(folder) || rooms.contains(folder), "Tests/\(folder) tests no room")
        }
    }
}
