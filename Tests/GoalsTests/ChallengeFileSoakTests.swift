import Foundation
import FuzzKit
import Goals
import TestKit
import Testing

/// challenges.json from random sets and from spoiled ones: read as it was meant, or refused with a place in the file.
@Suite struct ChallengeFileSoakTests {
    @Test func `a random valid file is read as it was meant`() throws {
        for seed in try SeedRun(1...40) {
            var random = SplitMix64(seed: seed)
            var made = RandomChallenges(using: &random)
            for _ in 0..<3 {
                let outcome = ChallengeFile.read(made.bytes(using: &random))
                guard case .valid(let set) = outcome else {
                    Issue.record("seed \(seed): \(outcome)")
                    return
                }
                expect(set, made, "seed \(seed)")
                made.change(using: &random)
            }
        }
    }

    private func expect(_ set: ChallengeSet, _ made: RandomChallenges, _ what: String) {
        #expect(set.challenges.map(\.id) == made.challenges.map { Identifier($0.id) }, "\(what)")
        #expect(set.challenges.map(\.name.utf8.count) == made.challenges.map(\.name.utf8.count), "\(what)")
        #expect(
            set.challenges.map { set.goals[$0.goals].count } == made.challenges.map(\.goals.count),
            "\(what)"
        )
        let ids = set.goals.map(\.id)
        #expect(ids == made.goals.map { Identifier($0.id) }, "\(what)")
        for (goal, wanted) in zip(set.goals, made.goals) {
            #expect(
                goal.name.utf8.elementsEqual(wanted.name.utf8) && goal.type.rawValue == wanted.type
                    && (goal.eventSource == .login) == wanted.isLogin
                    && goal.countsOncePerDay == wanted.countsOncePerDay
                    && goal.isDefaultAssigned == wanted.isDefault
                    && goal.statCode == Identifier(wanted.statCode) && Int(goal.targetValue) == wanted.target
                    && goal.reward.id.utf8.elementsEqual(wanted.rewardId.utf8)
                    && Int(goal.reward.quantity) == wanted.rewardQuantity
                    && goal.prerequisites.map { ids[$0] } == wanted.prerequisites.map { Identifier($0) },
                "\(what): \(wanted.id)"
            )
        }
    }

    @Test func `a spoiled file is refused with a line of it, or is still a set that keeps every rule`() throws
    {
        var (refused, taken) = (0, 0)
        for seed in try SeedRun(1...1500) {
            var random = SplitMix64(seed: seed)
            let one = RandomChallenges(using: &random).bytes(using: &random)
            let other = RandomChallenges(using: &random).bytes(using: &random)
            for bytes in [
                Mangler.mangled(one, with: other, &random), Mangler.soup(&random), Mangler.noise(&random),
                Array(one.prefix(random.number(0...one.count))),
            ] {
                switch ChallengeFile.read(bytes) {
                case .invalid(let faults):
                    refused += 1
                    let lines = 1 + bytes.count { $0 == UInt8(ascii: "\n") }
                    let isPlaced = faults.allSatisfy { (1...lines).contains($0.line) && !$0.message.isEmpty }
                    #expect(
                        !faults.isEmpty && faults.count <= ChallengeFile.faultsMax && isPlaced,
                        "seed \(seed): \(faults)"
                    )
                case .valid(let set):
                    taken += 1
                    expectRules(set, bytes, "seed \(seed)")
                }
            }
        }
        #expect(refused > taken)
    }

    /// What every other part relies on.
    private func expectRules(_ set: ChallengeSet, _ bytes: [UInt8], _ what: String) {
        #expect(JSONReading.isObject(bytes), "\(what): Foundation takes it for no JSON object")
        #expect(
            !set.challenges.isEmpty && Set(set.challenges.map(\.id)).count == set.challenges.count,
            "\(what)"
        )
        #expect(Set(set.goals.map(\.id)).count == set.goals.count, "\(what)")
        for goal in set.goals {
            let isNamed = !goal.id.utf8.isEmpty && !goal.name.isEmpty
            let isCounted = goal.targetValue >= 1 && goal.reward.quantity >= 1
            let isLinked = goal.prerequisites.allSatisfy {
                set.goals.indices.contains($0) && set.goals[$0] != goal
            }
            #expect(isNamed && isCounted && isLinked, "\(what): \(goal)")
        }
    }

    /// The inputs in fixtures/challenges; what is said of each lies beside it.
    @Test func `tricky files get the answers they always got`() throws {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "fixtures/challenges")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path())
            .filter { $0.hasSuffix(".json") }.sorted()
        #expect(names.count >= 20)
        for name in names {
            let bytes = [UInt8](try Data(contentsOf: directory.appending(path: name)))
            let said =
                switch ChallengeFile.read(bytes) {
                case .valid(let set): "\(set.challenges.count) challenges, \(set.goals.count) goals\n"
                case .invalid(let faults): faults.map { "\($0)\n" }.joined()
                }
            try expectGolden(Array(said.utf8), at: "challenges/\(name.dropLast(5)).txt")
        }
    }
}
