/// The schema's DDL, compiled in, so that a binary carries the tables it was written for.
package enum Partitions {
    /// Schema version that this program works with; stored in `goalpost.meta`.
    package static let schemaVersion = 3
    /// Schema version that `tables` and `leaves` make; the steps lead from it to `schemaVersion`.
    package static let firstVersion = 1

    /// One change of a schema that is there, never edited once it has run anywhere.
    package struct Step: Sendable {
        /// Schema version afterwards; it runs over the one before.
        package let version: Int
        package let sql: String
    }

    /// Every step after `firstVersion`, ascending, one a version.
    ///
    /// A fresh installation takes them too, so that it ends in the very schema that an upgrade ends in.
    package static var steps: [Step] {
        [
            Step(version: 2, sql: String(decoding: PackageResources._03_analysts_sql, as: UTF8.self)),
            Step(version: 3, sql: String(decoding: PackageResources._04_dead_rewards_sql, as: UTF8.self)),
        ]
    }

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
