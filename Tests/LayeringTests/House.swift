import Foundation

/// The working tree that these tests check, found from this file's own place in it.
enum House {
    /// The directory of Package.swift.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// One Swift file of a room.
    struct File: Sendable, CustomStringConvertible {
        /// The target it belongs to, such as `EventLog`.
        let room: String
        /// Path from the root, such as `Sources/EventLog/Segment.swift`.
        let path: String
        let text: String
        /// The text with comments and the insides of string literals blanked, line breaks kept.
        let code: String

        var description: String { path }
    }

    /// All Swift files under Sources and partitions, sorted by path.
    static func files() throws -> [File] {
        var files: [File] = []
        for path in try paths(below: "Sources") {
            files.append(
                try file(path, room: path.split(separator: "/").dropFirst().first.map(String.init) ?? "")
            )
        }
        for path in try paths(below: "partitions") {
            files.append(try file(path, room: "Partitions"))
        }
        return files
    }

    /// Paths of all Swift files below a top-level directory, from the root; none where it does not exist.
    static func paths(below directory: String) throws -> [String] {
        let start = root.appending(path: directory)
        guard let names = FileManager.default.enumerator(atPath: start.path()) else { return [] }
        return names.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.map {
            "\(directory)/\($0)"
        }
        .sorted()
    }

    /// Names of the rooms that exist as directories under Sources.
    static func rooms() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path()).filter {
            !$0.hasPrefix(".")
        }.sorted()
    }

    /// Names of everything directly under the root.
    static func topLevel() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.path()).sorted()
    }

    private static func file(_ path: String, room: String) throws -> File {
        let text = String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
        return File(room: room, path: path, text: text, code: SwiftText.code(of: text))
    }
}
