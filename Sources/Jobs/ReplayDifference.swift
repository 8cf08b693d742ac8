package import Disk
import EventLog
import Goals
import Postgres
import Replay
package import Reports
import Tables

/// `--diff`: how a replay's rows differ from the live tables, which it only reads.
///
/// All partitions are read in one snapshot of the database, while folds may go on. A partition is compared only when
/// its watermark is where the replay ended, since both then tell of the same records; where none is, that is refused.
/// Rows of players that the replay was not asked for are left alone. A row that both have is compared in every field
/// that the log determines; `diff.csv` has a line for each that differs, in no particular order.
package struct ReplayDifference {
    /// What was found, and the file that lists it.
    package struct Written: Sendable {
        package let file: ReplayOutput.File
        package let report: DifferenceReport
    }

    private static let columns = ["user_id", "goal_id", "field", "replay", "tables"]

    private let access: LogAccess
    private let database: Database
    private let directory: String
    private let volume: any Volume

    /// `directory` is where `diff.csv` is written; it is made when it is not there.
    package init(access: LogAccess, database: Database, directory: String, volume: any Volume) {
        (self.access, self.database, self.directory, self.volume) = (access, database, directory, volume)
    }

    /// Compares, and writes `diff.csv`.
    package func write(_ result: ReplayResult) async throws -> Written {
        let session = database.session("replay")
        let facts = try await Schema.check(session)
        let identity = try access.directory.identity().uuid
        if let bound = facts.logID, bound != identity.lowercased() {
            throw TablesError.logMismatch(database: bound, log: identity)
        }
        try volume.makeDirectory(directory, mode: 0o755)
        let (path, volume) = (directory + "/diff.csv", volume)
        return try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                let marks = try ProgressScan.watermarks(stream: Workspace.stream, in: transaction)
                let compared = marks.filter { $0.nextOffset == result.nextOffset }
                guard !compared.isEmpty else { throw Self.refusal(marks, result) }
                let file = try OutputFile(path, volume: volume)
                try file.append { $0 += Array((Self.columns.joined(separator: ",") + "\r\n").utf8) }
                var comparison = LiveComparison(result, compared, file: file)
                for mark in compared {
                    _ = try ProgressScan(mark).progress(in: transaction) { try comparison.compare($0) }
                }
                try comparison.finish()
                try file.finish()
                return Written(
                    file: ReplayOutput.File(name: "diff.csv", bytes: file.byteCount),
                    report: comparison.report(Self.sentence(compared, marks, result))
                )
            }
        }
    }

    private static func refusal(_ marks: [PartitionWatermark], _ result: ReplayResult) -> JobError {
        let offsets = marks.map(\.nextOffset)
        let (least, greatest) = (offsets.min() ?? 0, offsets.max() ?? 0)
        let place = least == greatest ? "offset \(least)" : "offsets \(least) to \(greatest)"
        return JobError(
            .usage,
            "--diff has nothing to compare: the tables are folded up to \(place), the replay ended at \(result.nextOffset); "
                + "replay with --until-offset \(greatest), or run fold first"
        )
    }

    private static func sentence(
        _ compared: [PartitionWatermark],
        _ marks: [PartitionWatermark],
        _ result: ReplayResult
    ) -> String {
        var text = "The replayed rows beside user_goal_progress, both up to offset \(result.nextOffset)"
        if compared.count < marks.count {
            let left = marks.filter { mark in !compared.contains(mark) }.map { String($0.partition) }
            text += ", in \(compared.count) of \(marks.count) partitions: "
            text += "\(left.joined(separator: ", ")) are folded up to other offsets"
        }
        if LiveComparison.isChoosy(result) { text += "; only the players that were replayed" }
        return text + "."
    }
}
