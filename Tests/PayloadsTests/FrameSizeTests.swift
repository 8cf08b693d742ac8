import Goals
import Payloads
import TestKit
import Testing

/// Frames of the smallest and largest sets, and how many bytes they take.
@Suite struct FrameSizeTests {
    private static let base = SmallSet.midnight

    /// Goals without prerequisites, about 440 bytes each; default ones unless told otherwise.
    private func bigSet(
        challenges: Int,
        goals perChallenge: Int,
        isDefault: (Int) -> Bool = { _ in true }
    ) -> ChallengeSet {
        var goals: [Goal] = []
        for index in 0..<(challenges * perChallenge) {
            goals.append(
                Goal(
                    id: Identifier("goal-\(index)"),
                    challenge: index / perChallenge,
                    name: "Goal number \(index)",
                    description: "Collect \(index * 7 % 93) points in round \(index) and bring them all home",
                    type: .absolute,
                    eventSource: .statistic,
                    countsOncePerDay: false,
                    isDefaultAssigned: isDefault(index),
                    statCode: Identifier("stat_\(index % 40)"),
                    targetValue: 10,
                    reward: Reward(kind: .item, id: "reward_\(index)", quantity: 1),
                    prerequisites: []
                )
            )
        }
        return ChallengeSet(
            challenges: (0..<challenges).map {
                Challenge(
                    id: Identifier("challenge-\($0)"),
                    name: "C",
                    description: "",
                    goals: ($0 * perChallenge)..<(($0 + 1) * perChallenge)
                )
            },
            goals: goals
        )
    }

    private func rows(_ set: ChallengeSet, count: Int, _ random: inout SplitMix64) -> [ProgressRow] {
        Array(0..<set.goals.count).shuffled(using: &random).prefix(count).sorted().map { goal in
            let status = GoalStatus(rawValue: .random(in: 1...3, using: &random)) ?? .inProgress
            let time = Self.base.adding(seconds: .random(in: 0...2_000_000, using: &random))
            return SmallSet.row(
                UInt32(goal),
                status,
                progress: .random(in: 1...200, using: &random),
                assignedAt: Self.base,
                completedAt: status == .inProgress ? nil : time,
                claimedAt: status == .claimed ? time.adding(seconds: 77) : nil
            )
        }
    }

    @Test(arguments: [(5, 3000), (50, 4000), (500, 9000)])
    func `500 goals take a few kilobytes, by how many changed`(changed: Int, bytesMax: Int) throws {
        try checkSizes(bigSet(challenges: 10, goals: 50), changed: changed, bytesMax: bytesMax, seed: changed)
    }

    /// Neither their texts nor any like them stand in the templates of the second kind of set.
    @Test(arguments: [(50, 5, 3000), (50, 0, 3000), (500, 5, 25_000), (500, 0, 25_000)])
    func `goals that players activate take little more than default ones`(
        changed: Int,
        defaults: Int,
        bytesMax: Int
    ) throws {
        let set = bigSet(challenges: 10, goals: 50) { $0 % 100 < defaults }
        try checkSizes(set, changed: changed, bytesMax: bytesMax, seed: changed + defaults)
    }

    /// Five players with so many changed goals: every answer is small, and what is rendered.
    private func checkSizes(_ set: ChallengeSet, changed: Int, bytesMax: Int, seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let renderer = try AnswerRenderer(challenges: set)
        let decoder = try FrameDecoder(renderer)
        for _ in 0..<5 {
            let rows = rows(set, count: changed, &random)
            let player = PlayerView(firstEventAt: Self.base, rows: rows[...], publishDay: SmallSet.day)
            for answer in try renderer.frames(player) {
                #expect(answer.frame.count < bytesMax, "\(answer.kind)")
                expectSame(try decoder.decode(answer), renderer.render(answer.kind, player))
            }
        }
        #expect(renderer.fallbackCount == 0)
    }

    @Test func `one goal`() throws {
        var random = SplitMix64(seed: 1)
        let set = bigSet(challenges: 1, goals: 1)
        let renderer = try AnswerRenderer(challenges: set)
        let decoder = try FrameDecoder(renderer)
        for count in 0...1 {
            let rows = rows(set, count: count, &random)
            let player = PlayerView(firstEventAt: Self.base, rows: rows[...], publishDay: SmallSet.day)
            for answer in try renderer.frames(player) {
                expectSame(try decoder.decode(answer), renderer.render(answer.kind, player))
                #expect(answer.frame.count < 150)
            }
        }
        #expect(renderer.fallbackCount == 0)
    }

    @Test func `five thousand goals, more than a megabyte in blocks`() throws {
        var random = SplitMix64(seed: 2)
        let set = bigSet(challenges: 20, goals: 250)
        let renderer = try AnswerRenderer(challenges: set)
        let decoder = try FrameDecoder(renderer)
        #expect(renderer.templates.allSatisfy { $0.bytes.count > 1 << 20 })
        for count in [0, 1, 700, 5000] {
            let rows = rows(set, count: count, &random)
            let player = PlayerView(firstEventAt: Self.base, rows: rows[...], publishDay: SmallSet.day)
            for answer in try renderer.frames(player) {
                expectSame(try decoder.decode(answer), renderer.render(answer.kind, player))
            }
        }
        #expect(renderer.fallbackCount == 0)
    }

    @Test func `a player without rows differs from the lists' templates in nothing`() throws {
        let renderer = try AnswerRenderer(challenges: bigSet(challenges: 10, goals: 50))
        let player = PlayerView(firstEventAt: Self.base, rows: [], publishDay: SmallSet.day)
        for kind in [AnswerKind.challenges, .activeOnly] {
            let frame = try renderer.frame(kind, player).frame
            #expect(renderer.render(kind, player) == renderer.templates[Int(kind.rawValue)].bytes)
            #expect(frame.count < 60)
        }
    }

    @Test func `no goal is assigned by default`() throws {
        let goal = SmallSet.set.goals[2]
        let set = ChallengeSet(
            challenges: [Challenge(id: Identifier("c"), name: "C", description: "", goals: 0..<1)],
            goals: [
                Goal(
                    id: goal.id,
                    challenge: 0,
                    name: "",
                    description: "",
                    type: .increment,
                    eventSource: .login,
                    countsOncePerDay: false,
                    isDefaultAssigned: false,
                    statCode: goal.statCode,
                    targetValue: 1,
                    reward: goal.reward,
                    prerequisites: [0]
                )
            ]
        )
        let renderer = try AnswerRenderer(challenges: set)
        let decoder = try FrameDecoder(renderer)
        #expect(
            String(decoding: renderer.templates[0].bytes, as: UTF8.self)
                == #"{"assignedGoals":[],"newAssignments":0,"totalActive":0}"#
        )
        #expect(String(decoding: renderer.templates[2].bytes, as: UTF8.self) == #"{"challenges":[]}"#)
        for rows in [[], [SmallSet.row(0, .inProgress, progress: 5, assignedAt: Self.base)]] {
            let player = PlayerView(firstEventAt: Self.base, rows: rows[...], publishDay: SmallSet.day)
            for answer in try renderer.frames(player) {
                expectSame(try decoder.decode(answer), renderer.render(answer.kind, player))
            }
        }
    }
}
