package import Postgres

/// How large a partition's progress is.
package struct PartitionSize: Hashable, Sendable {
    /// PostgreSQL's estimate, from its last ANALYZE or VACUUM and the file's growth since; nil where there was none.
    package let rows: UInt64?
    /// On disk, indexes included.
    package let bytes: UInt64

    /// The sizes of `partitions`, in their order.
    package static func read(
        _ partitions: [PartitionWatermark],
        session: Session
    ) async throws -> [PartitionSize] {
        try await TablesError.wrapping {
            try await session.readOnlySnapshot { transaction in
                var sizes: [PartitionSize] = []
                let sql = """
                    SELECT reltuples::bigint, pg_total_relation_size(oid) FROM pg_class
                    WHERE oid = to_regclass($1::text)
                    """
                for partition in partitions {
                    var size = PartitionSize(rows: nil, bytes: 0)
                    try transaction.query(sql, [.text(partition.leaf("user_goal_progress"))]) { row in
                        // -1 says that nobody looked yet.
                        let rows = try row.int8(0)
                        size = PartitionSize(
                            rows: rows < 0 ? nil : UInt64(rows),
                            bytes: UInt64(clamping: try row.int8(1))
                        )
                    }
                    sizes.append(size)
                }
                return sizes
            }
        }
    }
}
