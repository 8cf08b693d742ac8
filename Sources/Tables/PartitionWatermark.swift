package import Goals
import Partitions
import Postgres

/// How far one partition got with one stream.
package struct PartitionWatermark: Hashable, Sendable {
    /// The partition's number, which names its leaves.
    package let partition: Int
    /// The partition holds the ids whose hash leaves `remainder` when divided by `modulus`.
    package let modulus: Int
    package let remainder: Int
    /// First log offset that is not folded yet.
    package let nextOffset: UInt64
    /// Number of the last transaction that changed the partition, whichever stream it came from; 0 at first.
    package let sequence: UInt64
    /// When it was last folded, nil before the first time.
    package let foldedAt: Timestamp?

    package init(
        partition: Int,
        modulus: Int,
        remainder: Int,
        nextOffset: UInt64,
        sequence: UInt64,
        foldedAt: Timestamp?
    ) {
        self.partition = partition
        self.modulus = modulus
        self.remainder = remainder
        self.nextOffset = nextOffset
        self.sequence = sequence
        self.foldedAt = foldedAt
    }

    /// The partition's leaf of a table, with its schema.
    ///
    /// Made of a literal and an integer, never of data.
    func leaf(_ table: StaticString) -> String { "goalpost.\(table)_\(Partitions.leaf(partition))" }

    /// All partitions of a stream, ascending.
    static func read(stream: String, in transaction: borrowing Transaction) throws -> [PartitionWatermark] {
        var watermarks: [PartitionWatermark] = []
        // A partition has one sequence, though each stream has its own row of it.
        let sql = """
            SELECT partition, modulus, remainder, next_offset, newest, folded_at
            FROM (SELECT *, max(sequence) OVER (PARTITION BY partition) AS newest FROM goalpost.fold_watermark) w
            WHERE stream = $1 ORDER BY partition
            """
        try transaction.query(sql, [.text(stream)]) { row in
            watermarks.append(
                PartitionWatermark(
                    partition: Int(try row.int4(0)),
                    modulus: Int(try row.int4(1)),
                    remainder: Int(try row.int4(2)),
                    nextOffset: UInt64(clamping: try row.int8(3)),
                    sequence: UInt64(clamping: try row.int8(4)),
                    foldedAt: try row.optionalTimestamptz(5).map { Timestamp(microseconds: $0) }
                )
            )
        }
        guard !watermarks.isEmpty else { throw TablesError.unknownStream(stream) }
        return watermarks
    }
}
