import Goals
import Replay
import Reports
import Tables

/// Compares the tables' rows, as they come, with a replay's, and lists what differs.
struct LiveComparison {
    /// The player whose rows come now: leaves hold a player's rows together more often than not.
    private struct Current {
        let id: [UInt8]
        /// Nil where the replay does not have the player.
        let place: (shard: Int, number: UInt32)?
        let rows: [ReplayRow]
        /// Left out: another fold's, or not asked for.
        let isLeft: Bool
    }

    private let result: ReplayResult
    private let partitions: [PartitionWatermark]
    private let file: OutputFile
    private let isChoosy: Bool
    private let left: Set<Identifier>
    private var marks: RowMarks
    private let ranks: [UInt32]
    private var current: Current?
    private var compared: Int64 = 0
    private var missing: Int64 = 0
    private var extra: Int64 = 0
    private var different: Int64 = 0
    /// Players of the replay with a difference, by shard and number; and those that only the tables have.
    private var players: [Set<UInt32>]
    private var strangers: Set<Identifier> = []

    /// `partitions` are those that will be compared, without the players `left`; differences go to `file`.
    init(
        _ result: ReplayResult,
        _ partitions: [PartitionWatermark],
        leaving left: Set<Identifier>,
        file: OutputFile
    ) {
        self.left = left
        self.result = result
        self.partitions = partitions
        self.file = file
        isChoosy = Self.isChoosy(result)
        marks = RowMarks(result.states)
        ranks = result.states.first?.goalRanks() ?? []
        players = Array(repeating: [], count: result.states.count)
    }

    /// Whether the replay was asked for some players only, so that others in the tables are no difference.
    static func isChoosy(_ result: ReplayResult) -> Bool {
        result.options.contains { ["--players", "--sample", "--partitions"].contains($0.name) }
    }

    /// Compares some rows of the tables.
    mutating func compare(_ block: ScanBlock<ScannedProgress>) throws {
        for row in block.rows {
            if current == nil || !block.bytes[row.user].elementsEqual(current?.id ?? []) {
                current = find(Array(block.bytes[row.user]))
            }
            guard let player = current, !player.isLeft else { continue }
            guard let place = player.place else {
                compared += 1
                extra += 1
                strangers.insert(Identifier(utf8: player.id))
                try list(player.id, Array(block.bytes[row.goal]), "row", "", "present")
                continue
            }
            compared += 1
            let goal = Identifier(utf8: Array(block.bytes[row.goal]))
            let number = result.catalogue.goalNumber(goal)
            guard let position = player.rows.firstIndex(where: { $0.goal == number }) else {
                extra += 1
                players[place.shard].insert(place.number)
                try list(player.id, goal.utf8, "row", "", "present")
                continue
            }
            marks.mark(shard: place.shard, player: place.number, position: position)
            let fields = differences(player.rows[position], row, Array(block.bytes[row.challenge]))
            guard !fields.isEmpty else { continue }
            different += 1
            players[place.shard].insert(place.number)
            for field in fields { try list(player.id, goal.utf8, field.name, field.replay, field.tables) }
        }
    }

    /// Lists the replay's rows that did not come; call it once, after all rows.
    mutating func finish() throws {
        for (shard, state) in result.states.enumerated() {
            for number in 0..<UInt32(state.playerCount) where isCompared(state.id(number)) {
                for (position, row) in state.player(number, ranks: ranks).rows.enumerated()
                where !marks.isMarked(shard: shard, player: number, position: position) {
                    compared += 1
                    missing += 1
                    players[shard].insert(number)
                    try list(
                        Array(state.id(number)),
                        result.catalogue.goals[Int(row.goal)].utf8,
                        "row",
                        "present",
                        ""
                    )
                }
            }
        }
    }

    func report(_ sentence: String) -> DifferenceReport {
        DifferenceReport(
            compared: sentence,
            rowsCompared: compared,
            rowsMissing: missing,
            rowsExtra: extra,
            rowsDifferent: different,
            players: Int64(players.reduce(strangers.count) { $0 + $1.count })
        )
    }

    private func find(_ id: [UInt8]) -> Current {
        let user = Identifier(utf8: id)
        if !left.isEmpty, left.contains(user) { return Current(id: id, place: nil, rows: [], isLeft: true) }
        for (shard, state) in result.states.enumerated() {
            guard let number = state.playerNumber(user) else { continue }
            return Current(
                id: id,
                place: (shard, number),
                rows: state.player(number, ranks: ranks).rows,
                isLeft: false
            )
        }
        return Current(id: id, place: nil, rows: [], isLeft: isChoosy)
    }

    private func isCompared(_ id: ArraySlice<UInt8>) -> Bool {
        if !left.isEmpty, left.contains(Identifier(utf8: Array(id))) { return false }
        let hash = PartitionHash.hash(Array(id))
        return partitions.contains { hash % UInt64($0.modulus) == UInt64($0.remainder) }
    }

    /// The fields that differ, each with both values as `rows.csv` spells them.
    private func differences(
        _ row: ReplayRow,
        _ stored: ScannedProgress,
        _ challenge: [UInt8]
    ) -> [(name: String, replay: String, tables: String)] {
        var found: [(name: String, replay: String, tables: String)] = []
        func compare(_ name: String, _ replay: String, _ tables: String) {
            if replay != tables { found.append((name, replay, tables)) }
        }
        let own = result.catalogue.challenges[Int(row.challenge)]
        if own.utf8 != challenge {
            found.append(("challenge_id", own.description, Identifier(utf8: challenge).description))
        }
        compare("progress", String(row.progress), String(stored.progress))
        compare("status", row.status.text, GoalStatus(rawValue: stored.status)?.text ?? "unknown")
        compare("is_active", String(row.isActive), String(stored.isActive))
        for (name, replay, tables) in [
            ("assigned_at", row.assignedAt, stored.assignedAt),
            ("completed_at", row.completedAt, stored.completedAt),
            ("claimed_at", row.claimedAt, stored.claimedAt), ("expires_at", nil, stored.expiresAt),
            ("created_at", row.createdAt, stored.createdAt), ("updated_at", row.updatedAt, stored.updatedAt),
            ("last_event_at", row.lastEventAt, stored.lastEventAt),
        ] where (replay?.microseconds ?? ScannedTime.none) != tables {
            found.append((name, Self.text(replay?.microseconds ?? ScannedTime.none), Self.text(tables)))
        }
        let counted = row.lastCountedOn.map { Int64($0.number) } ?? ScannedTime.none
        if counted != stored.lastCountedOn {
            found.append(("last_counted_on", Self.day(counted), Self.day(stored.lastCountedOn)))
        }
        return found
    }

    /// A time of the tables may be one that no event can have; then its number is shown.
    private static func text(_ microseconds: Int64) -> String {
        if microseconds == ScannedTime.none { return "" }
        let time = Timestamp(microseconds: microseconds)
        return (RFC3339.least...RFC3339.greatest).contains(time) ? RFC3339.text(time) : "\(microseconds) µs"
    }

    private static func day(_ number: Int64) -> String {
        if number == ScannedTime.none { return "" }
        guard let day = Int32(exactly: number),
            (RFC3339.least.day...RFC3339.greatest.day).contains(UTCDay(number: day))
        else { return "day \(number)" }
        return UTCDay(number: day).text
    }

    private func list(_ user: [UInt8], _ goal: [UInt8], _ field: String, _ replay: String, _ tables: String)
        throws
    {
        let fields =
            [FieldText.csv(user), FieldText.csv(goal)]
            + [field, replay, tables].map { $0.isEmpty ? [] : FieldText.csv(Array($0.utf8)) }
        try file.append { $0 += Array(fields.joined(separator: [UInt8(ascii: ",")])) + [0x0D, 0x0A] }
    }
}
