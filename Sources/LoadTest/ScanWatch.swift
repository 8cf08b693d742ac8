/// Counts sequential scans of large tables from one look at PostgreSQL's statistics to the next; pure.
///
/// A table of partitions is as large as all of them together, and its scans are those of all of them.
package struct ScanWatch: Sendable {
    /// A table's statistics at one moment; for a partition, the partition's.
    package struct Table: Sendable {
        package let name: String
        /// The partitioned table at the top, the table itself where it is no partition.
        package let root: String
        /// Sequential scans since its statistics began.
        package let scans: Int64
        /// Rows that are alive, as PostgreSQL estimates.
        package let rows: Int64

        package init(name: String, root: String, scans: Int64, rows: Int64) {
            (self.name, self.root, self.scans, self.rows) = (name, root, scans, rows)
        }
    }

    /// Rows from which a table is large.
    package static let largeRows: Int64 = 10_000

    /// Scans of each table at the last look, of those that were large then.
    private var before: [String: Int64] = [:]
    /// Scans found so far and the rows last seen, by table at the top.
    private var found: [String: (scans: Int64, rows: Int64)] = [:]

    package init() {}

    /// Takes the next look, and returns all that was found since the first one, by name.
    ///
    /// A scan counts only where the table was large at the look before: one that grew meanwhile may have been scanned
    /// while it was small.
    package mutating func look(at tables: [Table]) -> [DatabaseFigures.Scanned] {
        var rows: [String: Int64] = [:]
        for table in tables { rows[table.root, default: 0] += table.rows }
        var large: [String: Int64] = [:]
        for table in tables {
            let all = rows[table.root] ?? 0
            if let scans = before[table.name], table.scans > scans {
                found[table.root] = ((found[table.root]?.scans ?? 0) + table.scans - scans, all)
            }
            if all >= Self.largeRows { large[table.name] = table.scans }
        }
        before = large
        return found.sorted { $0.key < $1.key }
            .map { DatabaseFigures.Scanned(table: $0.key, scans: $0.value.scans, rows: $0.value.rows) }
    }
}
