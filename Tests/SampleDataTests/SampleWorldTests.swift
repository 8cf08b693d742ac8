import Foundation
import SampleData
import TestKit
import Testing

@Suite struct SampleWorldTests {
    private func configuration(_ world: SampleWorld) throws -> NaiveConfiguration {
        try NaiveConfiguration(world.challengesJSON())
    }

    @Test func `the same seed gives the same challenges, another one others`() throws {
        let bytes = try SampleWorld(seed: 1).challengesJSON()
        #expect(try SampleWorld(seed: 1).challengesJSON() == bytes)
        #expect(try SampleWorld(seed: 2).challengesJSON() != bytes)
    }

    @Test func `the demo's challenges are those of seed 1`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "fixtures/demo/challenges.json")
        let bytes = try SampleWorld(seed: 1).challengesJSON()
        if ProcessInfo.processInfo.environment["GOLDEN_UPDATE"] == "1" {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(bytes).write(to: file)
        }
        #expect(try Data(contentsOf: file) == Data(bytes))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `the default world has the shape that load is measured with`(seed: UInt64) throws {
        let world = try SampleWorld(seed: seed)
        let configuration = try configuration(world)
        #expect(configuration.challenges.count == 10)
        #expect(configuration.challenges.allSatisfy { $0.goals.count == 50 })
        for challenge in configuration.challenges {
            #expect((10...14).contains(challenge.goals.filter(\.defaultAssigned).count))
        }
        let stats = configuration.goals.filter { $0.eventSource == "statistic" }
        #expect((80...100).contains(Set(stats.map(\.statCode)).count))
        #expect(stats.filter { $0.type == "absolute" }.count == 200)
        #expect(stats.filter { $0.type == "increment" && !$0.daily }.count == 150)
        #expect(stats.filter { $0.type == "increment" && $0.daily }.count == 50)
        #expect(stats.filter { $0.type == "daily" }.count == 50)
        let logins = configuration.goals.filter { $0.eventSource == "login" }
        #expect(Set(logins.map { $0.type + ($0.daily ? " by day" : "") }).count == 4)
        var oracle = NaiveGoalpost(namespace: "demo")
        try oracle.configure(world.challengesJSON())
        let answerBytes = oracle.template(.challenges).utf8.count
        #expect((220_000...230_000).contains(answerBytes), "\(answerBytes) bytes")
    }

    @Test(arguments: [(1, 1), (1, 17), (3, 16), (12, 40), (1_000, 2)])
    func `every size gives a valid configuration`(challenges: Int, goals: Int) throws {
        let world = try SampleWorld(seed: 9, challenges: challenges, goalsPerChallenge: goals, players: 1)
        let configuration = try configuration(world)
        #expect(configuration.goals.count == challenges * goals)
        #expect(Set(configuration.challenges.map(\.id)).count == challenges)
        #expect(Set(configuration.goals.map(\.id)).count == challenges * goals)
        var earlier: Set<[UInt8]> = []
        for goal in configuration.goals {
            #expect(earlier.isSuperset(of: goal.prerequisites))
            #expect(Set(goal.prerequisites).count == goal.prerequisites.count)
            #expect(goal.id.count <= 100 && goal.target >= 1 && goal.reward.quantity >= 1)
            #expect(!goal.name.isEmpty && !goal.description.isEmpty)
            #expect(!goal.daily || goal.type == "increment")
            earlier.insert(goal.id)
        }
    }

    @Test(arguments: [
        (0, 1, 1), (1, 0, 1), (1, 1, 0), (1_001, 1, 1), (1, 1_001, 1), (1, 1, 50_000_001), (-1, 1, 1),
    ])
    func `a size out of range is refused by name`(challenges: Int, goals: Int, players: Int) {
        let error = #expect(throws: SampleDataError.self) {
            try SampleWorld(seed: 1, challenges: challenges, goalsPerChallenge: goals, players: players)
        }
        #expect(error.map { "\($0)".contains("must be 1 to") } == true)
    }

    @Test func `players have ids of 32 hexadecimal digits, all different`() throws {
        let world = try SampleWorld(seed: 1, players: 100_000)
        let ids = Set((0..<100_000).map { world.userId($0) })
        #expect(ids.count == 100_000)
        #expect(ids.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy { $0.isHexDigit && !$0.isUppercase } })
        #expect(try SampleWorld(seed: 2).userId(0) != world.userId(0))
    }
}
