import BlockingLane
import Postgres

/// What PostgreSQL says of itself, summed over Goalpost's tables, since its statistics began.
package struct DatabaseFigures: Sendable, Codable, Equatable {
    /// A table that was read from end to end though it is large.
    package struct Scanned: Sendable, Codable, Equatable {
        package let table: String
        package let scans: Int64
        package let rows: Int64
    }

    /// Rows from which a table is large.
    package static let largeRows: Int64 = 10_000

    package var sequentialScans: Int64 = 0
    package var indexScans: Int64 = 0
    package var updates: Int64 = 0
    /// Updates that touched no index (HOT).
    package var hotUpdates: Int64 = 0
    package var liveRows: Int64 = 0
    package var deadRows: Int64 = 0
    package var connections: Int64 = 0
    package var bytes: Int64 = 0
    /// Least offset that no partition has folded yet.
    package var watermark: Int64 = 0
    /// Sequential scans of large tables, by table.
    package var largeScans: [Scanned] = []

    package init() {}
}

/// Asks PostgreSQL, over a connection of its own.
struct DatabaseProbe: Sendable {
    private let session: Session

    init(conninfo: String) {
        session = Session(conninfo: conninfo, lane: BlockingLane(label: "goalpost.loadtest.postgres"))
    }

    func close() async { await session.close() }

    func figures() async throws -> DatabaseFigures {
        try await session.readOnlySnapshot { transaction in
            var figures = DatabaseFigures()
            let tables = """
                SELECT relname::text, seq_scan, coalesce(idx_scan, 0), n_tup_upd, n_tup_hot_upd, n_live_tup, n_dead_tup
                FROM pg_stat_user_tables WHERE schemaname = 'goalpost' ORDER BY relname
                """
            try transaction.query(tables) { row in
                let (scans, rows) = (try row.int8(1), try row.int8(5))
                figures.sequentialScans += scans
                figures.indexScans += try row.int8(2)
                figures.updates += try row.int8(3)
                figures.hotUpdates += try row.int8(4)
                figures.liveRows += rows
                figures.deadRows += try row.int8(6)
                if rows >= DatabaseFigures.largeRows, scans > 0 {
                    figures.largeScans.append(.init(table: try row.text(0), scans: scans, rows: rows))
                }
            }
            let rest = """
                SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                    pg_database_size(current_database()),
                    coalesce((SELECT min(next_offset) FROM goalpost.fold_watermark), 0)
                """
            try transaction.query(rest) { row in
                figures.connections = try row.int8(0)
                figures.bytes = try row.int8(1)
                figures.watermark = try row.int8(2)
            }
            return figures
        }
    }
}
