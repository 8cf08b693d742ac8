import Foundation
import TestKit
import Testing

/// PostgreSQL crashes, comes back or is away while a job of the real program is held at one of its calls.
///
/// The job is stopped with SIGSTOP before it sends, or after it has sent and before it reads the answer. It must then end
/// with 69 or 75 and say why, or come through; a rerun ends its work, and the tables, the log and the answers are those
/// of a job that nothing happened to. A soak has every fault at every moment, otherwise each moment has one.
@Suite(.serialized) struct DatabaseFaultSoakTests {
    enum Fault: String, CaseIterable, Sendable {
        /// The server crashes and is back before the job goes on.
        case crash
        /// The server crashes and comes back after the job has ended.
        case away
        /// The server ends the job's sessions, as an administrator does.
        case sessions
    }

    /// Where a job is held.
    struct Moment: Sendable, CustomTestStringConvertible {
        let name: String
        let deed: Trap.Deed
        let kinds: [String]
        var payload: String?
        /// Whether it is the first such call; else the one in the middle of a whole run's.
        var isFirst = false

        var testDescription: String { name }
    }

    private static let moments = [
        Moment(name: "before BEGIN", deed: .stopBefore, kinds: ["begin"]),
        Moment(name: "after BEGIN", deed: .stopAfter, kinds: ["begin"]),
        Moment(name: "before a change", deed: .stopBefore, kinds: ["sql"], payload: "UPDATE"),
        Moment(name: "before COMMIT", deed: .stopBefore, kinds: ["commit"]),
        Moment(name: "after COMMIT", deed: .stopAfter, kinds: ["commit"]),
        Moment(
            name: "before its first word",
            deed: .stopBefore,
            kinds: ["begin", "commit", "sql"],
            isFirst: true
        ),
    ]

    private static let steps = [KilledStep.fold, .publish, .grant]

    @Test(arguments: steps)
    func `the server crashes in the middle of a job`(step: KilledStep) async throws {
        let server = try await OffPool.run { try OwnPostgres() }
        let world = try TinyWorld()
        let webhook = try RewardReceiver { _, _ in .answer(status: 200) }
        defer { webhook.close() }
        let settings = [
            "GOALPOST_GRANT_URL": webhook.url, "GOALPOST_FOLD_CONNECTIONS": "1",
        ]
        let base = try world.program("base", databaseURL: try await server.freshDatabase(), settings)
        try await step.prepare(world, base)
        let arguments = try step.arguments(world, target: "")
        let whole = try await copy(of: base, world, "whole")
        try await whole.succeed(arguments)
        try await step.finish(whole)
        let expected = try await WorldState.read(whole)
        var ended: [String: Int] = [:]
        for (index, moment) in Self.moments.enumerated() {
            // How many such calls a whole run has.
            var trap = Trap(kinds: moment.kinds)
            trap.payload = moment.payload
            let counted = try await copy(of: base, world, "counted").run(arguments, trap).report.total
            // Some jobs change nothing.
            if counted == 0 { continue }
            (trap.deed, trap.number) = (moment.deed, moment.isFirst ? 1 : (counted + 1) / 2)
            let all = Fault.allCases
            for fault in SeedRun.isSoak ? all : [all[(index + Self.offset(step)) % all.count]] {
                let place = "\(step.rawValue), \(moment.name), \(fault.rawValue)"
                let before = webhook.requests.count
                let program = try await copy(of: base, world, "case")
                let process = try program.start(arguments, trap)
                let held = try await OffPool.run { try process.wait() }
                guard held == .stopped else {
                    Issue.record("\(place): not held but \(held)")
                    continue
                }
                try await harm(server, program, fault)
                process.send(SIGCONT)
                let outcome = try await program.outcome(of: process)
                if fault == .away { try await OffPool.run { try server.start() } }
                try Self.check(outcome, place)
                ended["\(fault.rawValue) \(outcome.status ?? -1)", default: 0] += 1
                try await step.recover(program)
                try await program.succeed(arguments)
                try await step.finish(program)
                if let difference = try await WorldState.read(program).difference(from: expected) {
                    Issue.record("\(place):\n\(difference)")
                }
                if step == .grant {
                    let keys = Set(webhook.requests.dropFirst(before).map(\.key))
                    #expect(keys.count == expected.deliveries.count, "\(place)")
                }
            }
        }
        #expect(ended.values.reduce(0, +) >= 3, "\(ended)")
        print("DatabaseFaultSoakTests, \(step.rawValue): ended", ended.sorted { $0.key < $1.key })
    }

    @Test func `a server out of reach for new connections is 69, and the next run does the work`()
        async throws
    {
        let server = try await OffPool.run { try OwnPostgres() }
        let world = try TinyWorld()
        let program = try world.program("case", databaseURL: try await server.freshDatabase())
        try await KilledStep.fold.prepare(world, program)
        try server.setReachable(false)
        for job in [["run", "fold"], ["run", "publish"], ["run", "verify"]] {
            let outcome = try await program.run(job)
            #expect(
                outcome.status == 69 && outcome.error.contains("PostgreSQL is not reachable"),
                "\(outcome)"
            )
        }
        try server.setReachable(true)
        for job in [["run", "fold"], ["run", "publish"], ["verify", "--payloads"]] {
            try await program.succeed(job)
        }
    }

    /// Which fault the first moment gets, so that the jobs have different ones.
    private static func offset(_ step: KilledStep) -> Int { steps.firstIndex(of: step) ?? 0 }

    private func harm(_ server: OwnPostgres, _ program: TrappedProgram, _ fault: Fault) async throws {
        switch fault {
        case .crash:
            try await OffPool.run {
                try server.crash()
                try server.start()
            }
        case .away: try await OffPool.run { try server.crash() }
        case .sessions: try await DatabaseCopy.endSessions(program.databaseURL)
        }
    }

    /// It came through, or ended with what the README says of a database that is away, and a word about it.
    private static func check(_ outcome: TrappedProgram.Outcome, _ place: String) throws {
        switch outcome.status {
        case 0?: break
        case 69?, 75?:
            #expect(outcome.error.contains("PostgreSQL"), "\(place): \(outcome.error)")
        default: Issue.record("\(place): \(outcome.change) \(outcome.error)")
        }
    }

    /// A program over a copy of what another has, directory and database.
    private func copy(of base: TrappedProgram, _ world: TinyWorld, _ name: String) async throws
        -> TrappedProgram
    {
        let scratch = world.directory.path + "/\(name)-said"
        try Files.makeDirectory(scratch)
        let program = base.with(
            data: world.directory.path + "/" + name,
            databaseURL: try await DatabaseCopy.replace("copy_\(name)", by: base.databaseURL),
            scratch: scratch
        )
        try Files.copy(base.data, to: program.data)
        return program
    }
}
