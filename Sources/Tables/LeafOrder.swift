import Goals

/// The order in which leaves are written: by the bytes of player id, then goal id, as their primary keys are.
struct LeafOrder {
    private let playerRanks: [UInt32]
    private let goalRanks: [UInt32]

    init(_ batch: FoldBatch) {
        playerRanks = Self.ranks(of: batch.players.indicesInIDOrder())
        let goals = batch.challenges.goals
        goalRanks = Self.ranks(of: goals.indices.sorted { goals[$0].id < goals[$1].id }.map { UInt32($0) })
    }

    /// Rows in the order of their primary key.
    func sorted(_ rows: [ProgressRow]) -> [ProgressRow] {
        // One integer a row, so that the sort compares no ids.
        let keys = rows.map { UInt64(playerRanks[Int($0.player)]) << 32 | UInt64(goalRanks[Int($0.goal)]) }
        return rows.indices.sorted { keys[$0] < keys[$1] }.map { rows[$0] }
    }

    /// Elements in the order of their players' ids.
    func sorted<Element>(_ elements: [Element], by player: (Element) -> UInt32) -> [Element] {
        elements.sorted { playerRanks[Int(player($0))] < playerRanks[Int(player($1))] }
    }

    private static func ranks(of order: [UInt32]) -> [UInt32] {
        var ranks = [UInt32](repeating: 0, count: order.count)
        for (rank, index) in order.enumerated() { ranks[Int(index)] = UInt32(rank) }
        return ranks
    }
}
