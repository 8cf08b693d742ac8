package import Disk
import EventLog
import Goals
import Postgres
import Replay
package import Reports
import Tables

/// `--diff`: how a replay's rows differ from the live tables, which it only reads.
///
/// Folds may go on meanwhile. `begin` notes where the tables are before the replay, which has to end there; `write`
/// reads the tables in one snapshot afterwards and leaves out the players that a fold has changed since, for which the
/// replay cannot speak. Partitions that were elsewhere are left out too; where all were, that is refused. So are rows of
/// players that the replay was not asked for. A row that both have is compared in every field that the log determines;
/// `diff.csv` has a line for each that differs, in no particular order.
package struct ReplayDifference {
    /// Where the tables were before the replay.
    package struct Start: Sendable {
        let marks: [PartitionWatermark]

        /// Where the replay has to end, for as many partitions as possible to be compared.
        package var offset: UInt64 {
            let counts = Dictionary(grouping: marks, by: \.nextOffset).mapValues(\.count)
            return counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0
        }

        /// Throws where a replay that ends before `end` would have no partition to compare with.
        package func check(end: UInt64) throws(JobError) {
            let offsets = marks.map(\.nextOffset)
            guard !offsets.contains(end) else { return }
            let (least, greatest) = (offsets.min() ?? 0, offsets.max() ?? 0)
            let place = least == greatest ? "offset \(least)" : "offsets \(least) to \(greatest)"
            throw JobError(
                .usage,
                "--diff has nothing to compare: the tables are folded up to \(place), the replay ends at \(end); "
                    + "replay with --until-offset \(offset), or leave the end open"
            )
        }
    }

    /// What was found, and the file that lists it.
    package struct Written: Sendable {
        package let file: ReplayOutput.File
        package let report: DifferenceReport
    }

    private static let columns = ["user_id", "goal_id", "field", "replay", "tables"]

    private let access: LogAccess
    private let session: Session
    private let directory: String
    private let volume: any Volume

    /// `directory` is where `diff.csv` is written; it is made when it is not there.
    package init(access: LogAccess, database: Database, directory: String, volume: any Volume) {
        (self.access, self.directory, self.volume) = (access, directory, volume)
        session = database.session("replay")
    }

    /// Notes where the tables are; they must be those of this log.
    package func begin() async throws -> Start {
        let facts = try await Schema.check(session)
        let identity = try access.directory.identity().uuid
        if let bound = facts.logID, bound != identity.lowercased() {
            throw TablesError.logMismatch(database: bound, log: identity)
        }
        return Start(
            marks: try await PublishTables(session: session).partitionStates(stream: Workspace.stream)
        )
    }

    /// Compares, and writes `diff.csv`.
    package func write(_ result: ReplayResult, since start: Start) async throws -> Written {
        let compared = start.marks.filter { $0.nextOffset == result.nextOffset }
        try start.check(end: result.nextOffset)
        try volume.makeDirectory(directory, mode: 0o755)
        let (path, volume) = (directory + "/diff.csv", volume)
        return try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                let changed = try Self.changed(compared, in: transaction)
                let file = try OutputFile(path, volume: volume)
                try file.append { $0 += Array((Self.columns.joined(separator: ",") + "\r\n").utf8) }
                var comparison = LiveComparison(result, compared, leaving: changed, file: file)
                for mark in compared {
                    _ = try ProgressScan(mark).progress(in: transaction) { try comparison.compare($0) }
                }
                try comparison.finish()
                try file.finish()
                return Written(
                    file: ReplayOutput.File(name: "diff.csv", bytes: file.byteCount),
                    report: comparison.report(Self.sentence(compared, start, result, changed: changed.count))
                )
            }
        }
    }

    /// Players of these partitions that were changed after `compared` was read.
    private static func changed(
        _ compared: [PartitionWatermark],
        in transaction: borrowing Transaction
    ) throws -> Set<Identifier> {
        var changed: Set<Identifier> = []
        let now = try ProgressScan.watermarks(stream: Workspace.stream, in: transaction)
        for mark in compared {
            guard let new = now.first(where: { $0.partition == mark.partition }), new.modulus == mark.modulus
            else {
                throw JobError(
                    .tryAgain,
                    "partition \(mark.partition) was split while the replay was at work: run it again"
                )
            }
            guard new.sequence != mark.sequence else { continue }
            _ = try ProgressScan(mark).players(in: transaction) { block in
                for player in block.rows
                where player.changeSequence != ScannedTime.none
                    && player.changeSequence > Int64(mark.sequence)
                {
                    changed.insert(Identifier(utf8: Array(block.bytes[player.user])))
                }
            }
        }
        return changed
    }

    private static func sentence(
        _ compared: [PartitionWatermark],
        _ start: Start,
        _ result: ReplayResult,
        changed: Int
    ) -> String {
        var text = "The replayed rows beside user_goal_progress, both up to offset \(result.nextOffset)"
        if compared.count < start.marks.count {
            let left = start.marks.filter { mark in !compared.contains(mark) }.map { String($0.partition) }
            text += ", in \(compared.count) of \(start.marks.count) partitions: "
            text += "\(left.joined(separator: ", ")) were folded up to other offsets"
        }
        if changed > 0 {
            text += "; players changed by folds since, \(changed) of them, are left out"
        }
        if LiveComparison.isChoosy(result) { text += "; only the players that were replayed" }
        return text + "."
    }
}
