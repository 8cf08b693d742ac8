import BlockingLane
import Postgres

/// What PostgreSQL says of itself, summed over Goalpost's tables, since its statistics began.
package struct DatabaseFigures: Sendable, Codable, Equatable {
    /// A table that was read from end to end though it is large.
    package struct Scanned: Sendable, Codable, Equatable {
        package let table: String
        package let scans: Int64
        package let rows: Int64

        package init(table: String, scans: Int64, rows: Int64) {
            (self.table, self.scans, self.rows) = (table, scans, rows)
        }
    }

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
    /// Sequential scans of large tables since the first sample, by table; partitions count as their table.
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

    /// The figures but `largeScans`, and the tables that those follow from.
    func figures() async throws -> (DatabaseFigures, [ScanWatch.Table]) {
        try await session.readOnlySnapshot { transaction in
            var figures = DatabaseFigures()
            var all: [ScanWatch.Table] = []
            let tables = """
                SELECT t.relname::text, t.seq_scan, coalesce(t.idx_scan, 0), t.n_tup_upd, t.n_tup_hot_upd,
                    t.n_live_tup, t.n_dead_tup, coalesce(r.relname, t.relname)::text
                FROM pg_stat_user_tables t JOIN pg_class c ON c.oid = t.relid
                    LEFT JOIN pg_class r ON r.oid = pg_partition_root(t.relid)
                WHERE t.schemaname = 'goalpost' AND c.relkind <> 'p' ORDER BY t.relname
                """
            try transaction.query(tables) { row in
                let (scans, rows) = (try row.int8(1), try row.int8(5))
                figures.sequentialScans += scans
                figures.indexScans += try row.int8(2)
                figures.updates += try row.int8(3)
                figures.hotUpdates += try row.int8(4)
                figures.liveRows += rows
                figures.deadRows += try row.int8(6)
                all.append(.init(name: try row.text(0), root: try row.text(7), scans: scans, rows: rows))
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
            return (figures, all)
        }
    }
}
