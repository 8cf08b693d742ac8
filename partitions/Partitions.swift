/// The schema's DDL, compiled in, so that a binary carries the tables it was written for.
package enum Partitions {
    /// Schema version that the DDL makes; stored in `goalpost.meta`.
    package static let schemaVersion = 1

    /// The parents and the tables that are not partitioned; needs the schema `goalpost`.
    package static var tables: String { String(decoding: PackageResources._01_tables_sql, as: UTF8.self) }

    /// The ending of a partition's leaf names: `p00`, `p01`, … `p100`.
    package static func leaf(_ partition: Int) -> String {
        let digits = String(partition)
        return digits.count < 2 ? "p0\(digits)" : "p\(digits)"
    }

    /// The leaves of one partition: ids whose hash leaves `remainder` when divided by `modulus`.
    package static func leaves(partition: Int, modulus: Int, remainder: Int) -> String {
        String(decoding: PackageResources._02_leaf_sql, as: UTF8.self)
            .replacing("{leaf}", with: leaf(partition))
            .replacing("{modulus}", with: String(modulus))
            .replacing("{remainder}", with: String(remainder))
    }
}
