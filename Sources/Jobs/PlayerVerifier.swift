import EventLog
import Fold
import Goals
import Logging
import Postgres
import Tables

/// Compares one player with the log, and repairs him.
struct PlayerVerifier: Sendable {
    private static let attemptsMax = 5

    let session: Session
    let access: LogAccess
    let namespace: Identifier
    let options: VerifyOptions
    let player: Identifier
    let log: Logger

    private struct Finding: Sendable {
        var summary = VerifySummary()
        var repair = PartitionRepair()
        var mark: PartitionWatermark
    }

    func verify(_ partition: Int) async throws -> VerifySummary {
        for _ in 0..<Self.attemptsMax {
            var finding = try await TablesError.wrapping {
                try await session.readOnlySnapshot { try self.compare(partition, in: $0) }
            }
            guard options.repairs else { return finding.summary }
            finding.summary.repairedRows = 0
            if finding.summary.isClean { return finding.summary }
            let (mark, repair) = (finding.mark, finding.repair)
            let rows = try await TablesError.wrapping {
                try await session.transaction { transaction -> Int? in
                    guard
                        var writer = try RepairWriter(mark, stream: Workspace.stream, in: transaction)
                    else { return nil }
                    try writer.write(repair, in: transaction)
                    try writer.finish(nextOffset: nil, in: transaction)
                    return writer.rowCount
                }
            }
            guard let rows else { continue }
            finding.summary.repairedRows = UInt64(rows)
            finding.summary.markedPlayers = UInt64(repair.marked.count)
            return finding.summary
        }
        throw JobError(
            .tryAgain,
            "folds kept changing partition \(partition) while it was to be repaired: run verify again"
        )
    }

    private func compare(_ partition: Int, in transaction: borrowing Transaction) throws -> Finding {
        let marks = try ProgressScan.watermarks(stream: Workspace.stream, in: transaction)
        guard let mark = marks.first(where: { $0.partition == partition }) else {
            throw JobError(.badData, "the tables have no partition \(partition)")
        }
        let end = try access.directory.end()
        let target = min(mark.nextOffset, end)
        let (known, from) = try VerifyStart(access: access, log: log, fromLog: options.fromLog)
            .contents(of: player, upTo: target, wholeLog: false)
        var history = PlayerHistory(known)
        try PlayerScan(access: access, player: player)
            .fold(into: &history, from: from, to: target, progress: { _ in try Task.checkCancellation() })
        let contents = history.contents()
        var comparison = PlayerComparison(partition: partition)
        var finding = Finding(mark: mark)
        for stored in try StoredPlayerReader(mark).players([player], in: transaction) {
            let expected = ExpectedPlayer(player, contents, namespace: namespace)
            comparison.compare(expected, stored, sequence: mark.sequence)
            finding.summary.rows = UInt64(stored.rows.count)
            finding.summary.outcomes = UInt64(stored.outcomes.count)
            finding.summary.grants = UInt64(stored.grants.count)
        }
        finding.summary.players = contents.state == nil ? 0 : 1
        finding.summary.drift = comparison.list
        finding.repair = comparison.takeRepair()
        return finding
    }
}
