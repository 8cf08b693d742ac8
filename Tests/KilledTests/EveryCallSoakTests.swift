import Foundation
import TestKit
import Testing

/// The real program, killed with SIGKILL at one of its calls that change the world outside, and run again: then all is
/// as if nobody had killed it.
///
/// A soak takes every call, as far as its time goes: SIGKILL before each, after each COMMIT and each call of LMDB's, and in the middle of each
/// write. Otherwise each command is killed at some `sampleMax` calls of each of the three ways, evenly spread, the first
/// chosen by the seed. Records, rows, answers and files are compared after each kill; the program's own verification
/// runs at the end of each way.
@Suite(.serialized) struct EveryCallSoakTests {
    /// Kills of one command in one way, in a run that is no soak.
    private static let sampleMax = 3

    private struct Way: Sendable {
        let deed: Trap.Deed
        let kinds: [String]
    }

    private static let ways = [
        Way(deed: .killBefore, kinds: []), Way(deed: .killAfter, kinds: ["commit", "lmdb"]),
        Way(deed: .tear, kinds: ["write", "lmdb"]),
    ]

    @Test(arguments: KilledStep.allCases)
    func `a command killed at any call is run again, and all is as it should be`(step: KilledStep)
        async throws
    {
        var tally = KillTally()
        let share = KilledStep.allCases.count
        let end = try SeedRun.end(share: share)
        for seed in try SeedRun(1...1, share: share) {
            var random = SplitMix64(seed: seed)
            let place = try await KillPlace(step, seed: seed)
            for way in Self.ways {
                let calls = place.calls(way.kinds)
                // A command without such calls cannot be killed at one.
                if calls == 0 { continue }
                let stride = SeedRun.isSoak ? 1 : max(1, (calls + Self.sampleMax - 1) / Self.sampleMax)
                let first = 1 + Int(random.next() % UInt64(stride))
                var numbers: [Int] = []
                for number in Swift.stride(from: first, through: calls, by: stride) { numbers.append(number) }
                // A soak that ends in the middle has taken calls from everywhere.
                if end != nil { numbers.shuffle(using: &random) }
                var (killed, tried) = (0, 0)
                for number in numbers {
                    if let end, .now >= end { break }
                    tried += 1
                    var trap = Trap(deed: way.deed, number: number)
                    trap.kinds = way.kinds
                    guard let kind = try await place.kill(trap) else { continue }
                    tally.count(step.rawValue, kind)
                    killed += 1
                }
                // With two threads at work a run may have a few calls less than the one that was counted.
                #expect(killed + 1 + tried / 5 >= tried, "\(step), seed \(seed): \(killed) of \(tried)")
                try await place.verify()
            }
            try await place.close()
        }
        // Each of them writes something.
        #expect(tally.total > 0)
        print("EveryCallSoakTests, \(step.rawValue):", tally.line)
    }
}
