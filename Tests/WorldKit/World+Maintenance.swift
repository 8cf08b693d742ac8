import EventLog
import TestKit

extension World {
    private static let holdsMax = 2

    /// Starts a compaction, or lets the one under way go on by a step.
    func compact() throws {
        guard let compactor else {
            if !random.oneIn(4) { return }
            self.compactor = try attempt("opening a compaction") { () throws(LogError) in
                try LogCompactor.open(volume: volume, directory: Self.path)
            }
            return
        }
        let step = try attempt("a step of compaction") { () throws(LogError) in try compactor.step() }
        switch step {
        case .segment(let segment) where segment.outcome == .rewritten: counts.compactedSegments += 1
        case .segment, .working: break
        case .finished: self.compactor = nil
        case nil:
            if random.oneIn(2) {
                compactor.abandon()
                self.compactor = nil
            }
        }
        if random.oneIn(100) {
            compactor.abandon()
            self.compactor = nil
        }
    }

    /// Deletes what may go, as far as fold, snapshot and holds let it.
    func retain() throws {
        if random.oneIn(3) { snapshot = fold.watermark }
        let permitted = min(fold.watermark, snapshot, holds.map(\.offset).min() ?? .max)
        permittedMax = max(permittedMax, permitted)
        var limits = [
            RetentionLimit(offset: fold.watermark, reason: "the fold needs it"),
            RetentionLimit(offset: snapshot, reason: "the snapshot needs it"),
        ]
        if options.plantedBug == .retainsWithoutLimits { limits = [] }
        let policy: RetentionPolicy =
            random.oneIn(3)
            ? .age(.seconds(random.number(0...300))) : .bytes(UInt64(random.number(0...8_000)))
        let retention = LogRetention(
            volume: volume,
            directory: Self.path,
            policy: policy,
            limits: limits,
            now: clock.now
        )
        let isCompacting = compactor != nil
        var deleted: UInt64 = 0
        _ = try attempt(
            "retention",
            expecting: { if case .maintenanceLocked = $0 { isCompacting } else { false } },
            { () throws(LogError) in try retention.apply { _ in deleted += 1 } }
        )
        counts.deletedSegments += deleted
        try noteFirst(atMost: max(model.first, permitted))
    }

    /// Takes the log's first record from its files; it must not lie after `limit`.
    func noteFirst(atMost limit: UInt64) throws {
        let first = disk.paths.lazy.compactMap { path in
            path.hasPrefix(Self.path + "/")
                ? SegmentName(fileName: String(path.dropFirst(Self.path.count + 1))) : nil
        }.first
        let offset = first?.baseOffset ?? 0
        guard first != nil || model.end == 0, offset <= limit else {
            throw failure("records up to \(offset) are gone, though those from \(limit) on are needed")
        }
        model.first = offset
    }

    /// Holds records, or lets them go.
    func hold() throws {
        if holds.count == Self.holdsMax || (!holds.isEmpty && random.oneIn(2)) {
            holds.remove(at: random.number(0...holds.count - 1)).release()
            return
        }
        let offset = UInt64.random(in: model.first...model.end, using: &random)
        let permittedMax = permittedMax
        holdCount += 1
        let hold = try attempt(
            "a hold from \(offset) on",
            // What was announced as going counts as gone.
            expecting: { if case .offsetRetained = $0 { offset < permittedMax } else { false } },
            { () throws(LogError) in
                try LogHold(volume: volume, directory: Self.path, from: offset, reader: "r") {
                    "\(holdCount)"
                }
            }
        )
        if let hold { holds.append(hold) }
    }

    /// Reads the whole log as the operator's check does.
    func verify() throws {
        let result = try attempt("verification") { () throws(LogError) in
            try LogVerifier.verify(volume: volume, directory: Self.path)
        }
        if let result { try judge(result) }
    }

    /// Nothing may be found, besides the unfinished end that a failed append left.
    func judge(_ result: LogVerification) throws {
        let findings =
            writer?.isPoisoned == true ? result.findings.filter(\.isDamage) : result.findings
        if let finding = findings.first { throw failure("the verifier found: \(finding)") }
    }
}
