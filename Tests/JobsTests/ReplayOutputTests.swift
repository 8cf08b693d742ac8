import Disk
import Foundation
import Goals
import Jobs
import Replay
import TestKit
import Testing

/// The result files, read back by other tools, hold what the naive fold says.
@Suite struct ReplayOutputTests {
    private static let options = ReplayOutput.Options(
        namespace: RandomHistory.namespace,
        programVersion: "1.2.3"
    )

    private func write(_ replay: ReplayedHistory, to path: String, rows: Bool = true) throws -> [ReplayOutput
        .File]
    {
        var options = Self.options
        options.writesRows = rows
        return try ReplayOutput(options, directory: path, volume: LocalVolume()).write(replay.result)
    }

    /// The oracle's rows as the files spell them, in the files' order.
    private func expectedRows(_ oracle: NaiveGoalpost) -> [ResultFiles.Line] {
        let time = { (value: Int64?) in value.map { RFC3339.text(Timestamp(microseconds: $0)) } ?? "" }
        let text = { (bytes: [UInt8]) in String(decoding: bytes, as: UTF8.self) }
        let keys = oracle.rows.keys.sorted { left, right in
            left.userId == right.userId
                ? left.goalId.lexicographicallyPrecedes(right.goalId)
                : left.userId.lexicographicallyPrecedes(right.userId)
        }
        return keys.compactMap { oracle.rows[$0] }.map { row in
            [
                "user_id": text(row.userId), "goal_id": text(row.goalId),
                "challenge_id": text(row.challengeId),
                "progress": String(row.progress), "status": row.status, "is_active": String(row.isActive),
                "assigned_at": time(row.assignedAt), "completed_at": time(row.completedAt),
                "claimed_at": time(row.claimedAt), "created_at": time(row.createdAt),
                "updated_at": time(row.updatedAt), "last_event_at": time(row.lastEventAt),
                "last_counted_on": row.lastCountedOn.map { UTCDay(number: Int32($0)).text } ?? "",
            ]
        }
    }

    @Test(arguments: UInt64(1)...6)
    func `rows and days are the naive fold's, in CSV and in JSON`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, lineCount: 1500)
        let directory = try TemporaryDirectory()
        let from = seed % 2 == 0 ? 500 : 0
        let replay = try ReplayedHistory(history, shards: [1, 3][Int(seed % 2)], from: from)
        let files = try write(replay, to: directory.path + "/out")
        #expect(
            files.map(\.name) == [
                "goals.csv", "goals_daily.csv", "goals_daily.ndjson.zst", "report.html", "rows.csv",
                "rows.ndjson.zst",
            ]
        )
        for file in files {
            let size = try LocalVolume().fileSize(directory.path + "/out/" + file.name)
            #expect(size == file.bytes)
        }
        let oracle = try OracleEffects(history, from: from)
        let rows = expectedRows(oracle.oracle)
        #expect(rows.count > 50)
        let days = oracle.daily.sorted {
            $0.key.goal == $1.key.goal
                ? $0.key.day < $1.key.day : $0.key.goal.lexicographicallyPrecedes($1.key.goal)
        }.map { key, counts in
            [
                "goal_id": String(decoding: key.goal, as: UTF8.self),
                "day": UTCDay(number: Int32(key.day)).text,
                "started": String(counts.started), "completed": String(counts.completed),
                "claimed": String(counts.claimed),
            ]
        }
        for (name, expected) in [("rows", rows), ("goals_daily", days)] {
            let path = directory.path + "/out/" + name
            expectSame(try ResultFiles.csv(path + ".csv"), expected, "\(name).csv, seed \(seed)")
            expectSame(
                try ResultFiles.json(path + ".ndjson.zst"),
                expected,
                "\(name).ndjson.zst, seed \(seed)"
            )
            guard ResultFiles.python != nil else { continue }
            expectSame(try ResultFiles.duckDB(path + ".csv"), expected, "DuckDB, \(name).csv, seed \(seed)")
            let read = try ResultFiles.duckDB(path + ".ndjson.zst")
            expectSame(read, expected, "DuckDB, \(name).ndjson.zst, seed \(seed)")
        }
    }

    private func expectSame(_ found: [ResultFiles.Line], _ expected: [ResultFiles.Line], _ comment: String) {
        #expect(found.count == expected.count, "\(comment)")
        for (one, two) in zip(found, expected) where one != two {
            Issue.record("\(comment): \(one) instead of \(two)")
            return
        }
    }

    @Test(arguments: UInt64(11)...16)
    func `goals.csv has the naive fold's totals`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, lineCount: 1500)
        let directory = try TemporaryDirectory()
        _ = try write(try ReplayedHistory(history, shards: 2), to: directory.path)
        let oracle = try OracleEffects(history)
        let lines = try ResultFiles.csv(directory.path + "/goals.csv")
        var seen: Set<[UInt8]> = []
        for line in lines {
            let id = Array((line["goal_id"] ?? "").utf8)
            #expect(seen.insert(id).inserted)
            let number = { (name: String) in Int(line[name] ?? "") }
            let rows = oracle.rows(id)
            let goal = oracle.oracle.configuration.goals.first { $0.id == id }
            #expect(line["configured"] == String(goal != nil))
            #expect(
                number("players_started") == rows.count { $0.status != "not_started" },
                "seed \(seed) \(line)"
            )
            #expect(
                number("players_completed") == rows.count { ["completed", "claimed"].contains($0.status) }
            )
            #expect(number("players_claimed") == rows.count { $0.status == "claimed" })
            let touched = rows.count { $0.isActive || $0.assignedAt != nil || $0.status != "not_started" }
            let untouched = goal?.defaultAssigned == true ? oracle.playerCount - rows.count : 0
            #expect(number("players_assigned") == touched + untouched)
            let days = oracle.daily.filter { $0.key.goal == id }.values
            #expect(number("started") == days.map(\.started).reduce(0, +))
            #expect(number("completed") == days.map(\.completed).reduce(0, +))
            #expect(number("claimed") == days.map(\.claimed).reduce(0, +))
            let spans = rows.compactMap { row -> Int64? in
                guard ["completed", "claimed"].contains(row.status), goal?.type != "daily",
                    let completedAt = row.completedAt, let assignedAt = row.assignedAt
                else { return nil }
                return max(0, (completedAt - assignedAt) / 1_000_000)
            }.sorted()
            for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
                let found = number("seconds_to_complete_\(name)").map(Int64.init)
                guard !spans.isEmpty else {
                    #expect(found == nil)
                    continue
                }
                let exact = spans[max(1, Int((share * Double(spans.count)).rounded(.up))) - 1]
                #expect(abs(try #require(found) - exact) <= exact / 32, "seed \(seed) \(line) \(exact)")
            }
        }
        // Every goal of any configuration that governed a record.
        let all = try history.configurations.filter { $0.key < history.lines.count }.values
            .flatMap { try NaiveConfiguration($0).goals.map(\.id) }
        #expect(seen == Set(all))
    }

    @Test(arguments: UInt64(21)...32)
    func `a what-if counts gained and lost as two naive folds do`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, lineCount: 1200)
        var random = SplitMix64(seed: seed)
        let last = try #require(history.configurations.max { $0.key < $1.key }?.value)
        let other = seed % 3 == 0 ? last : try ReplayedHistory.retargeted(last, using: &random)
        let directory = try TemporaryDirectory()
        let replay = try ReplayedHistory(history, shards: 3, other: other)
        _ = try write(replay, to: directory.path)
        let (before, after) = (try OracleEffects(history), try OracleEffects(history, other: other))
        let users = Array(before.oracle.players.keys)
        for line in try ResultFiles.csv(directory.path + "/goals.csv") {
            let id = Array((line["goal_id"] ?? "").utf8)
            let number = { (name: String) in Int(line[name] ?? "") }
            let completed = users.filter { before.isCompleted($0, id) }
            let completedAfter = users.filter { after.isCompleted($0, id) }
            #expect(number("what_if_players_completed") == completedAfter.count, "seed \(seed) \(line)")
            #expect(number("completions_gained") == Set(completedAfter).subtracting(completed).count)
            #expect(number("completions_lost") == Set(completed).subtracting(completedAfter).count)
            let claimed = users.filter { before.isClaimed($0, id) }
            let claimedAfter = users.filter { after.isClaimed($0, id) }
            #expect(number("what_if_players_claimed") == claimedAfter.count)
            #expect(number("claims_gained") == Set(claimedAfter).subtracting(claimed).count)
            #expect(number("claims_lost") == Set(claimed).subtracting(claimedAfter).count)
            let affected = users.filter { seen($0, id, before) != seen($0, id, after) }
            #expect(number("players_affected") == affected.count, "seed \(seed) \(line)")
            #expect(
                number("what_if_completed")
                    == after.daily.filter { $0.key.goal == id }.map(\.value.completed).reduce(0, +)
            )
        }
        // The report names each reward's cost on both sides.
        let page = String(
            decoding: try LocalVolume().readFile(directory.path + "/report.html", bytesMax: 1 << 24),
            as: UTF8.self
        )
        #expect(page.contains("other.json"))
        let rewards = replay.result.effects.rewards.map {
            ("\($0.key.kind.rawValue) \($0.key.id)", Int($0.value))
        }
        #expect(Dictionary(uniqueKeysWithValues: rewards) == before.rewards)
        let otherRewards = replay.result.other?.effects.rewards.map {
            ("\($0.key.kind.rawValue) \($0.key.id)", Int($0.value))
        }
        #expect(Dictionary(uniqueKeysWithValues: try #require(otherRewards)) == after.rewards)
    }

    /// What a player could see of a row.
    private func seen(_ user: [UInt8], _ goal: [UInt8], _ effects: OracleEffects) -> [String]? {
        effects.oracle.rows[NaiveRowKey(userId: user, goalId: goal)].map { row in
            [String(row.progress), row.status, String(row.isActive)]
                + [row.assignedAt, row.completedAt, row.claimedAt].map { $0.map { String($0) } ?? "" }
        }
    }

    @Test func `the same replay gives the same files, however many shards it had`() throws {
        let history = try RandomHistory(seed: 77, lineCount: 1000)
        let directory = try TemporaryDirectory()
        var contents: [[String: [UInt8]]] = []
        for shards in [1, 2, 7] {
            let path = directory.path + "/\(shards)"
            let other = history.configurations[0]
            var found: [String: [UInt8]] = [:]
            for file in try write(try ReplayedHistory(history, shards: shards, other: other), to: path) {
                found[file.name] = try LocalVolume().readFile(path + "/" + file.name, bytesMax: 1 << 24)
            }
            contents.append(found)
        }
        #expect(contents[0] == contents[1])
        #expect(contents[0] == contents[2])
    }

    @Test func `rows can be left out, and an earlier result's rows do not stay behind`() throws {
        let replay = try ReplayedHistory(try RandomHistory(seed: 5, lineCount: 300), shards: 2)
        let directory = try TemporaryDirectory()
        let all = try write(replay, to: directory.path)
        #expect(try LocalVolume().exists(directory.path + "/rows.csv"))
        let fewer = try write(replay, to: directory.path, rows: false)
        #expect(fewer == all.filter { !$0.name.hasPrefix("rows.") })
        #expect(try LocalVolume().list(directory.path) == fewer.map(\.name))
    }

    @Test func `nothing replayed makes files, too`() throws {
        let replay = try ReplayedHistory(try RandomHistory(seed: 5, lineCount: 300), shards: 2, until: 0)
        let directory = try TemporaryDirectory()
        _ = try write(replay, to: directory.path)
        #expect(try ResultFiles.csv(directory.path + "/rows.csv") == [])
        #expect(try ResultFiles.json(directory.path + "/rows.ndjson.zst") == [])
        let page = try LocalVolume().readFile(directory.path + "/report.html", bytesMax: 1 << 24)
        #expect(String(decoding: page, as: UTF8.self).contains("Partial result"))
    }

    @Test func `wherever the disk fails, a file in its place is whole`() throws {
        let replay = try ReplayedHistory(try RandomHistory(seed: 9, lineCount: 300), shards: 2)
        let whole = SimulatedDisk()
        let files = try ReplayOutput(Self.options, directory: "/out", volume: whole).write(replay.result)
        let expected = try Dictionary(
            uniqueKeysWithValues: files.map { file in
                (file.name, try whole.readFile("/out/" + file.name, bytesMax: 1 << 24))
            }
        )
        let calls = whole.callCount
        #expect(calls > files.count * 3)
        for call in 1...calls {
            let disk = SimulatedDisk()
            disk.arm(.fail(DiskErrorCode.diskFull), atCall: call)
            #expect(throws: DiskError.self, "call \(call)") {
                try ReplayOutput(Self.options, directory: "/out", volume: disk).write(replay.result)
            }
            let names = try disk.exists("/out") ? try disk.list("/out") : []
            for name in names where !name.hasSuffix(".tmp") {
                #expect(
                    try disk.readFile("/out/" + name, bytesMax: 1 << 24) == expected[name],
                    "call \(call) \(name)"
                )
            }
        }
    }
}
