import BlockingLane
import Goals
import Postgres
import Tables
import TestKit

/// A fresh database with the tables installed, and short words for what tests do to it.
struct TablesFixture {
    let conninfo: String
    let session: Session
    let tables: FoldTables
    let publish: PublishTables
    static let stream = "events"

    init(partitions: Int) async throws {
        conninfo = try await ThrowawayPostgres.freshDatabase()
        session = Session(conninfo: conninfo, lane: BlockingLane(label: "tables test"))
        tables = FoldTables(session: session, namespace: Identifier("test"))
        publish = PublishTables(session: session)
        try await Schema.install(session, partitions: partitions)
    }

    func watermark(_ partition: Int) async throws -> PartitionWatermark {
        try await tables.watermarks(stream: Self.stream)[partition]
    }

    /// Folds one batch from the partition's current watermark, `records` further.
    @discardableResult
    func fold(
        _ partition: Int,
        players: PlayerTable,
        requests: [(player: UInt32, eventID: [UInt8])] = [],
        challenges: ChallengeSet,
        records: UInt64 = 1,
        apply: @escaping @Sendable (PartitionPrior) throws -> PartitionChange
    ) async throws -> FoldWriteCounts {
        let watermark = try await watermark(partition)
        return try await tables.fold(
            partition: watermark,
            stream: Self.stream,
            players: players,
            requests: requests,
            challenges: challenges,
            nextOffset: watermark.nextOffset + records,
            now: .second(99)
        ) { _, prior in try apply(prior) }
    }

    /// The rows of a table as text, ascending.
    func dump(_ table: String) async throws -> [String] {
        try await session.readOnlySnapshot { transaction in
            var lines: [String] = []
            try transaction.query("SELECT t::text FROM goalpost.\(table) t ORDER BY 1") {
                lines.append(try $0.text(0))
            }
            return lines
        }
    }

    /// Every table that a fold writes.
    func dumpAll() async throws -> [String] {
        var lines: [String] = []
        for table in [
            "player", "user_goal_progress", "player_change", "reward_grant", "request_outcome",
            "fold_watermark",
        ] { lines += try await dump(table).map { "\(table): \($0)" } }
        return lines
    }

    func script(_ sql: String) async throws { try await session.transaction { try $0.script(sql) } }
}

extension Timestamp {
    static func second(_ second: Int64) -> Timestamp { Timestamp(microseconds: second * 1_000_000) }
}

extension PlayerState {
    init(_ second: Int64) { self.init(firstEventAt: .second(second), lastEventAt: .second(second)) }
}

extension ChallengeSet {
    /// One challenge with so many goals, their ids in no order of bytes.
    static func sample(goals count: Int, challenge: String = "c") -> ChallengeSet {
        let goals = (0..<count).map { number in
            Goal(
                id: Identifier("goal-\(number)"),
                challenge: 0,
                name: "Goal \(number)",
                description: "",
                type: .absolute,
                eventSource: .statistic,
                countsOncePerDay: false,
                isDefaultAssigned: true,
                statCode: Identifier("kills"),
                targetValue: 10,
                reward: Reward(kind: .wallet, id: "GEMS", quantity: 5),
                prerequisites: []
            )
        }
        let challenges = [
            Challenge(id: Identifier(challenge), name: "C", description: "", goals: 0..<count)
        ]
        return ChallengeSet(challenges: challenges, goals: goals)
    }
}

extension PlayerTable {
    init(_ ids: [Identifier]) {
        self.init()
        for id in ids { _ = index(of: id) }
    }
}

/// A small generator with a seed, so that a failing run can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
