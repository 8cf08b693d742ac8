import Disk
import Foundation
import Goals
import Jobs
import Reports
import TestKit
import Testing

/// `--diff` finds nothing where there is nothing, and what was planted where something was.
@Suite(.serialized) struct ReplayDifferenceTests {
    /// Notes where the tables are, lets `meanwhile` change them, and compares.
    private func differ(
        _ world: TableWorld,
        _ result: ReplayResult,
        meanwhile: () async throws -> Void = {}
    ) async throws
        -> (written: ReplayDifference.Written, lines: [ResultFiles.Line])
    {
        let path = world.directory.path + "/out"
        let difference = ReplayDifference(
            access: world.access,
            database: world.database,
            directory: path,
            volume: LocalVolume()
        )
        let start = try await difference.begin()
        try await meanwhile()
        let written = try await difference.write(result, since: start)
        #expect(written.file.name == "diff.csv")
        #expect(try LocalVolume().fileSize(path + "/diff.csv") == written.file.bytes)
        return (written, try ResultFiles.csv(path + "/diff.csv"))
    }

    @Test(arguments: UInt64(1)...5)
    func `a replay and the tables of one log do not differ`(seed: UInt64) async throws {
        let history = try RandomHistory(seed: seed)
        let world = try await TableWorld(partitions: [1, 4, 16][Int(seed % 3)])
        try await world.fold(history, 0..<history.lines.count)
        let replay = try ReplayedHistory(history, shards: 3)
        let (written, lines) = try await differ(world, replay.result)
        let report = written.report
        #expect(lines == [], "seed \(seed)")
        #expect(report.isSame && report.players == 0)
        #expect(report.rowsCompared == Int64(history.oracle.rows.count))
        // The report says so.
        let path = world.directory.path + "/out"
        let options = ReplayOutput.Options(namespace: "n", programVersion: "1")
        let files = try ReplayOutput(options, directory: path, volume: LocalVolume())
            .write(replay.result, difference: written)
        #expect(files.map(\.name).contains("diff.csv"))
        #expect(try LocalVolume().exists(path + "/diff.csv"))
        let page = try LocalVolume().readFile(path + "/report.html", bytesMax: 1 << 24)
        #expect(String(decoding: page, as: UTF8.self).contains("No difference in"))
    }

    @Test(arguments: UInt64(51)...53)
    func `folds that go on meanwhile make no difference`(seed: UInt64) async throws {
        let history = try RandomHistory(seed: seed, lineCount: 1500)
        let world = try await TableWorld(partitions: 4)
        // So few that some players are left alone: a request that was rejected marks its player, too.
        let start = history.lines.count - 30
        try await world.fold(history, 0..<start)
        let result = try ReplayedHistory(history, shards: 2, until: start).result
        let (written, lines) = try await differ(world, result) {
            try await world.fold(history, start..<history.lines.count)
        }
        #expect(lines == [], "seed \(seed)")
        #expect(written.report.isSame && written.report.rowsCompared > 0)
        #expect(written.report.compared.contains("are left out"))
        // What differed before is found all the same, in players that the fold left alone.
        let second = try await TableWorld(partitions: 4)
        let split = history.lines.count - 20
        try await second.fold(history, 0..<split)
        let later = Set(try history.lines[split...].map { try NaiveEvent(line: $0).userId })
        let quiet = try #require(history.oracle.rows.values.first { !later.contains($0.userId) })
        try await second.execute("DELETE FROM goalpost.user_goal_progress WHERE \(key(quiet))")
        let before = try ReplayedHistory(history, shards: 2, until: split).result
        let found = try await differ(second, before) {
            try await second.fold(history, split..<history.lines.count)
        }
        #expect(found.written.report.rowsMissing == 1 && found.lines.count == 1, "seed \(seed)")
    }

    @Test func `every planted difference is listed, and nothing else`() async throws {
        let history = try RandomHistory(seed: 42)
        let world = try await TableWorld(partitions: 4)
        try await world.fold(history, 0..<history.lines.count)
        let replay = try ReplayedHistory(history, shards: 3).result
        let rows = history.oracle.rows.values.filter { $0.completedAt != nil }
            .sorted { ($0.userId + [0] + $0.goalId).lexicographicallyPrecedes($1.userId + [0] + $1.goalId) }
        let plants = [
            ("progress", "progress + 1"),
            ("status", "CASE status WHEN 'claimed' THEN 'completed' ELSE 'in_progress' END"),
            ("is_active", "NOT is_active"),
            ("assigned_at", "coalesce(assigned_at, now()) + interval '1 second'"),
            ("completed_at", "completed_at - interval '1 microsecond'"), ("claimed_at", "now()"),
            ("expires_at", "'2030-01-01Z'"), ("created_at", "created_at - interval '1 day'"),
            ("updated_at", "updated_at + interval '1 day'"), ("last_event_at", "'infinity'"),
            ("last_counted_on", "'2001-01-01'"), ("challenge_id", "challenge_id || ' x'"),
        ]
        #expect(rows.count > plants.count + 1)
        for (row, plant) in zip(rows, plants) {
            try await world.execute(
                "UPDATE goalpost.user_goal_progress SET \(plant.0) = \(plant.1) WHERE \(key(row))"
            )
        }
        let gone = rows[plants.count]
        try await world.execute("DELETE FROM goalpost.user_goal_progress WHERE \(key(gone))")
        let columns = "namespace, progress, status, is_active"
        let insert = "INSERT INTO goalpost.user_goal_progress (user_id, goal_id, challenge_id, \(columns))"
        let known = String(decoding: gone.userId, as: UTF8.self).replacingOccurrences(of: "'", with: "''")
        try await world.execute(
            "\(insert) VALUES ('\(known)', 'planted goal', 'c', 'n', 1, 'in_progress', true)"
        )
        try await world.execute(
            "\(insert) VALUES ('nobody, \"known\"', 'g', 'c', 'n', 1, 'in_progress', true)"
        )

        let (written, lines) = try await differ(world, replay)
        let report = written.report
        var expected: [[String]] = zip(rows, plants).map { row, plant in
            [text(row.userId), text(row.goalId), plant.0]
        }
        expected.append([text(gone.userId), text(gone.goalId), "row"])
        expected.append([text(gone.userId), "planted goal", "row"])
        expected.append(["nobody, \"known\"", "g", "row"])
        let found = lines.map { [$0["user_id"] ?? "", $0["goal_id"] ?? "", $0["field"] ?? ""] }
        #expect(
            found.sorted { $0.lexicographicallyPrecedes($1) }
                == expected.sorted { $0.lexicographicallyPrecedes($1) }
        )
        #expect(report.rowsDifferent == Int64(plants.count))
        #expect(report.rowsMissing == 1 && report.rowsExtra == 2)
        #expect(lines.allSatisfy { $0["replay"] != $0["tables"] })

        // Some players only: those of the tables that were not replayed are no difference.
        let some = ReplayResult(
            options: [ReplayResult.Option(name: "--sample", value: "10%")],
            log: replay.log,
            fromOffset: 0,
            toOffset: replay.toOffset,
            nextOffset: replay.nextOffset,
            leastTime: nil,
            greatestTime: nil,
            records: replay.records,
            seconds: 1,
            isPartial: false,
            states: Array(replay.states.prefix(1)),
            challenges: replay.challenges
        )
        let part = try await differ(world, some)
        #expect(part.written.report.rowsExtra <= 1)
        #expect(part.written.report.rowsCompared < report.rowsCompared)
        #expect(part.written.report.compared.contains("only the players that were replayed"))
    }

    @Test func `another offset, another log and no tables are refused with what to do`() async throws {
        let history = try RandomHistory(seed: 7, lineCount: 600)
        let world = try await TableWorld(partitions: 4)
        try await world.fold(history, 0..<400)
        let replay = try ReplayedHistory(history, shards: 2).result
        let error = await #expect(throws: JobError.self) { try await differ(world, replay) }
        #expect(error?.status == .usage)
        #expect(error?.message.contains("--until-offset 400") == true)
        #expect(try !LocalVolume().exists(world.directory.path + "/out/diff.csv"))

        // A partition that is elsewhere is left out, and the report says which.
        try await world.execute(
            "UPDATE goalpost.fold_watermark SET next_offset = 600 WHERE partition IN (0, 2)"
        )
        let report = try await differ(world, replay).written.report
        #expect(report.compared.contains("in 2 of 4 partitions: 1, 3 were folded up to other offsets"))

        try await world.execute("UPDATE goalpost.meta SET log_uuid = gen_random_uuid()")
        await #expect(throws: (any Error).self) { try await differ(world, replay) }
        let empty = try await TableWorld(partitions: 4)
        await #expect(throws: (any Error).self) { try await differ(empty, replay) }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func key(_ row: NaiveRow) -> String {
        let quoted = { (bytes: [UInt8]) in "'" + text(bytes).replacingOccurrences(of: "'", with: "''") + "'" }
        return "user_id = \(quoted(row.userId)) AND goal_id = \(quoted(row.goalId))"
    }
}
