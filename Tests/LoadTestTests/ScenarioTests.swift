import Goals
import LoadTest
import SampleData
import Testing

@Suite struct ScenarioTests {
    static func plan(players: Int = 10_000, challenges: Int = 10, goalsPerChallenge: Int = 50) throws
        -> GamePlan
    {
        let world = try SampleWorld(
            seed: 3,
            challenges: challenges,
            goalsPerChallenge: goalsPerChallenge,
            players: players
        )
        guard case .valid(let challenges) = ChallengeFile.read(world.challengesJSON()) else {
            throw LoadTestError.unfitChallenges("sample")
        }
        return try GamePlan(challenges, players: players)
    }

    private static func gzip() throws -> CodingMix { try #require(CodingMix("gzip")) }

    private static func shares(_ arrivals: [Arrival]) -> [RequestKind: Double] {
        Dictionary(grouping: arrivals, by: \.kind).mapValues {
            Double($0.count) / Double(arrivals.count) * 100
        }
    }

    @Test(arguments: [UInt64(1), 2, 77])
    func `requests and events are mixed as they should be`(seed: UInt64) throws {
        var scenario = Scenario(plan: try Self.plan(), codings: try Self.gzip(), seed: seed)
        let requests = Self.shares((0..<100_000).map { scenario.request(at: $0, isMeasured: true) })
        for (kind, share) in [
            (RequestKind.initialize, 10.0), (.challenges, 35), (.activeOnly, 35), (.activation, 15),
            (.claim, 5),
        ] {
            #expect(abs((requests[kind] ?? 0) - share) < 0.7, "\(kind) \(requests[kind] ?? 0), seed \(seed)")
        }
        let events = Self.shares((0..<100_000).map { scenario.event(at: $0, isMeasured: true) })
        #expect(abs((events[.login] ?? 0) - 20) < 0.7 && abs((events[.stat] ?? 0) - 80) < 0.7, "seed \(seed)")
        #expect(events.count == 2 && requests.count == 5)
    }

    @Test func `the same seed draws the same, another one others`() throws {
        let plan = try Self.plan()
        func draw(_ seed: UInt64) throws -> [Arrival] {
            var scenario = Scenario(plan: plan, codings: try Self.gzip(), seed: seed)
            return (0..<500).map { number in
                number % 2 == 0
                    ? scenario.request(at: number, isMeasured: true)
                    : scenario.event(at: number, isMeasured: true)
            }
        }
        #expect(try draw(5) == draw(5))
        #expect(try draw(5) != draw(6))
    }

    @Test func `the wave is of initialize alone`() throws {
        var scenario = Scenario(plan: try Self.plan(), codings: try Self.gzip(), seed: 1)
        let kinds = (0..<200).map { scenario.request(at: $0, isMeasured: true, onlyInitialize: true).kind }
        #expect(Set(kinds) == [.initialize])
    }

    @Test func `witnesses send growing values of their stat, and nothing that could hide them`() throws {
        let plan = try Self.plan()
        let witness = try #require(plan.witness)
        var scenario = Scenario(plan: plan, codings: try Self.gzip(), seed: 9)
        var values: [Int: Int] = [:]
        for number in Int64(0)..<50_000 {
            let event = scenario.event(at: number, isMeasured: true)
            let request = scenario.request(at: number, isMeasured: true)
            #expect(request.kind.isRead || request.player >= plan.witnessCount)
            #expect(!request.isSample || request.player < plan.witnessCount)
            guard event.player < plan.witnessCount else { continue }
            #expect(event.kind == .stat && event.target == witness.stat)
            #expect(event.value == (values[event.player] ?? 0) + 1)
            values[event.player] = event.value
        }
        #expect(values.count > 100)
    }

    @Test func `answers are looked at whole also where no goal tells of progress`() throws {
        // A login and a daily goal.
        let plan = try Self.plan(challenges: 1, goalsPerChallenge: 2)
        #expect(plan.witness == nil)
        var scenario = Scenario(plan: plan, codings: try Self.gzip(), seed: 2)
        let samples = (0..<20_000).map { scenario.request(at: $0, isMeasured: true) }.filter(\.isSample)
        #expect((14...18).contains(samples.count))
        #expect(Set(samples.map(\.player)).count > 1)
    }

    @Test func `codings are drawn by their weights`() throws {
        let codings = try #require(CodingMix("gzip=7,identity=2,dcz=1"))
        var scenario = Scenario(plan: try Self.plan(), codings: codings, seed: 4)
        let reads = (0..<50_000).map { scenario.request(at: $0, isMeasured: true) }.filter(\.kind.isRead)
        let counts = Dictionary(grouping: reads, by: \.coding).mapValues {
            Double($0.count) / Double(reads.count)
        }
        #expect(abs((counts[.gzip] ?? 0) - 0.7) < 0.02 && abs((counts[.dcz] ?? 0) - 0.1) < 0.02)
        #expect(counts[.zstd] == nil)
    }
}
