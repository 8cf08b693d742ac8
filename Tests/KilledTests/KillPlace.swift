import Foundation
import TestKit
import Testing

/// Where one command is killed again and again, each time from the same beginning.
final class KillPlace: Sendable {
    private let step: KilledStep
    private let seed: UInt64
    private let world: TinyWorld
    private let webhook: RewardReceiver
    /// Never killed, and never run after it was prepared.
    private let base: TrappedProgram
    /// A copy of the beginning for each run.
    private let program: TrappedProgram
    private let copyName: String
    private let expected: WorldState
    private let counts: [String: Int]
    private let rewards: Int

    /// Prepares the beginning, and runs the command once to its end.
    init(_ step: KilledStep, seed: UInt64) async throws {
        (self.step, self.seed) = (step, seed)
        world = try TinyWorld()
        let webhook = try RewardReceiver { _, _ in .answer(status: 200) }
        self.webhook = webhook
        let url = try await ThrowawayPostgres.freshDatabase()
        let settings = step.settings.merging(["GOALPOST_GRANT_URL": webhook.url]) { $1 }
        let base = try world.program("base", databaseURL: url, settings)
        self.base = base
        try await step.prepare(world, base)
        copyName = "killed_" + UUID().uuidString.lowercased().replacing("-", with: "")
        let copy = step.changesTables ? try await DatabaseCopy.replace(copyName, by: url) : url
        let program = try world.program("case", databaseURL: copy, settings)
        self.program = program
        try Files.copy(base.data, to: program.data)
        let arguments = try step.arguments(world, target: world.directory.path + "/backup")
        counts = try await program.succeed(arguments, statuses: step.statuses).report.counts
        try await step.finish(program)
        expected = try await WorldState.read(program)
        rewards = webhook.keys.count
        #expect(step != .grant || rewards == expected.deliveries.count && rewards > 3)
    }

    /// Calls of these kinds in a whole run; of all kinds where none is named.
    func calls(_ kinds: [String]) -> Int {
        counts.filter { kinds.isEmpty || kinds.contains($0.key) }.values.reduce(0, +)
    }

    /// Kills the command, runs it again and compares; the kind of the call it was killed at, nil where it came through.
    func kill(_ trap: Trap) async throws -> String? {
        let place = "\(step.rawValue), seed \(seed), \(trap)"
        try Files.copy(base.data, to: program.data)
        if step.changesTables { _ = try await DatabaseCopy.replace(copyName, by: base.databaseURL) }
        let before = webhook.requests.count
        let target = world.directory.path + "/backup"
        try Files.remove(target)
        let outcome = try await program.run(try step.arguments(world, target: target), trap)
        let wasKilled = outcome.isKilled
        #expect(
            wasKilled || outcome.status.map { step.statuses.contains($0) } ?? false,
            "\(place): \(outcome.change) \(outcome.error)"
        )
        if step == .backup { try await checkBackup(target, place) }
        try await step.recover(program)
        try Files.remove(target)
        let again = try await program.run(try step.arguments(world, target: target))
        #expect(
            again.status.map { step.statuses.contains($0) } ?? false,
            "again after \(place): \(again.change) \(again.error)"
        )
        try await step.finish(program)
        if step == .backup { try await program.succeed(["backup", "verify", target]) }
        if let difference = try await WorldState.read(program).difference(from: expected) {
            Issue.record("\(place):\n\(difference)")
        }
        if step == .grant { checkRewards(from: before, place) }
        return wasKilled ? outcome.report.done.first?.kind : nil
    }

    /// A killed backup is whole, says that it is not finished, or was not begun.
    private func checkBackup(_ target: String, _ place: String) async throws {
        let verified = try await program.run(["backup", "verify", target])
        switch verified.status {
        case 0?, 66?: break
        case 65?: #expect(verified.error.contains("not finished"), "\(place): \(verified.error)")
        default: Issue.record("\(place): \(verified.change) \(verified.error)")
        }
    }

    /// Every reward came under its one key: once, and once more where the kill hid whether it had.
    private func checkRewards(from start: Int, _ place: String) {
        let keys = Dictionary(webhook.requests.dropFirst(start).map { ($0.key, 1) }, uniquingKeysWith: +)
        #expect(keys.count == rewards, "\(place): \(keys.count) of \(rewards) rewards")
        #expect(keys.values.allSatisfy { $0 <= 2 }, "\(place): \(keys)")
    }

    /// What the program itself says of the last case.
    func verify() async throws {
        try await program.succeed(["log", "verify"])
        guard !expected.watermarks.isEmpty else { return }
        let payloads = expected.answers.isEmpty ? [] : ["--payloads"]
        try await program.succeed(["verify"] + payloads)
    }

    func close() async throws {
        webhook.close()
        try await DatabaseCopy.drop(copyName, at: base.databaseURL)
    }
}
