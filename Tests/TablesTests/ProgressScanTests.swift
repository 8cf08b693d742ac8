import BlockingLane
import Goals
import Postgres
import Tables
import TestKit
import Testing

/// The scan reads every row of a partition's leaves, as it is, and nothing of other partitions.
@Suite struct ProgressScanTests {
    private static func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    @Test(arguments: [1, 4])
    func `every row of each partition is read once`(partitions: Int) async throws {
        let fixture = try await TablesFixture(partitions: partitions)
        // More rows than a block holds, with and without NULLs, ids of one and of four bytes a scalar.
        try await fixture.script(
            """
            INSERT INTO goalpost.user_goal_progress SELECT 'user-' || n % 700 || repeat('🏔', n % 3), 'goal-' || n, 'c', 'test',
                n, (ARRAY['not_started', 'in_progress', 'completed', 'claimed'])[1 + n % 4], n % 2 = 0,
                CASE WHEN n % 5 > 0 THEN to_timestamp(n) END, to_timestamp(n + 1), NULL, NULL, to_timestamp(n + 2),
                to_timestamp(n + 3), CASE WHEN n % 7 > 0 THEN to_timestamp(n + 4) END,
                CASE WHEN n % 3 > 0 THEN '1970-01-01'::date + n END
            FROM generate_series(0, 4999) n;
            INSERT INTO goalpost.player SELECT 'user-' || n, to_timestamp(n), to_timestamp(n + 1)
                FROM generate_series(0, 99) n;
            INSERT INTO goalpost.player_change SELECT 'user-' || n, n FROM generate_series(50, 149) n;
            INSERT INTO goalpost.request_outcome SELECT 'u', 'e' || n, CASE n % 2 WHEN 0 THEN 'applied' ELSE 'rejected' END,
                CASE n % 2 WHEN 1 THEN 'CODE' END, to_timestamp(n) FROM generate_series(0, 9) n;
            INSERT INTO goalpost.reward_grant (user_id, claim_event_id, goal_id, reward_type, reward_id, quantity, state,
                claimed_at, delivered_at) VALUES ('u', 'e', 'g', 'ITEM', 'r', 7, 'delivered', to_timestamp(1), to_timestamp(2)),
                ('v', 'e', 'g', 'WALLET', 'r', 8, 'dead', to_timestamp(3), NULL);
            """
        )
        var (rows, players): (Set<String>, [String: [Int64]]) = ([], [:])
        var (outcomes, grants, bytes) = (0, [Int32: Bool](), UInt64(0))
        for mark in try await fixture.publish.partitionStates(stream: TablesFixture.stream) {
            let found = try await fixture.session.readOnlySnapshot { transaction in
                let scan = ProgressScan(mark)
                var (rows, players): ([String], [String: [Int64]]) = ([], [:])
                var (outcomes, grants) = (0, [Int32: Bool]())
                let count = try scan.progress(in: transaction) { block in
                    #expect(block.rows.count <= ProgressScan.blockRows)
                    for row in block.rows {
                        let hash = PartitionHash.hash(Array(block.bytes[row.user]))
                        #expect(Int(hash % UInt64(mark.modulus)) == mark.remainder)
                        let n = Int64(row.progress)
                        #expect(Self.text(block.bytes, row.goal) == "goal-\(n)")
                        #expect(Self.text(block.bytes, row.challenge) == "c")
                        #expect(Self.text(block.bytes, row.namespace) == "test")
                        #expect(Int64(row.status) == n % 4 && row.isActive == (n % 2 == 0))
                        #expect(row.assignedAt == (n % 5 > 0 ? n * 1_000_000 : ScannedTime.none))
                        #expect(row.completedAt == (n + 1) * 1_000_000 && row.claimedAt == ScannedTime.none)
                        #expect(row.expiresAt == ScannedTime.none && row.createdAt == (n + 2) * 1_000_000)
                        #expect(row.updatedAt == (n + 3) * 1_000_000)
                        #expect(row.lastEventAt == (n % 7 > 0 ? (n + 4) * 1_000_000 : ScannedTime.none))
                        #expect(row.lastCountedOn == (n % 3 > 0 ? n : ScannedTime.none))
                        rows.append(Self.text(block.bytes, row.user) + " \(n)")
                    }
                }
                #expect(count == rows.count)
                _ = try scan.players(in: transaction) { block in
                    for row in block.rows {
                        players[Self.text(block.bytes, row.user)] = [row.firstEventAt, row.changeSequence]
                    }
                }
                outcomes = try scan.outcomes(in: transaction) { block in
                    for row in block.rows { #expect(row.isApplied == row.errorCode.isEmpty) }
                }
                _ = try scan.grants(in: transaction) { block in
                    for row in block.rows { grants[row.quantity] = row.isDelivered }
                }
                return (rows, players, outcomes, grants, try scan.storedBytes(in: transaction))
            }
            rows.formUnion(found.0)
            players.merge(found.1) { first, _ in first }
            outcomes += found.2
            grants.merge(found.3) { first, _ in first }
            bytes += found.4
        }
        #expect(rows.count == 5000 && players.count == 150 && outcomes == 10)
        #expect(
            players["user-0"] == [0, ScannedTime.none] && players["user-149"] == [ScannedTime.none, 149]
        )
        #expect(players["user-60"] == [60_000_000, 60])
        #expect(grants == [7: true, 8: false])
        #expect(bytes > 500_000)
    }

    @Test func `a repair that comes after a fold writes nothing`() async throws {
        let fixture = try await TablesFixture(partitions: 1)
        let old = try await fixture.watermark(0)
        try await fixture.script("UPDATE goalpost.fold_watermark SET next_offset = 5")
        let moved = try await fixture.watermark(0)
        try await fixture.script("UPDATE goalpost.fold_watermark SET sequence = 3")
        for mark in [old, moved] {
            let isLocked = try await fixture.session.transaction { transaction in
                try RepairWriter(mark, stream: TablesFixture.stream, in: transaction) != nil
            }
            #expect(!isLocked)
        }
        let current = try await fixture.watermark(0)
        try await fixture.script("INSERT INTO goalpost.player_change VALUES ('ahead', 9)")
        try await fixture.session.transaction { transaction in
            guard var writer = try RepairWriter(current, stream: TablesFixture.stream, in: transaction) else {
                Issue.record("nothing had moved")
                return
            }
            var repair = PartitionRepair()
            repair.marked = [Identifier("somebody")]
            try writer.write(repair, in: transaction)
            try writer.finish(nextOffset: nil, in: transaction)
        }
        // Above every sequence that anybody can have seen.
        #expect(try await fixture.watermark(0).sequence == 10)
        #expect(try await fixture.dump("player_change") == ["(ahead,9)", "(somebody,10)"])
    }
}
