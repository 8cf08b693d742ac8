import Foundation
import Glibc
import TestKit
import Testing

/// A publish and a grant that froze while others went on, and then wake.
@Suite(.serialized) struct FrozenJobTests {
    /// A second data directory with the log, and what else is named, of another.
    private static func beside(_ program: TrappedProgram, _ world: TinyWorld, sharing names: [String]) throws
        -> TrappedProgram
    {
        let (data, scratch) = (world.directory.path + "/other", world.directory.path + "/other-said")
        try Files.makeDirectory(data)
        try Files.makeDirectory(scratch)
        for name in names {
            try FileManager.default.createSymbolicLink(
                atPath: data + "/" + name,
                withDestinationPath: program.data + "/" + name
            )
        }
        return program.with(data: data, scratch: scratch)
    }

    private static let publish = ["run", "publish", "--as-of", "2026-01-07T12:00:00Z"]

    @Test func `a frozen publish keeps its store, and others are turned away`() async throws {
        let world = try TinyWorld()
        let program = try world.program("case", databaseURL: try await ThrowawayPostgres.freshDatabase())
        try await KilledStep.publish.prepare(world, program)
        let other = try Self.beside(program, world, sharing: ["log", "payloads"])
        let base = world.directory.path + "/base"
        try Files.copy(program.data, to: base)
        let calls = try await KilledStep.calls(Self.publish, program, world, kinds: ["lmdb"])
        // Not among the first, when LMDB sets its lock file up and lets nobody else open it, nor among the last, with
        // which the run's status is told when all is published.
        for number in [calls / 3, calls / 2] {
            try Files.copy(base, to: program.data)
            let before = try await WorldState.read(program)
            let process = try program.start(
                Self.publish,
                Trap(deed: .stopBefore, number: number, kinds: ["lmdb"])
            )
            try #require(try await OffPool.run { try process.wait() } == .stopped, "call \(number)")
            // Who reads is not kept waiting.
            let shown = try await WorldState.read(program)
            #expect(before.records == shown.records && before.rows == shown.rows)
            let refused = try await other.run(Self.publish)
            #expect(refused.status == 75, "call \(number) of \(calls): \(refused)")
            #expect(try await WorldState.read(program).answers == shown.answers, "call \(number)")
            process.send(SIGCONT)
            let outcome = try await program.outcome(of: process)
            #expect(outcome.status == 0, "call \(number) of \(calls): \(outcome)")
            try await program.succeed(["verify", "--payloads"])
        }
    }

    @Test func `a publish that froze while folds went on shows what the next one shows`() async throws {
        let world = try TinyWorld()
        let program = try world.program("case", databaseURL: try await ThrowawayPostgres.freshDatabase())
        try await KilledStep.publish.prepare(world, program)
        let other = try Self.beside(program, world, sharing: ["log"])
        let kinds = ["begin", "commit", "sql"]
        for (batch, share) in [1, 2, 3].enumerated() {
            try await program.succeed(["ingest", "--source", "more\(batch)", try world.events(2 + batch)])
            try await program.succeed(["run", "fold"])
            let number = try await KilledStep.calls(Self.publish, program, world, kinds: kinds) * share / 5
            let process = try program.start(
                Self.publish,
                Trap(deed: .stopBefore, number: number, kinds: kinds)
            )
            try #require(try await OffPool.run { try process.wait() } == .stopped, "call \(number)")
            try await other.succeed(["ingest", "--source", "late\(batch)", try world.events(10 + batch)])
            try await other.succeed(["run", "fold"])
            if share == 2 { try await DatabaseCopy.endSessions(program.databaseURL) }
            process.send(SIGCONT)
            let outcome = try await program.outcome(of: process)
            #expect([0, 69, 75].contains(outcome.status ?? -1), "call \(number): \(outcome)")
            try await program.succeed(Self.publish)
            try await program.succeed(["verify", "--payloads"])
            // The very answers of a store that is made anew.
            let anew = try Self.fresh(program, world)
            try await anew.succeed(Self.publish)
            #expect(
                try await WorldState.read(program).answers == WorldState.read(anew).answers,
                "call \(number)"
            )
        }
    }

    /// A data directory with the log alone, over the same tables.
    private static func fresh(_ program: TrappedProgram, _ world: TinyWorld) throws -> TrappedProgram {
        try Files.remove(world.directory.path + "/other/payloads")
        return program.with(
            data: world.directory.path + "/other",
            scratch: world.directory.path + "/other-said"
        )
    }

    @Test
    func `a grant that froze while another delivered sends at most once more and records nothing twice`()
        async throws
    {
        let webhook = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { webhook.close() }
        let world = try TinyWorld()
        let base = try world.program(
            "case",
            databaseURL: try await ThrowawayPostgres.freshDatabase(),
            ["GOALPOST_GRANT_URL": webhook.url]
        )
        try await KilledStep.grant.prepare(world, base)
        let other = try Self.beside(base, world, sharing: ["log"])
        let kinds = ["begin", "commit", "sql", "socket"]
        // The server writes the log, so that no lock of the log's keeps the other grant away.
        let portFile = world.directory.path + "/port"
        let serverScratch = world.directory.path + "/server-said"
        try Files.makeDirectory(serverScratch)
        let server = try base.with(scratch: serverScratch).start(
            ["--http", "127.0.0.1:0", "--port-file", portFile],
            of: "goalpost-ingest"
        )
        defer {
            server.send(SIGKILL)
            do { _ = try server.wait() } catch { Issue.record(error) }
        }
        try await OffPool.run {
            while try server.poll() == nil, !FileManager.default.fileExists(atPath: portFile) {
                Glibc.poll(nil, 0, 5)
            }
        }
        var batch = 2
        var number = 1
        var held = 0
        // Each round has rewards of its own, and freezes a few calls later than the last.
        while batch < 10 {
            try await base.succeed(["ingest", "--source", "s\(batch)", try world.events(batch)])
            try await base.succeed(["run", "fold"])
            let start = webhook.requests.count
            let process = try base.start(
                ["run", "grant"],
                Trap(deed: .stopBefore, number: number, kinds: kinds)
            )
            let change = try await OffPool.run { try process.wait() }
            if change == .stopped {
                held += 1
                try await DatabaseCopy.endSessions(base.databaseURL)
                // The frozen one's leases have run out.
                try await KilledStep.grant.recover(base)
                try await other.succeed(["run", "grant"])
                let rows = try await Self.grants(base.databaseURL)
                let before = try await WorldState.read(base)
                process.send(SIGCONT)
                let outcome = try await base.outcome(of: process)
                #expect([0, 69, 75].contains(outcome.status ?? -1), "call \(number): \(outcome)")
                #expect(try await Self.grants(base.databaseURL) == rows, "call \(number)")
                #expect(try await WorldState.read(base).deliveries == before.deliveries, "call \(number)")
            } else {
                #expect(change == .exited(0), "call \(number)")
            }
            try await base.succeed(["run", "grant"])
            let keys = Dictionary(webhook.requests.dropFirst(start).map { ($0.key, 1) }, uniquingKeysWith: +)
            #expect(keys.values.allSatisfy { $0 <= 2 }, "call \(number): \(keys)")
            (batch, number) = (batch + 1, number + 5)
        }
        #expect(held >= 4)
        try await base.succeed(["run", "fold"])
        let state = try await WorldState.read(base)
        #expect(Set(state.deliveries).count == state.deliveries.count)
        #expect(state.deliveries.count == webhook.keys.count && state.deliveries.count > 20)
        try await base.succeed(["verify", "--from-log"])
    }

    /// All of the outbox, to the last byte.
    private static func grants(_ url: String) async throws -> [String] {
        try await TestSession.texts(
            "SELECT t::text FROM goalpost.reward_grant t",
            at: url
        ).sorted()
    }
}

extension KilledStep {
    /// Calls of these kinds that a command makes, counted on a copy of the data directory.
    static func calls(
        _ arguments: [String],
        _ program: TrappedProgram,
        _ world: TinyWorld,
        kinds: [String]
    ) async throws -> Int {
        let counted = program.with(data: world.directory.path + "/counted")
        try Files.copy(program.data, to: counted.data)
        return try await counted.run(arguments, Trap(kinds: kinds)).report.total
    }
}
