import Foundation
import TestKit
import Testing

/// One world in which every job is killed at random calls, again and again, and one in which none is.
///
/// Each batch of events goes through ingest, fold, publish and grant, with an upkeep job between. A killed job is
/// started again, with a new call to be killed at, until it comes through; after `killsMax` kills it is let through.
final class KillChain {
    private static let killsMax = 10

    private let seed: UInt64
    private var random: SplitMix64
    private let world: TinyWorld
    private let killed: TrappedProgram
    private let whole: TrappedProgram
    private let webhooks: [RewardReceiver]
    /// Calls of the longest run of each job so far.
    private var calls: [String: Int] = [:]
    private(set) var tally = KillTally()

    /// Makes both worlds.
    init(seed: UInt64) async throws {
        self.seed = seed
        random = SplitMix64(seed: seed)
        world = try TinyWorld()
        webhooks = [
            try RewardReceiver { _, _ in .answer(status: 200) },
            try RewardReceiver { _, _ in .answer(status: 200) },
        ]
        killed = try world.program(
            "killed",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            ["GOALPOST_GRANT_URL": webhooks[0].url, "GOALPOST_DEDUPE_EVENTS": "60"]
        )
        whole = try world.program(
            "whole",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            ["GOALPOST_GRANT_URL": webhooks[1].url, "GOALPOST_DEDUPE_EVENTS": "60"]
        )
    }

    /// Sends batches through, then compares.
    func run(batches: Int) async throws {
        let wait = ["--overlap", "wait", "--timeout", "300"]
        try await both("init", ["init", "--challenges", world.challenges(0)])
        for batch in 0..<batches {
            if batch % 4 == 3 {
                try await both("challenges apply", ["challenges", "apply", world.challenges(batch / 4 + 1)])
            }
            for (part, path) in try world.events(batch, linesMax: 6).enumerated() {
                try await both("ingest", ["ingest", "--source", "s\(batch)-\(part)", path])
            }
            let day = "2026-01-\(batch < 5 ? "0" : "")\(5 + batch % 25)T12:00:00Z"
            try await again("fold", ["run", "fold"] + wait)
            try await again("publish", ["run", "publish", "--as-of", day] + wait)
            try await again("grant", ["run", "grant"] + wait)
            switch batch % 4 {
            case 0: try await again("snapshot", ["run", "snapshot"] + wait)
            case 1: try await again("compact", ["run", "compact"] + wait)
            case 2: try await again("verify", ["run", "verify"] + wait)
            default: break
            }
        }
        try await compare()
        for webhook in webhooks { webhook.close() }
    }

    /// Runs a command in both worlds, killed in one of them.
    private func both(_ name: String, _ arguments: [String]) async throws {
        try await again(name, arguments)
        try await whole.succeed(arguments)
    }

    /// Starts a command until it comes through, killing it at a random call each time.
    private func again(_ name: String, _ arguments: [String]) async throws {
        for _ in 0..<Self.killsMax {
            let most = calls[name] ?? 40
            var trap = Trap(number: 1 + Int(random.next() % UInt64(most + most / 8 + 1)))
            switch random.next() % 8 {
            case 0: trap.deed = .killAfter
            case 1: trap.deed = .tear
            default: trap.deed = .killBefore
            }
            let outcome = try await killed.run(arguments, trap)
            if outcome.isKilled {
                tally.count(name, outcome.report.done.first?.kind ?? "unknown")
                if name == "grant" { try await KilledStep.grant.recover(killed) }
                continue
            }
            guard outcome.status == 0 else {
                throw TrappedProgram.Failed(
                    description: "seed \(seed): \(arguments), \(trap): \(outcome.change) \(outcome.error)"
                )
            }
            calls[name] = max(most, outcome.report.total)
            return
        }
        let outcome = try await killed.succeed(arguments)
        calls[name] = max(calls[name] ?? 0, outcome.report.total)
    }

    // MARK: Afterwards

    /// Brings both worlds to the same end and compares them.
    private func compare() async throws {
        try await KilledStep.grant.recover(killed)
        for program in [killed, whole] {
            for job in [["run", "fold"], ["run", "grant"], ["run", "fold"]] {
                try await program.succeed(job + ["--overlap", "wait", "--timeout", "300"])
            }
            try await program.succeed(["run", "publish", "--as-of", "2026-02-01T12:00:00Z"])
        }
        let (mine, others) = (try await WorldState.read(killed), try await WorldState.read(whole))
        if let difference = mine.withoutFiles.difference(from: others.withoutFiles) {
            Issue.record("seed \(seed):\n\(difference)")
        }
        #expect(!mine.records.isEmpty && !mine.rows.isEmpty && !mine.answers.isEmpty, "seed \(seed)")
        let leftovers = mine.files.filter { $0.hasSuffix(".tmp") }
        #expect(leftovers.isEmpty, "seed \(seed): \(leftovers)")
        #expect(Set(webhooks[0].keys.keys) == Set(webhooks[1].keys.keys), "seed \(seed)")
        #expect(Set(mine.deliveries).count == mine.deliveries.count, "seed \(seed)")
        for command in [["log", "verify"], ["verify", "--payloads", "--from-log"]] {
            let outcome = try await killed.run(command)
            #expect(outcome.status == 0, "seed \(seed): \(command) \(outcome.error) \(killed.output)")
        }
    }
}
