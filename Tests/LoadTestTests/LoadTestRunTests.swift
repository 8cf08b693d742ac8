import Foundation
import LoadTest
import TestKit
import Testing

/// What is refused before anything is made or started.
@Suite struct LoadTestRunTests {
    private static func refusal(
        out: String,
        data: String,
        _ change: (inout LoadTestOptions) -> Void = { _ in }
    ) async throws -> String {
        var options = LoadTestOptions()
        options.players = 100
        change(&options)
        let run = LoadTestRun(
            options: options,
            processes: .own(data: data, binaries: "/nowhere", environment: [:]),
            out: out,
            version: "1"
        )
        do {
            _ = try await run.run()
        } catch LoadTestError.invalidOption(let words) {
            return words
        }
        return ""
    }

    @Test func `games without a statistic are refused`() async throws {
        let directory = try TemporaryDirectory()
        let (out, data) = (directory.path + "/out", directory.path + "/data")
        for goals in [1, 10] {
            let words = try await Self.refusal(out: out, data: data) { $0.goals = goals }
            #expect(words.contains("--goals is \(goals)"), "\(words)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test func `directories that are the same or lie in each other are refused`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        try FileManager.default.createSymbolicLink(atPath: path + "/link", withDestinationPath: path)
        for (out, data) in [
            ("/a", "/a"), ("/a", "/a/"), ("/a", "/a/b/c"), ("/a/b", "/a"), ("/a", "/b/../a/x"),
            ("/a", "/link/a"), ("/a", "/./a"),
        ] {
            let words = try await Self.refusal(out: path + out, data: path + data)
            #expect(words.contains("lie in each other"), "\(out) \(data): \(words)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["link"])
        try WorkPlaces.keepApart(path + "/a", path + "/ab")
    }
}
