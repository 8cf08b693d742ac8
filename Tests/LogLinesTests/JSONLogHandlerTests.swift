import Foundation
import LogLines
import Logging
import Synchronization
import Testing

/// Log lines for machines.
@Suite struct JSONLogHandlerTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private static func object(_ line: String) throws -> [String: Any] {
        #expect(line.hasSuffix("\n") && line.dropLast().allSatisfy { !$0.isNewline })
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test func `a line is one JSON object with time, level, message and metadata`() throws {
        let lines = Lines()
        var log = Logger(label: "goalpost") { label in
            JSONLogHandler(
                label: label,
                now: { Date(timeIntervalSince1970: 1_767_607_200.25) },
                write: { lines.add($0) }
            )
        }
        log[metadataKey: "job"] = "fold"
        log[metadataKey: "run"] = "1"
        log.warning("a \"quoted\"\nline \\ \u{1} Łódź", metadata: ["run": "2", "n": ["x", "y"]])
        log.debug("not this one")
        #expect(lines.all.count == 1)
        let line = try #require(lines.all.first)
        #expect(line.hasPrefix(#"{"time":"2026-01-05T10:00:00.250Z","level":"warning","#))
        let object = try Self.object(line)
        #expect(Set(object.keys) == ["time", "level", "label", "message", "metadata"])
        #expect(object["message"] as? String == "a \"quoted\"\nline \\ \u{1} Łódź")
        #expect(object["label"] as? String == "goalpost")
        let metadata = object["metadata"] as? [String: String]
        #expect(metadata?["job"] == "fold" && metadata?["run"] == "2" && metadata?["n"] == #"["x", "y"]"#)
    }

    @Test func `every ASCII character in a message comes back`() throws {
        let all = String(String.UnicodeScalarView((0..<128).compactMap(UnicodeScalar.init)))
        let line = JSONLogHandler.line(
            time: Date(),
            level: "info",
            label: all,
            message: all,
            metadata: [all: all]
        )
        let object = try Self.object(line)
        #expect(object["message"] as? String == all && object["label"] as? String == all)
        #expect(object["metadata"] as? [String: String] == [all: all])
    }
}
