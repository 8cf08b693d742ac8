import TestKit
import Testing

/// Kills without end: every job is started again and again, and killed at a random call each time, until it comes
/// through.
///
/// A soak goes on for as long as it is asked to and prints how many kills it made of what; a run that is none makes
/// about a hundred.
@Suite(.serialized) struct KillSoakTests {
    @Test func `jobs killed again and again end as if nobody had touched them`() async throws {
        var tally = KillTally()
        var worlds = 0
        for seed in try SeedRun(1...1, share: 2) {
            let chain = try await KillChain(seed: seed)
            try await chain.run(batches: SeedRun.isSoak ? 16 : 4)
            tally.add(chain.tally)
            worlds += 1
        }
        #expect(tally.total >= 20 * worlds)
        print("KillSoakTests, \(worlds) worlds:", tally.line)
    }

    @Test func `a server killed again and again has what it acknowledged, once`() async throws {
        var tally = KillTally()
        for seed in try SeedRun(1...1, share: 2) {
            tally.add(try await ServerKillChain(seed: seed).run(kills: SeedRun.isSoak ? 100 : 12))
        }
        #expect(tally.total >= 12)
        print("KillSoakTests:", tally.line)
    }
}
