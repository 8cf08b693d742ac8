import Goals
import Postgres
import Tables
import Testing

@Suite struct RoutingTests {
    /// Ids of every length from 0 to 100 scalars, in ASCII and in all of Unicode.
    private func ids(count: Int, seed: UInt64) -> [Identifier] {
        var generator = SeededGenerator(seed: seed)
        var ids: Set<Identifier> = []
        while ids.count < count {
            let isASCII = Bool.random(using: &generator)
            var text = String.UnicodeScalarView()
            for _ in 0..<(ids.count % 101) {
                let scalar = UInt32.random(in: 1..<(isASCII ? 0x7F : 0x11_0000), using: &generator)
                text.append(Unicode.Scalar(scalar) ?? "é")
            }
            if !ids.insert(Identifier(String(text))).inserted, text.isEmpty {
                ids.insert(Identifier("\(ids.count)"))
            }
        }
        return ids.sorted()
    }

    @Test(arguments: [(1, 1), (4, 2), (16, 3)])
    func `the client's partition is the one that the server files a player in`(
        partitions: Int,
        seed: UInt64
    ) async throws {
        let fixture = try await TablesFixture(partitions: partitions)
        let ids = ids(count: 10_000, seed: seed)
        let found = try await fixture.session.transaction { transaction in
            var column = ArrayColumn(.text)
            for id in ids { column.append(text: id.utf8) }
            try transaction.execute(
                "INSERT INTO goalpost.player SELECT id, now(), now() FROM unnest($1::text[]) AS s (id)",
                [.array(column)]
            )
            var found: [Identifier: String] = [:]
            try transaction.query("SELECT user_id, tableoid::regclass::text FROM goalpost.player") { row in
                found[Identifier(utf8: try row.bytes(0))] = try row.text(1)
            }
            return found
        }
        #expect(found.count == ids.count)
        for id in ids {
            let partition = PartitionHash.partition(of: id.utf8, modulus: partitions)
            let leaf = "goalpost.player_p" + (partition < 10 ? "0" : "") + "\(partition)"
            #expect(found[id] == leaf, "\(id.utf8) of seed \(seed)")
        }
    }

    @Test(arguments: [2, 32, 1000])
    func `the server agrees for other moduli`(modulus: Int) async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let ids = ids(count: 2000, seed: 4)
        let disagreeing = try await fixture.session.transaction { transaction in
            var (texts, remainders) = (ArrayColumn(.text), ArrayColumn(.int4))
            for id in ids {
                texts.append(text: id.utf8)
                remainders.append(int4: Int32(PartitionHash.partition(of: id.utf8, modulus: modulus)))
            }
            return try transaction.execute(
                """
                SELECT 1 FROM unnest($1::text[], $2::int4[]) AS s (id, remainder)
                WHERE NOT satisfies_hash_partition('goalpost.player'::regclass, $3, remainder, id::varchar)
                """,
                [.array(texts), .array(remainders), .int4(Int32(modulus))]
            )
        }
        #expect(disagreeing == 0)
    }
}
