import TestKit
import Testing
import WorldKit

/// The whole log in simulated worlds: writer, readers, maintenance and fold, with a disk that fails and forgets.
@Suite struct WorldSoakTests {
    @Test
    func `whatever fails, nothing acknowledged is lost, doubled or changed, and the fold counts it once`()
        throws
    {
        var total = WorldCounts()
        for seed in try SeedRun(1...200) {
            let world = World(seed: seed)
            total.add(try world.run())
        }
        print("WorldSoakTests: \(total.summary)")
        // A world that never meets trouble proves nothing.
        if total.worlds >= 20 {
            #expect(total.crashes > 0 && total.kills > 0 && total.adoptedRecords > 0)
            #expect(total.compactedSegments > 0 && total.deletedSegments > 0 && total.foldKills > 0)
            #expect(total.faults.failedChanges > 0 && total.faults.tornWrites > 0)
            #expect(total.faults.lostSyncs > 0 && total.faults.powerLosses > 0)
            #expect(total.faults.failedReads > 0 && total.faults.refusedByFullness > 0)
        }
    }
}
