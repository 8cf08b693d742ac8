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
        /// Players to be compared again, and written, in the repairing transaction.
        var players: [Identifier] = []
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
            try catchUp(&parts, partition, to: min(mark.nextOffset, end))
            guard let part = parts[partition] else { return }
            try compare(part, &finding, rows, in: transaction)
        }
        return finding
    }

    /// Folds a partition's states up to `target`.
    private func catchUp(_ parts: inout [Int: StateFold.Part], _ partition: Int, to target: UInt64) throws {
        guard let position = parts[partition]?.position else { return }
        guard position <= target else {
            throw JobError(
                .tryAgain,
                "the watermark of partition \(partition) went back to \(target) while verify was at work: run it again"
            )
        }
        guard position < target else { return }
        var own: [Int: StateFold.Part] = [:]
        own[partition] = parts.removeValue(forKey: partition)
        try fold.fold(&own, to: [partition: target])
        parts[partition] = own[partition]
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
            sample: options.sample
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
        finding.players = (scanner.differing + scanner.unknown).sorted()
        finding.strangers = scanner.strangers.sorted()

        var comparison = PlayerComparison(partition: finding.mark.partition)
        let reader = StoredPlayerReader(finding.mark)
        for chunk in Self.chunks(finding.players) {
            try rows(0)
            for stored in try reader.players(chunk, in: transaction) {
                comparison.compare(expected(stored.id, part), stored, sequence: finding.mark.sequence)
            }
            _ = comparison.takeRepair()
        }
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

    /// What the log says of a player.
    private func expected(_ id: Identifier, _ part: StateFold.Part) -> ExpectedPlayer {
        let shard = PartitionHash.partition(of: id.utf8, modulus: fold.shardCount)
        guard let state = part.states[shard], let number = state.playerNumber(id) else {
            return ExpectedPlayer(unknown: id)
        }
        return ExpectedPlayer(state.player(number), state.catalogue, namespace: namespace)
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
                let reader = StoredPlayerReader(finding.mark)
                var marked: UInt64 = 0
                try self.parts.withLock { parts in
                    guard let part = parts[finding.mark.partition] else { return }
                    for chunk in Self.chunks(finding.players) {
                        var comparison = PlayerComparison(partition: finding.mark.partition)
                        for stored in try reader.players(chunk, in: transaction) {
                            let expected = self.expected(stored.id, part)
                            comparison.compare(expected, stored, sequence: finding.mark.sequence)
                        }
                        let repair = comparison.takeRepair()
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
