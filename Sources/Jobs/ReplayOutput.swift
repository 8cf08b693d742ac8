package import Disk
import Dispatch
import Goals
import Replay
import Reports
import Synchronization

/// Writes a replay's results into a directory, each file whole or not at all.
///
/// - `rows.csv`, `rows.ndjson.zst`: one line a player and goal, by player id, then goal id (bytes ascending);
/// - `goals_daily.csv`, `goals_daily.ndjson.zst`: goal and UTC day with what was started, completed and claimed;
/// - `goals.csv`: one line a goal: how far players got, how long it took, and what a what-if changes;
/// - `report.html`: the same for people, one page.
///
/// Players are written as they are read, so memory stays what the replay itself takes. Files of an earlier replay
/// that this one does not write are removed, so that the directory holds one result.
package struct ReplayOutput {
    /// One written file.
    package struct File: Sendable, Hashable, Encodable {
        package let name: String
        package let bytes: UInt64
    }

    package struct Options: Sendable {
        /// Whether `rows.*` are written; they take some 150 bytes a row as CSV.
        package var writesRows: Bool
        /// The game's namespace, for the report's title.
        package var namespace: String
        /// For the report.
        package var programVersion: String

        package init(writesRows: Bool = true, namespace: String, programVersion: String) {
            self.writesRows = writesRows
            self.namespace = namespace
            self.programVersion = programVersion
        }
    }

    /// Everything that some replay leaves in its directory.
    private static let fileNames = [
        "rows.csv", "rows.ndjson.zst", "goals_daily.csv", "goals_daily.ndjson.zst", "goals.csv", "diff.csv",
        "report.html",
    ]
    private static let playersBetweenReports = 5000
    private static let rowColumns = [
        "user_id", "goal_id", "challenge_id", "progress", "status", "is_active", "assigned_at",
        "completed_at",
        "claimed_at", "created_at", "updated_at", "last_event_at", "last_counted_on",
    ]

    private let options: Options
    private let directory: String
    private let volume: any Volume

    /// `directory` is made when it is not there.
    package init(_ options: Options, directory: String, volume: any Volume) {
        (self.options, self.directory, self.volume) = (options, directory, volume)
    }

    /// Writes all files; returns them with their sizes, in the order of their names.
    ///
    /// `difference` is what `ReplayDifference` wrote into the same directory.
    /// `progress` gets the number of players written so far, every few thousand.
    package func write(
        _ result: ReplayResult,
        difference: ReplayDifference.Written? = nil,
        progress: ((Int) -> Void)? = nil
    ) throws -> [File] {
        try volume.makeDirectory(directory, mode: 0o755)
        var written: [OutputFile] = []
        var goals = ReplayGoals(result.catalogue, result.challenges)
        var comparison = result.other.map { WhatIfComparison(result, $0) }
        if options.writesRows || comparison != nil {
            written += try writeRows(result, &goals, &comparison, progress)
        } else {
            Self.sum(result.states, into: &goals)
        }
        written += try writeDays(result)
        let whatIf = comparison?.report(result)
        written.append(
            try GoalFile(result, goals, whatIf).write(at: directory + "/goals.csv", volume: volume)
        )
        var model = ReplayReport(result: result, goals: goals, whatIf: whatIf)
            .model(namespace: options.namespace, version: options.programVersion)
        model.difference = difference?.report
        let page = try OutputFile(directory + "/report.html", volume: volume)
        try page.append { $0 += ReportPage.render(model) }
        try page.finish()
        written.append(page)
        var files = written.map {
            File(name: String($0.path.dropFirst(directory.count + 1)), bytes: $0.byteCount)
        }
        if let difference { files.append(difference.file) }
        files.sort { $0.name < $1.name }
        try removeOthers(than: files)
        try volume.syncDirectory(directory)
        return files
    }

    /// The sums alone, which need no order: every shard on a thread of its own.
    private static func sum(_ states: [ReplayState], into goals: inout ReplayGoals) {
        let none = goals
        let sums = Mutex(goals)
        DispatchQueue.concurrentPerform(iterations: states.count) { shard in
            var own = none
            states[shard].forEachRow { own.add($0) }
            sums.withLock { $0.merge(own) }
        }
        goals = sums.withLock { $0 }
    }

    /// One pass over all players: rows into files, sums into `goals` and `comparison`.
    private func writeRows(
        _ result: ReplayResult,
        _ goals: inout ReplayGoals,
        _ comparison: inout WhatIfComparison?,
        _ progress: ((Int) -> Void)?
    ) throws -> [OutputFile] {
        let lines =
            options.writesRows
            ? try FieldLines(directory + "/rows", columns: Self.rowColumns, volume: volume) : nil
        let goalTexts = result.catalogue.goals.map { FieldLines.Text($0) }
        let challengeTexts = result.catalogue.challenges.map { FieldLines.Text($0) }
        let statusTexts = GoalStatus.allCases.map { FieldLines.Text($0.text) }
        var players = ReplayPlayers(result.states)
        // All shards have one catalogue.
        let ranks = result.states.first?.goalRanks() ?? []
        var count = 0
        while let (shard, number) = players.player() {
            count += 1
            if count % Self.playersBetweenReports == 0 { progress?(count) }
            let player = result.states[shard].player(number, ranks: ranks)
            comparison?.compare(player, shard: shard)
            let id = lines.map { _ in FieldLines.Text(player.id) }
            for row in player.rows {
                goals.add(row)
                guard let lines, let id else { continue }
                lines.field(id)
                lines.field(goalTexts[Int(row.goal)])
                lines.field(challengeTexts[Int(row.challenge)])
                lines.field(row.progress)
                lines.field(statusTexts[Int(row.status.rawValue)])
                lines.field(row.isActive)
                lines.field(row.assignedAt)
                lines.field(row.completedAt)
                lines.field(row.claimedAt)
                lines.field(row.createdAt)
                lines.field(row.updatedAt)
                lines.field(row.lastEventAt)
                lines.field(row.lastCountedOn)
                try lines.endLine()
            }
        }
        comparison?.compareRest(result.states)
        try lines?.finish()
        return lines?.files ?? []
    }

    /// Goals by id, each with the days on which anything happened.
    private func writeDays(_ result: ReplayResult) throws -> [OutputFile] {
        let lines = try FieldLines(
            directory + "/goals_daily",
            columns: ["goal_id", "day", "started", "completed", "claimed"],
            volume: volume
        )
        let days = result.effects.days
        let ids = result.catalogue.goals
        for goal in ids.indices.sorted(by: { ids[$0] < ids[$1] }) {
            let id = FieldLines.Text(ids[goal])
            for day in days {
                let counts = result.effects.counts(UInt32(goal), on: day)
                guard !counts.isZero else { continue }
                lines.field(id)
                lines.field(day)
                for count in [counts.started, counts.completed, counts.claimed] { lines.field(count) }
                try lines.endLine()
            }
        }
        try lines.finish()
        return lines.files
    }

    private func removeOthers(than written: [File]) throws {
        for name in Self.fileNames where !written.contains(where: { $0.name == name }) {
            let path = directory + "/" + name
            if try volume.exists(path) { try volume.remove(path) }
        }
    }
}
