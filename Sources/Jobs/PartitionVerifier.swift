import EventLog
import Fold
import Goals
import Postgres
import Replay
import Synchronization
import Tables

/// Compares partitions with the log on one connection, and repairs them; holds their folded states.
///
/// Each partition is read in a transaction of its own, whose watermark says up to where the log counts: what a fold
/// writes meanwhile is no drift. The states, folded up to an earlier watermark, catch up inside it.
final class PartitionVerifier: Sendable {
    /// Comparisons of one partition before a repair gives up: each time a fold came between.
    private static let attemptsMax = 5
    /// Players compared field by field at once.
    private static let playersAtOnce = 500

    private let session: Session
    private let access: LogAccess
    private let namespace: Identifier
    private let options: VerifyOptions
    private let fold: StateFold
    private let parts: Mutex<[Int: StateFold.Part]>

    init(
        session: Session,
        access: LogAccess,
        namespace: Identifier,
        options: VerifyOptions,
        fold: StateFold,
        parts: [Int: StateFold.Part]
    ) {
        self.session = session
        self.access = access
        self.namespace = namespace
        self.options = options
        self.fold = fold
        self.parts = Mutex(parts)
    }

    /// What a comparison found, and what a repair needs of it.
    private struct Finding: Sendable {
        var mark: PartitionWatermark
        var summary = VerifySummary()
        /// The log's players who differ: to be compared again, and written, in the repairing transaction.
        var differing: Set<Identifier> = []
        /// Players that the log does not know.
        var unknown: [Identifier] = []
        var strangers: [Identifier] = []
        /// The log's end, where the watermark lies beyond it.
        var logEnd: UInt64?
    }

    /// Compares one partition and, where that is asked for, repairs what differs; `rows` gets rows as they are read.
    func verify(_ partition: Int, rows: @escaping @Sendable (UInt64) throws -> Void) async throws
        -> VerifySummary
    {
        for _ in 0..<Self.attemptsMax {
            var finding = try await TablesError.wrapping {
                try await session.readOnlySnapshot { transaction in
                    try self.compare(partition, rows, in: transaction)
                }
            }
            if options.repairs {
                if finding.summary.isClean {
                    finding.summary.repairedRows = 0
                } else {
                    guard let repaired = try await repair(finding) else { continue }
                    finding.summary.repairedRows = repaired.rows
                    finding.summary.markedPlayers = repaired.marked
                }
            }
            parts.withLock { $0[partition] = nil }
            return finding.summary
        }
        throw JobError(
            .tryAgain,
            "folds kept changing partition \(partition) while it was to be repaired: run verify again"
        )
    }

    // MARK: Comparing

    private func compare(
        _ partition: Int,
        _ rows: (UInt64) throws -> Void,
        in transaction: borrowing Transaction
    ) throws -> Finding {
        let marks = try ProgressScan.watermarks(stream: Workspace.stream, in: transaction)
        guard let mark = marks.first(where: { $0.partition == partition }) else {
            throw JobError(.badData, "the tables have no partition \(partition)")
        }
        var finding = Finding(mark: mark)
        let end = try access.directory.end()
        if mark.nextOffset > end { finding.logEnd = end }
        try parts.withLock { parts in
            try catchUp(&parts, mark, to: min(mark.nextOffset, end))
            guard let part = parts[partition] else { return }
            try compare(part, &finding, rows, in: transaction)
        }
        return finding
    }

    /// Folds a partition's states up to `target`.
    private func catchUp(
        _ parts: inout [Int: StateFold.Part],
        _ mark: PartitionWatermark,
        to target: UInt64
    ) throws {
        guard let position = parts[mark.partition]?.position else { return }
        guard position <= target else {
            throw JobError(
                .tryAgain,
                "the watermark of partition \(mark.partition) went back to \(target) while verify was at work: "
                    + "run it again"
            )
        }
        guard var part = parts.removeValue(forKey: mark.partition) else { return }
        try fold.catchUp(&part, modulus: mark.modulus, remainder: mark.remainder, to: target)
        parts[mark.partition] = part
    }

    private func compare(
        _ part: StateFold.Part,
        _ finding: inout Finding,
        _ rows: (UInt64) throws -> Void,
        in transaction: borrowing Transaction
    ) throws {
        let states = part.states.keys.sorted().compactMap { part.states[$0] }
        var scanner = PartitionScanner(
            finding.mark,
            states: states,
            namespace: namespace,
            choice: options.choice
        )
        let scan = ProgressScan(finding.mark)
        finding.summary.players = UInt64(scanner.playerCount)
        finding.summary.rows = UInt64(
            try scan.progress(in: transaction) { block in
                scanner.add(block)
                try rows(UInt64(block.rows.count))
            }
        )
        _ = try scan.players(in: transaction) { scanner.add($0) }
        finding.summary.outcomes = UInt64(try scan.outcomes(in: transaction) { scanner.add($0) })
        finding.summary.grants = UInt64(try scan.grants(in: transaction) { scanner.add($0) })
        finding.summary.isTruncated = scanner.isTruncated
        finding.differing = scanner.differing
        finding.unknown = scanner.unknown.sorted()
        finding.strangers = scanner.strangers.sorted()

        var comparison = PlayerComparison(partition: finding.mark.partition)
        try compare(finding, part, &comparison, in: transaction) { _ in try rows(0) }
        let reader = StoredPlayerReader(finding.mark)
        for chunk in Self.chunks(finding.strangers) {
            for stored in try reader.players(chunk, in: transaction) { comparison.addStranger(stored) }
        }
        if let end = finding.logEnd {
            let isRowDrift = comparison.list.rowCount > 0
            comparison.add(Self.beyond(finding.mark, end, isRowDrift: isRowDrift))
        }
        finding.summary.drift = comparison.list
    }

    private static func beyond(_ mark: PartitionWatermark, _ end: UInt64, isRowDrift: Bool) -> Drift {
        Drift(
            kind: .watermarkBeyondLog,
            partition: mark.partition,
            table: "fold_watermark",
            field: "next_offset",
            logSays: "it ends at \(end)",
            tableSays: "\(mark.nextOffset)",
            notRepairable: isRowDrift
                ? "the log may have lost its end, and the rows hold what was there: restore the log from a copy"
                : nil
        )
    }

    /// Compares the players found field by field; `finish` gets what would repair some of them, again and again.
    private func compare(
        _ finding: Finding,
        _ part: StateFold.Part,
        _ comparison: inout PlayerComparison,
        in transaction: borrowing Transaction,
        finish: (PartitionRepair) throws -> Void
    ) throws {
        let reader = StoredPlayerReader(finding.mark)
        var expected: [ExpectedPlayer] = []
        func compareExpected() throws {
            let stored = try reader.players(expected.map(\.id), in: transaction)
            for (log, table) in zip(expected, stored) {
                comparison.compare(log, table, sequence: finding.mark.sequence)
            }
            expected.removeAll()
            try finish(comparison.takeRepair())
        }
        if !finding.differing.isEmpty {
            for shard in part.states.keys.sorted() {
                guard let state = part.states[shard] else { continue }
                try state.forEachPlayer { player throws in
                    guard finding.differing.contains(player.id) else { return }
                    expected.append(ExpectedPlayer(player, state.catalogue, namespace: namespace))
                    if expected.count == Self.playersAtOnce { try compareExpected() }
                }
            }
        }
        try compareExpected()
        for chunk in Self.chunks(finding.unknown) {
            expected = chunk.map { ExpectedPlayer(unknown: $0) }
            try compareExpected()
        }
    }

    private static func chunks(_ ids: [Identifier]) -> [[Identifier]] {
        stride(from: 0, to: ids.count, by: playersAtOnce).map { start in
            Array(ids[start..<min(start + playersAtOnce, ids.count)])
        }
    }

    // MARK: Repairing

    /// Writes what the log says; nil, and nothing written, when a fold came between.
    private func repair(_ finding: Finding) async throws -> (rows: UInt64, marked: UInt64)? {
        if finding.logEnd != nil,
            finding.summary.drift.rows.keys.contains(where: { $0 != .watermarkBeyondLog })
        {
            return (0, 0)  // The log may be what lost something: the report says so.
        }
        return try await TablesError.wrapping {
            try await session.transaction { transaction -> (rows: UInt64, marked: UInt64)? in
                guard
                    var writer = try RepairWriter(finding.mark, stream: Workspace.stream, in: transaction)
                else { return nil }
                var marked: UInt64 = 0
                try self.parts.withLock { parts in
                    guard let part = parts[finding.mark.partition] else { return }
                    var comparison = PlayerComparison(partition: finding.mark.partition)
                    try self.compare(finding, part, &comparison, in: transaction) { repair in
                        marked += UInt64(repair.marked.count)
                        try writer.write(repair, in: transaction)
                    }
                }
                for chunk in Self.chunks(finding.strangers) {
                    try writer.removeStrangers(chunk, in: transaction)
                }
                try writer.finish(nextOffset: finding.logEnd, in: transaction)
                return (UInt64(writer.rowCount), marked)
            }
        }
    }
}
