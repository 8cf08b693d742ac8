import Foundation
import Jobs
import Synchronization
import TestKit
import Testing

/// How far a publish says it is, and that it can be stopped between two batches.
@Suite struct PublishProgressTests {
    private func world() async throws -> PipelineWorld {
        var random = SplitMix64(seed: 11)
        let history = try RandomHistory(seed: 11)
        let world = try await PipelineWorld(partitions: 4)
        try world.append(history, 0..<history.lines.count, &random)
        try await world.fold()
        return world
    }

    private func job(_ world: PipelineWorld) -> PublishJob {
        PublishJob(settings: world.settings, access: world.access, database: world.database, log: world.log)
    }

    @Test func `it goes up from nothing and never beyond the end`() async throws {
        let world = try await world()
        let steps = Mutex<[(UInt64, Int, Int)]>([])
        let summary = try await job(world).run { summary, done, total in
            steps.withLock { $0.append((summary.players, done, total)) }
        }
        let seen = steps.withLock { $0 }
        #expect(seen.count > 4 && seen.first?.1 == 0 && seen.last?.0 == summary.players)
        for (step, next) in zip(seen, seen.dropFirst()) {
            #expect(step.0 <= next.0 && step.1 <= next.1 && step.2 == next.2 && next.1 < next.2)
        }
    }

    @Test func `a cancelled one stops after the batch at work, and the next goes on`() async throws {
        let world = try await world()
        let job = job(world)
        let players = Mutex<UInt64>(0)
        let task = Task {
            try await job.run { summary, _, _ in
                players.withLock { $0 = summary.players }
                withUnsafeCurrentTask { unsafe $0?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        let first = players.withLock { $0 }
        #expect(first > 0)
        let rest = try await job.run()
        #expect(rest.isResumed && rest.players > 0 && rest.isFull)
    }
}
