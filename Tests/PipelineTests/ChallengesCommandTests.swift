import Disk
import Foundation
import SampleData
import TestKit
import Testing

/// A new configuration by command line: shown, put in force, folded with, published to everybody.
@Suite struct ChallengesCommandTests {
    private static func file(target: Int, more: String = "") -> [UInt8] {
        Array(
            """
            {"challenges":[{"challengeId":"c","name":"C","description":"","goals":[
            {"goalId":"g","name":"G","type":"increment","eventSource":"login","defaultAssigned":true,
             "requirement":{"statCode":"login","operator":">=","targetValue":\(target)},
             "reward":{"type":"ITEM","rewardId":"r","quantity":1}}\(more)]}]}
            """.utf8
        )
    }

    private static func login(_ number: Int) -> String {
        #"{"id":"e\#(number)","name":"userLoggedIn","namespace":"demo","timestamp":"2026-01-05T00:00:0\#(number)Z","userId":"u"}"#
            + "\n"
    }

    @Test func `apply shows what changes, governs from there on, and reaches every player`() async throws {
        let directory = try TemporaryDirectory()
        let volume = LocalVolume()
        let program = GoalpostProgram(
            data: directory.path + "/data",
            databaseURL: try await ThrowawayPostgres.freshDatabase()
        )
        let (old, new) = (directory.path + "/old.json", directory.path + "/new.json")
        try volume.atomicWrite(Self.file(target: 3), to: old)
        let added = #"""
            ,{"goalId":"h","name":"H","eventSource":"statistic","requirement":{"statCode":"k","operator":">=","targetValue":1},
             "reward":{"type":"ITEM","rewardId":"r","quantity":1}}
            """#
        try volume.atomicWrite(Self.file(target: 2, more: added), to: new)
        let events = directory.path + "/events"
        try program.succeed("init", "--challenges", old)
        try volume.atomicWrite(Array((Self.login(1) + Self.login(2)).utf8), to: events)
        try program.succeed("ingest", events)

        let lines = ["~ goal g: target 3 → 2", "+ goal h in challenge c"]
        #expect(try program.succeed("challenges", "diff", new) == lines.joined(separator: "\n") + "\n")
        let applied = try program.succeed("challenges", "apply", new)
        #expect(applied == (lines + ["in force from offset 2"]).joined(separator: "\n") + "\n")
        #expect(try program.succeed("challenges", "apply", new) == "nothing changes\n")
        let listed = try program.succeed("challenges", "ls").split(separator: "\n")
        #expect(listed.count == 2 && listed[1].hasPrefix("from offset 2: 2 goals in 1 challenges"))

        // Two logins under the old target are not three, whatever the new target says of them.
        try program.succeed("run", "fold")
        try program.succeed("run", "publish", "--as-of", "2026-01-05T12:00:00Z")
        let before = try program.succeed("payload", "u")
        #expect(before.contains(#""progress":2,"target":2,"status":"in_progress""#))
        // The next one is judged by the new.
        try volume.atomicWrite(Array((Self.login(1) + Self.login(2) + Self.login(3)).utf8), to: events)
        try program.succeed("ingest", events)
        try program.succeed("run", "fold")
        let published = try program.succeed("run", "publish", "--as-of", "2026-01-05T12:00:00Z", "--json")
        #expect(published.contains(#""isFull":false"#) && published.contains(#""players":1"#))
        let after = try program.succeed("payload", "u")
        #expect(after.contains(#""progress":3,"target":2,"status":"completed""#))
        let all = try program.succeed("payload", "--challenges", "u")
        #expect(all.contains(#""goalId":"h""#) && all.contains(#""isActive":false"#))
    }
}
