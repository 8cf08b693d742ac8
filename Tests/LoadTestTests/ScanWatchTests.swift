import LoadTest
import Testing

@Suite struct ScanWatchTests {
    private static func leaves(_ scans: [Int64], rows: Int64) -> [ScanWatch.Table] {
        scans.enumerated().map { index, scans in
            .init(name: "progress_\(index)", root: "progress", scans: scans, rows: rows)
        }
    }

    @Test func `partitions are as large as their table`() {
        var watch = ScanWatch()
        // 100,000 rows in 16 partitions, none of which is large by itself.
        #expect(watch.look(at: Self.leaves(Array(repeating: 7, count: 16), rows: 6_250)).isEmpty)
        var scans = [Int64](repeating: 7, count: 16)
        (scans[3], scans[9]) = (8, 9)
        let expected = [DatabaseFigures.Scanned(table: "progress", scans: 3, rows: 100_000)]
        #expect(watch.look(at: Self.leaves(scans, rows: 6_250)) == expected)
        // Nothing new: what was found stays found.
        #expect(watch.look(at: Self.leaves(scans, rows: 6_250)) == expected)
    }

    @Test func `scans of a table that was small at the look before do not count`() {
        var watch = ScanWatch()
        #expect(watch.look(at: Self.leaves([100, 100], rows: 4_999)).isEmpty)
        #expect(watch.look(at: Self.leaves([500, 500], rows: 5_000)).isEmpty)
        #expect(
            watch.look(at: Self.leaves([501, 500], rows: 5_001)) == [
                .init(table: "progress", scans: 1, rows: 10_002)
            ]
        )
    }

    @Test func `small tables and the scans before the first look do not count`() {
        var watch = ScanWatch()
        for scans in Int64(0)..<5 {
            let tables = [
                ScanWatch.Table(name: "small", root: "small", scans: scans, rows: 9_999),
                ScanWatch.Table(name: "large", root: "large", scans: 1_000, rows: 1_000_000),
            ]
            #expect(watch.look(at: tables).isEmpty)
        }
    }
}
