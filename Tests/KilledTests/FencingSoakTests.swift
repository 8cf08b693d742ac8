import Foundation
import TestKit
import Testing

/// A job that froze, while another did its work, wakes and must change nothing.
///
/// Only one run works on a data directory, by a lock that dies with its process, and one fold and one grant on a
/// database, by an advisory lock that dies with the session. So another run can take over from one that is frozen where
/// it has a data directory of its own (another machine with a mount of the log) and the server has ended the frozen
/// one's sessions (keepalives without an answer, an administrator, a restart). Then only the watermark, compared inside
/// the transaction, keeps the frozen one from writing.
///
/// A soak freezes the job before and after every send; otherwise some `sampleMax`, the first chosen by the seed, besides
/// those around BEGIN, the watermark and COMMIT.
@Suite(.serialized) struct FencingSoakTests {
    private static let sampleMax = 6

    /// One job that is frozen, and the machine beside that takes over.
    private struct Scene {
        let world: TinyWorld
        let frozen: TrappedProgram
        let other: TrappedProgram
    }

    /// Two data directories with one log and one database.
    private static func scene(_ step: KilledStep, _ settings: [String: String]) async throws -> Scene {
        let world = try TinyWorld()
        let url = try await ThrowawayPostgres.freshDatabase()
        let frozen = try world.program("frozen", databaseURL: url, settings)
        try await step.prepare(world, frozen)
        let other = try world.program("other", databaseURL: url, settings)
        try Files.makeDirectory(other.data)
        try FileManager.default.createSymbolicLink(
            atPath: other.data + "/log",
            withDestinationPath: frozen.data + "/log"
        )
        return Scene(world: world, frozen: frozen, other: other)
    }

    /// All that a fold writes, to the last byte: rows, sequences, and when each partition was folded.
    private static func allRows(_ url: String) async throws -> [String] {
        var rows: [String] = []
        for table in [
            "user_goal_progress", "player", "request_outcome", "reward_grant", "player_change",
            "fold_watermark",
        ] {
            let sql = "SELECT t::text FROM goalpost.\(table) t"
            rows += try await TestSession.texts(sql, at: url).sorted().map { "\(table) \($0)" }
        }
        return rows
    }

    /// The traps of one kind of call for which a job is frozen, with the deeds in turn.
    private static func traps(
        _ calls: Int,
        _ random: inout SplitMix64,
        kinds: [String],
        payload: String? = nil,
        _ deeds: [Trap.Deed] = [.stopBefore, .stopAfter]
    ) -> [Trap] {
        guard calls > 0 else { return [] }
        let stride = SeedRun.isSoak ? 1 : max(1, (calls + sampleMax - 1) / sampleMax)
        let first = 1 + Int(random.next() % UInt64(stride))
        return Swift.stride(from: first, through: calls, by: stride).enumerated().flatMap { index, number in
            let chosen = SeedRun.isSoak ? deeds : [deeds[index % deeds.count]]
            return chosen.map { deed in
                var trap = Trap(deed: deed, number: number, kinds: kinds)
                trap.payload = payload
                return trap
            }
        }
    }

    @Test func `a fold that froze writes nothing once another has folded`() async throws {
        for seed in try SeedRun(1...1) {
            var random = SplitMix64(seed: seed)
            let settings = ["GOALPOST_FOLD_CONNECTIONS": "1"]
            let base = try await Self.scene(.fold, settings)
            let (sql, mark) = (["begin", "commit", "sql"], "UPDATE goalpost.fold_watermark")
            let copyName = "frozen_\(seed)"
            var statuses: [Int32: Int] = [:]
            func copied() async throws -> (frozen: TrappedProgram, other: TrappedProgram) {
                let url = try await DatabaseCopy.replace(copyName, by: base.frozen.databaseURL)
                for program in [base.frozen, base.other] { try Files.remove(program.data + "/jobs") }
                return (base.frozen.with(databaseURL: url), base.other.with(databaseURL: url))
            }
            let counted = try await copied().frozen.run(["run", "fold"], Trap(kinds: sql)).report
            var traps = Self.traps(counted.total, &random, kinds: sql)
            traps += Self.traps(counted.counts["begin"] ?? 0, &random, kinds: ["begin"], [.stopBefore])
            traps += Self.traps(counted.counts["commit"] ?? 0, &random, kinds: ["commit"])
            var marked = Trap(kinds: ["sql"])
            marked.payload = mark
            let marks = try await copied().frozen.run(["run", "fold"], marked).report.total
            #expect(marks >= 4, "seed \(seed)")
            traps += Self.traps(marks, &random, kinds: ["sql"], payload: mark)
            for trap in traps {
                let place = "seed \(seed), \(trap)"
                let (frozen, other) = try await copied()
                let process = try frozen.start(["run", "fold"], trap)
                let held = try await OffPool.run { try process.wait() }
                guard held == .stopped else {
                    #expect(held == .exited(0), "\(place)")
                    continue
                }
                try await DatabaseCopy.endSessions(frozen.databaseURL)
                try await other.succeed(["run", "fold"])
                let rows = try await Self.allRows(frozen.databaseURL)
                process.send(SIGCONT)
                let outcome = try await frozen.outcome(of: process)
                // 75 where it found the watermark moved, 69 where it found its session gone in the middle; before it
                // began to read, and after its last batch, nothing was left to be done.
                #expect([0, 69, 75].contains(outcome.status ?? -1), "\(place): \(outcome)")
                statuses[outcome.status ?? -1, default: 0] += 1
                if outcome.status == 75 {
                    #expect(outcome.error.contains("another fold is at work"), "\(place)")
                }
                #expect(try await Self.allRows(frozen.databaseURL) == rows, "\(place)")
                try await other.succeed(["verify", "--from-log"])
            }
            // Where exactly it froze is the seed's: in the middle of a batch, or between two, at least now and then.
            #expect(statuses[75, default: 0] + statuses[69, default: 0] >= 3, "seed \(seed): \(statuses)")
            print("FencingSoakTests, fold, seed \(seed): ended", statuses.sorted { $0.key < $1.key })
            try await DatabaseCopy.drop(copyName, at: base.frozen.databaseURL)
        }
    }

    @Test func `while a frozen fold still has its sessions another is turned away`() async throws {
        let scene = try await Self.scene(.fold, [:])
        let process = try scene.frozen.start(
            ["run", "fold"],
            Trap(deed: .stopBefore, number: 2, kinds: ["commit"])
        )
        #expect(try await OffPool.run { try process.wait() } == .stopped)
        let outcome = try await scene.other.run(["run", "fold"])
        #expect(outcome.status == 75 && outcome.error.contains("another fold is running"), "\(outcome)")
        // On the same machine it does not even come to ask the database.
        let beside = try await scene.frozen.with(scratch: scene.other.scratch).run(["run", "fold"])
        #expect(beside.status == 75 && beside.error.contains("another fold is running"), "\(beside)")
        process.send(SIGCONT)
        #expect(try await scene.frozen.outcome(of: process).status == 0)
        try await scene.other.succeed(["verify", "--from-log"])
    }
}
