import BlockingLane
import Disk
import EventLog
import Foundation
import Goals
import Jobs
import Logging
import Settings
import TestKit
import Testing

/// A command that is killed at its calls, with what has to be there before it and what makes its end comparable.
enum KilledStep: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case initialise = "init"
    case ingest
    case apply = "challenges apply"
    /// Makes the tables, too.
    case firstFold = "first fold"
    case fold
    case firstPublish = "first publish"
    /// Shows a new day, too.
    case publish
    case grant
    case compact
    case retain
    case snapshot
    case redrive = "quarantine redrive"
    case repair = "verify --repair"
    case backup

    var testDescription: String { rawValue }

    /// The arguments; `target` is where a backup goes.
    func arguments(_ world: TinyWorld, target: String) throws -> [String] {
        let wait = ["--overlap", "wait", "--timeout", "300"]
        return switch self {
        case .initialise: ["init", "--challenges", world.challenges(0)]
        case .ingest: ["ingest", "--source", "s1", try world.events(1)]
        case .apply: ["challenges", "apply", world.challenges(1)]
        case .firstFold, .fold: ["run", "fold"] + wait
        case .firstPublish, .publish: ["run", "publish", "--as-of", Self.day(self)] + wait
        case .grant: ["run", "grant"] + wait
        case .compact: ["run", "compact"] + wait
        case .retain: ["run", "retain", "--keep-bytes", "1", "--apply"] + wait
        case .snapshot: ["run", "snapshot"] + wait
        case .redrive: ["quarantine", "redrive", "--all"]
        case .repair: ["run", "verify", "--repair"] + wait
        case .backup: ["backup", target]
        }
    }

    private static func day(_ step: KilledStep) -> String {
        step == .publish ? "2026-01-07T12:00:00Z" : "2026-01-05T12:00:00Z"
    }

    /// Settings that this step needs besides.
    var settings: [String: String] {
        // Ids that ingest still remembers are kept; with none remembered all but the newest segments may go.
        self == .retain ? ["GOALPOST_DEDUPE_EVENTS": "0"] : [:]
    }

    /// Whether it changes rows, so that each killed run needs tables of its own.
    var changesTables: Bool { [.firstFold, .fold, .grant, .repair].contains(self) }

    /// Statuses with which a run that was left alone ends.
    var statuses: Set<Int32> { self == .repair ? [0, 1] : [0] }

    /// Makes what has to be there before.
    func prepare(_ world: TinyWorld, _ program: TrappedProgram) async throws {
        func ingest(_ batches: ClosedRange<Int>, sealing: Bool = false) async throws {
            for batch in batches {
                try await program.succeed(["ingest", "--source", "s\(batch)", try world.events(batch)])
                if sealing { try await Self.seal(program) }
            }
        }
        let fold = ["run", "fold"]
        func publish() async throws {
            try await program.succeed(["run", "publish", "--as-of", Self.day(.firstPublish)])
        }
        guard self != .initialise else { return }
        try await program.succeed(["init", "--challenges", world.challenges(0)])
        switch self {
        case .initialise, .ingest: break
        case .apply: try await ingest(0...0)
        case .firstFold: try await ingest(0...1)
        case .fold:
            try await ingest(0...0)
            try await program.succeed(fold)
            try await program.succeed(["challenges", "apply", world.challenges(1)])
            try await ingest(1...1)
        case .firstPublish, .grant:
            try await ingest(0...1)
            try await program.succeed(fold)
        case .publish:
            try await ingest(0...0)
            try await program.succeed(fold)
            try await publish()
            try await ingest(1...1)
            try await program.succeed(fold)
        case .compact: try await ingest(0...2, sealing: true)
        case .retain:
            try await ingest(0...3, sealing: true)
            try await program.succeed(fold)
            try await program.succeed(["run", "snapshot"])
        case .snapshot:
            try await ingest(0...0)
            try await program.succeed(["run", "snapshot"])
            try await ingest(1...1)
        case .redrive: try await Self.refuse(world, program)
        case .repair:
            try await ingest(0...1)
            try await program.succeed(fold)
            try await publish()
            try await TestSession.statement(
                """
                UPDATE goalpost.user_goal_progress SET progress = progress + 1 WHERE user_id IN ('p1', 'p4');
                DELETE FROM goalpost.request_outcome WHERE user_id = 'p2'
                """,
                at: program.databaseURL
            )
        case .backup:
            try await ingest(0...1, sealing: true)
            try await program.succeed(fold)
            try await program.succeed(["run", "snapshot"])
        }
    }

    /// Makes what a killed run left behind ready for the next, as time does.
    func recover(_ program: TrappedProgram) async throws {
        guard self == .grant else { return }
        // Leases run out.
        try await TestSession.statement(
            "UPDATE goalpost.reward_grant SET next_attempt_at = NULL WHERE state = 'pending'",
            at: program.databaseURL
        )
    }

    /// What follows, so that all that the step did is seen.
    func finish(_ program: TrappedProgram) async throws {
        switch self {
        case .grant: try await program.succeed(["run", "fold"])
        case .repair: try await program.succeed(["run", "verify"])
        default: break
        }
    }

    private static func seal(_ program: TrappedProgram) async throws {
        try await OffPool.run {
            let writer = try LogWriter.open(
                volume: LocalVolume(),
                directory: program.data + "/log/events",
                now: { WallClock.now().milliseconds }
            )
            try writer.seal()
            writer.close()
        }
    }

    /// Ingests a batch on a day so long ago that all of it is refused as ahead of the clock.
    private static func refuse(_ world: TinyWorld, _ program: TrappedProgram) async throws {
        let settings = try await Settings.load(
            data: program.data,
            options: [.namespace: ("test", "demo")],
            environment: [:]
        )
        let job = IngestJob(
            settings: settings,
            access: LogAccess(settings),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { Timestamp(microseconds: 1_600_000_000_000_000) }
        )
        _ = try await job.run(inputs: [try world.events(0)], source: "s0")
    }
}
