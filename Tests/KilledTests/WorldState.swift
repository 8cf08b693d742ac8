import Disk
import EventLog
import Foundation
import Jobs
import Payloads
import Settings

/// All that must be the same whether programs were killed or not: records, rows, answers and the files there are.
struct WorldState: Equatable, Sendable {
    /// The log's records in order, deliveries left out: which comes when depends on the webhook.
    let records: [String]
    /// The claims that deliveries in the log name, sorted; a claim that is there twice was recorded twice.
    let deliveries: [String]
    /// Rows of the tables, sorted, without what tells when and how often a delivery was tried.
    let rows: [String]
    /// How far each partition is folded.
    let watermarks: [String]
    /// Every player's answers by player and kind.
    let answers: [String: String]
    /// Paths of files in the data directory, those apart that a job's run leaves about itself.
    let files: [String]

    private static let tables = [
        "user_goal_progress": "t::text",
        // A delivery's own time is the last that the player was heard of.
        "player": "(user_id, first_event_at)::text",
        "request_outcome": "t::text",
        "reward_grant": """
        (user_id, claim_event_id, goal_id, reward_type, reward_id, quantity, state, claimed_at)::text
        """,
    ]

    static func read(_ program: TrappedProgram) async throws -> WorldState {
        let (records, deliveries) = try await OffPool.run { try log(program.data) }
        var (rows, watermarks): ([String], [String]) = ([], [])
        let hasTables =
            try await TestSession.texts(
                "SELECT to_regclass('goalpost.reward_grant')::text",
                at: program.databaseURL
            ).first?.isEmpty == false
        if hasTables {
            for (table, columns) in tables.sorted(by: { $0.key < $1.key }) {
                let sql = "SELECT \(columns) FROM goalpost.\(table) t"
                rows += try await TestSession.texts(sql, at: program.databaseURL).sorted().map {
                    "\(table) \($0)"
                }
            }
            watermarks = try await TestSession.texts(
                "SELECT stream || ' ' || partition || ' ' || next_offset FROM goalpost.fold_watermark ORDER BY 1",
                at: program.databaseURL
            )
        }
        return WorldState(
            records: records,
            deliveries: deliveries,
            rows: rows,
            watermarks: watermarks,
            answers: try await answers(program.data),
            files: files(program.data)
        )
    }

    /// The same, whatever files there are: how often jobs ran shows in them.
    var withoutFiles: WorldState {
        WorldState(
            records: records,
            deliveries: deliveries,
            rows: rows,
            watermarks: watermarks,
            answers: answers,
            files: []
        )
    }

    /// In what two states differ, in a few lines; nil where in nothing.
    func difference(from other: WorldState) -> String? {
        var lines: [String] = []
        func compare(_ name: String, _ mine: [String], _ others: [String]) {
            guard mine != others else { return }
            let extra = Set(mine).subtracting(others).sorted()
            let missing = Set(others).subtracting(mine).sorted()
            lines.append("\(name): \(mine.count) against \(others.count) expected")
            lines += extra.prefix(3).map { "  not expected: \($0.prefix(400))" }
            lines += missing.prefix(3).map { "  missing: \($0.prefix(400))" }
        }
        compare("records", records, other.records)
        compare("deliveries", deliveries, other.deliveries)
        compare("rows", rows, other.rows)
        compare("watermarks", watermarks, other.watermarks)
        compare("files", files, other.files)
        let keys = Set(answers.keys).union(other.answers.keys).filter { answers[$0] != other.answers[$0] }
        if let key = keys.min() {
            lines.append("\(keys.count) answers, the first of \(key)")
            lines.append(
                "  \(answers[key]?.suffix(400) ?? "none") against \(other.answers[key]?.suffix(400) ?? "none")"
            )
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    // MARK: Parts

    private static func log(_ data: String) throws -> (records: [String], deliveries: [String]) {
        let log = LogDirectory(volume: LocalVolume(), path: data + "/log/events")
        guard try log.volume.exists(log.path + "/stream.json") else { return ([], []) }
        let reader = try LogReader(volume: log.volume, directory: log.path, from: log.firstOffset())
        var (records, deliveries): ([String], [String]) = ([], [])
        while try reader.nextFrame() {
            for line in String(decoding: reader.bytes, as: UTF8.self).split(separator: "\n") {
                guard line.contains(#""name":"rewardDelivered""#) else {
                    records.append(String(line))
                    continue
                }
                let claim = line.split(separator: #""claimEventId":""#).last?.split(separator: "\"").first
                deliveries.append(String(claim ?? line))
            }
        }
        return (records, deliveries.sorted())
    }

    private static func answers(_ data: String) async throws -> [String: String] {
        guard try LocalVolume().exists(data + "/payloads/data.mdb") else { return [:] }
        let job = PayloadJob(access: LogAccess(try await .load(data: data, environment: [:])))
        return try await OffPool.run {
            var answers: [String: String] = [:]
            for player in TinyWorld.players + ["nobody"] {
                for kind in AnswerKind.allCases {
                    let answer = try job.run(player: player, kind: kind)
                    answers["\(player) \(kind)"] =
                        "\(answer.offset) \(answer.isKnown) " + String(decoding: answer.bytes, as: UTF8.self)
                }
            }
            return answers
        }
    }

    private static func files(_ data: String) -> [String] {
        // What runs say of themselves: their locks, history and status; and holds, of which retain removes the dead.
        Files.below(data).filter { path in
            !path.hasPrefix("jobs") && path != "status.json" && !path.hasSuffix(".lock")
                && !path.hasPrefix("log/quarantine/") && !path.hasSuffix(".hold")
        }
    }
}
