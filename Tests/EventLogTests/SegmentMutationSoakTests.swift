import Disk
import EventLog
import TestKit
import Testing

/// Segment files with bytes that nobody wrote: no call crashes, and no record comes out that never went in.
@Suite struct SegmentMutationSoakTests {
    private static let rounds = 60

    @Test func `a spoiled segment gives its records or an error, never other records`() throws {
        for seed in try SeedRun(1...4) {
            var random = SplitMix64(seed: seed)
            for _ in 0..<Self.rounds { try Self.spoil(seed, &random) }
        }
    }

    private static func spoil(_ seed: UInt64, _ random: inout SplitMix64) throws {
        let disk = SimulatedDisk()
        let log = try LogFixture(disk, "/log")
        let writer = try log.writer()
        let count = random.number(1...8)
        for commit in 0..<count {
            let source = random.oneIn(3) ? SourcePosition(name: "s", byteOffset: UInt64(commit)) : nil
            let lines = numbered(writer.nextOffset, random.number(1...9))
            _ = try writer.append(frame(lines, time: Int64(commit), source: source))
        }
        let isSealed = random.oneIn(2)
        if isSealed { try writer.seal() }
        let end = writer.nextOffset
        writer.close()
        let expected = try log.records()
        let bytes = try #require(disk.contents(log.segment(0)))
        let spoiled = Mutation.apply(to: bytes, using: &random)
        guard spoiled != bytes else { return }
        disk.place(spoiled, at: log.segment(0))

        let from = UInt64.random(in: 0...end, using: &random)
        for start in [0, from] {
            try Self.tolerating(seed) { () throws(LogError) in
                let reader = try log.reader(from: start)
                while try reader.nextFrame() {
                    let lines = splitLines(Array(reader.bytes))
                    let range = Int(reader.baseOffset)..<Int(reader.nextOffset)
                    guard range.upperBound <= expected.count, lines == Array(expected[range]) else {
                        Issue.record("seed \(seed): other records from \(range.lowerBound) on")
                        return
                    }
                }
            }
        }
        try Self.tolerating(seed) { () throws(LogError) in
            _ = try log.directory.segments()
            _ = try log.directory.committed()
            _ = try log.directory.offset(atTime: Int64(count / 2))
            _ = try log.retention().plan()
        }
        try Self.tolerating(seed) { () throws(LogError) in
            let result = try log.verify()
            // Whatever changed in a sealed segment is found; a cut off end of an open one is nobody's loss to see.
            if isSealed, result.findings.isEmpty, !bytes.starts(with: spoiled) {
                Issue.record("seed \(seed): the verifier sees nothing wrong with \(spoiled)")
            }
        }
        try Self.tolerating(seed) { () throws(LogError) in
            let writer = try log.writer()
            guard writer.nextOffset <= end else {
                Issue.record("seed \(seed): records from nowhere")
                return
            }
            writer.close()
            let records = try log.records()
            if records != Array(expected.prefix(records.count)) {
                Issue.record("seed \(seed): other records after recovery")
            }
        }
    }

    /// Runs calls on the spoiled log; they may only refuse it.
    private static func tolerating(_ seed: UInt64, _ body: () throws(LogError) -> Void) throws {
        do throws(LogError) {
            try body()
        } catch {
            switch error {
            case .damaged, .newerFormat, .offsetBeyondEnd, .gap: break
            default: Issue.record("seed \(seed): \(error)")
            }
        }
    }
}
