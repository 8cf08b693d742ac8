import Testing
import WorldKit

@Suite struct WorldTests {
    @Test(arguments: [UInt64(7), 8, 9])
    func `the same seed does the same, call for call`(seed: UInt64) throws {
        let first = World(seed: seed)
        let second = World(seed: seed)
        let counts = try first.run()
        #expect(try second.run() == counts)
        #expect(first.trace == second.trace)
        #expect(counts.steps >= WorldOptions().stepsMax)
    }

    @Test func `other seeds do other things`() throws {
        let traces = try (UInt64(1)...5).map { seed in
            let world = World(seed: seed, options: WorldOptions(stepsMax: 500))
            _ = try world.run()
            return world.trace
        }
        #expect(Set(traces).count == traces.count)
    }

    /// A world that finds nothing would be worth nothing: each bug has to be found within 400,000 steps.
    @Test(arguments: PlantedBug.allCases)
    func `a planted bug is found`(bug: PlantedBug) throws {
        var steps: UInt64 = 0
        for seed in UInt64(1)...20 {
            let world = World(seed: seed, options: WorldOptions(stepsMax: 20_000, plantedBug: bug))
            do {
                steps += try world.run().steps
            } catch let failure as WorldFailure {
                #expect(failure.description.contains("GOALPOST_SEED=\(seed) swift test"))
                #expect(failure.step > 0)
                print("WorldTests: \(bug) is found after \(steps + failure.step) steps: \(failure.what)")
                return
            }
        }
        Issue.record("\(bug) is not found in \(steps) steps")
    }
}
