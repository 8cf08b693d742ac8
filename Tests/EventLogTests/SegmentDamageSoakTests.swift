import Disk
import EventLog
import TestKit
import Testing

/// Every byte of every segment is changed, and every segment is cut at every length.
///
/// What nobody can tell from an append that a crash cut short is damage to the last commit of the open segment, and what
/// nobody can tell from a log that never went further is the loss of its last commits: both end the log early, and only
/// the watermarks in the database know better. All other damage is named.
@Suite struct SegmentDamageSoakTests {
    /// One bit a byte by default, all eight in a soak.
    private func flips(_ index: Int) -> [UInt8] {
        SeedRun.isSoak ? (0..<8).map { 1 << UInt8($0) } : [1 << UInt8(index % 8)]
    }

    private func flipped(_ bytes: [UInt8], _ index: Int, _ flip: UInt8) -> [UInt8] {
        var bytes = bytes
        bytes[index] ^= flip
        return bytes
    }

    @Test(arguments: [true, false])
    func `a flipped bit is named with file, byte and record, and nothing wrong is read`(isOpen: Bool) throws {
        let log = try DamagedLog(isOpen: isOpen)
        for path in log.segments {
            let whole = try #require(log.files[path])
            for index in whole.indices {
                for flip in flips(index) {
                    let verdict = DamageVerdict(try log.disk(path, flipped(whole, index, flip)))
                    expect(verdict, log, path, index, flip)
                }
            }
        }
    }

    private func expect(
        _ verdict: DamageVerdict,
        _ log: DamagedLog,
        _ path: String,
        _ index: Int,
        _ flip: UInt8
    ) {
        let what = "\(path) byte \(index) ^ \(flip)"
        guard let part = log.parts[path]?.first(where: { $0.bytes.contains(index) }) else {
            Issue.record("\(what) is in no part")
            return
        }
        let isLast = log.isLastCommit(path, part)
        verdict.expectTruth(log, what, mayEndEarly: isLast)
        // The check names the part.
        #expect(verdict.checkError == nil, "\(what)")
        let isNamed = verdict.findings.contains { finding in
            finding.file == path && finding.recordOffset == part.recordOffset
                && finding.byteOffset <= UInt64(index) && finding.byteOffset + 400 > UInt64(index)
        }
        #expect(isNamed, "\(what): \(verdict.findings)")
        // The tail of the last sealed segment is written anew by the next writer: no record depends on it.
        let isTail = part.kind != .commit && path == log.segments.last
        #expect(verdict.isIntact == false || isLast || isTail, "\(what)")
        switch part.kind {
        case .commit:
            // A reader delivers what is before the damaged commit, and never what is in it.
            #expect(verdict.read.count == Int(part.recordOffset), "\(what)")
            if !isLast {
                let isNamed =
                    if case .damaged(path, let byte, let record, _) = verdict.readError {
                        byte == UInt64(part.bytes.lowerBound) && record == part.recordOffset
                    } else { false }
                #expect(isNamed, "\(what): \(String(describing: verdict.readError))")
            } else if verdict.nextOffset == part.recordOffset {
                #expect(verdict.recovery?.cutFile == path, "\(what): cut without a word")
            } else {
                #expect(verdict.writeError != nil, "\(what)")
            }
        case .seal, .table:
            // Where a seal's first bytes are gone, the writer cannot tell it from a damaged frame, and refuses.
            #expect(verdict.readError == nil, "\(what)")
            #expect(verdict.nextOffset == UInt64(log.records.count) || verdict.writeError != nil, "\(what)")
        }
    }

    @Test func `from every offset a reader with a damaged tail reads the truth, or names the file`() throws {
        let log = try DamagedLog()
        for path in log.segments {
            let whole = try #require(log.files[path])
            for part in log.parts[path] ?? [] where part.kind != .commit {
                for index in part.bytes {
                    let disk = try log.disk(path, flipped(whole, index, flips(index)[0]))
                    for offset in 0...log.records.count {
                        let (records, error) = DamageVerdict.records(disk, from: UInt64(offset))
                        let rest = log.records[offset...]
                        #expect(
                            records == Array(rest.prefix(records.count)),
                            "\(path) \(index) from \(offset)"
                        )
                        let isTold = error.map { "\($0)".contains(path) } ?? (records.count == rest.count)
                        #expect(isTold, "\(path) byte \(index) from \(offset): \(String(describing: error))")
                    }
                }
            }
        }
    }

    @Test(arguments: [true, false])
    func `a segment cut at any length yields the truth, and what is missing is named`(isOpen: Bool) throws {
        let log = try DamagedLog(isOpen: isOpen)
        for path in log.segments {
            let whole = try #require(log.files[path])
            for count in 0..<whole.count {
                let what = "\(path) cut to \(count) bytes"
                let verdict = DamageVerdict(try log.disk(path, Array(whole[..<count])))
                let isLast = path == log.segments.last
                verdict.expectTruth(log, what, mayEndEarly: isLast)
                let parts = try #require(log.parts[path])
                let kept = parts.filter { $0.kind == .commit && $0.bytes.upperBound <= count }
                let isBoundary = parts.contains { $0.bytes.lowerBound == count }
                if isLast {
                    // At the end of a commit it is a log that never went further; elsewhere a torn append.
                    #expect(verdict.isNoticed || (isBoundary && !kept.isEmpty), "\(what)")
                    if kept.isEmpty { #expect(!verdict.isIntact && verdict.writeError != nil, "\(what)") }
                } else {
                    let isNamed = verdict.findings.contains {
                        $0.file == path && $0.byteOffset <= UInt64(count) && $0.isDamage
                    }
                    #expect(isNamed, "\(what): \(verdict.findings)")
                    let isCommitLost = parts.contains { $0.kind == .commit && $0.bytes.upperBound > count }
                    #expect((verdict.readError != nil) == isCommitLost, "\(what)")
                    // Of less than its magic number a torn seal is not known as one.
                    #expect(verdict.writeError != nil || !isCommitLost, "\(what)")
                }
            }
        }
    }

    @Test func `blocks of zeros, noise and old bytes are named`() throws {
        let log = try DamagedLog()
        for seed in try SeedRun(1...150) {
            var random = SplitMix64(seed: seed)
            let path = random.pick(log.segments)
            let whole = try #require(log.files[path])
            var bytes = whole
            let start = random.number(0...bytes.count - 1)
            let end = min(bytes.count, start + random.pick([2, 8, 64, 512, 4096]))
            let kind = random.number(0...2)
            let other = try #require(log.files[random.pick(log.segments)])
            for index in start..<end {
                bytes[index] =
                    [0, UInt8(truncatingIfNeeded: random.next()), other[index % other.count]][kind]
            }
            guard bytes != whole else { continue }
            let verdict = DamageVerdict(try log.disk(path, bytes))
            let what = "seed \(seed): \(path) \(start)..<\(end), kind \(kind)"
            // In the open segment nobody knows damage from there to the end from a torn append.
            verdict.expectTruth(log, what, mayEndEarly: path == log.segments.last)
            #expect(verdict.findings.contains { $0.file == path }, "\(what): \(verdict.findings)")
        }
    }
}
