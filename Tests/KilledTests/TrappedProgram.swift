import Foundation
import Glibc
import TestKit

/// The built programs over one data directory and database, each run in a trap.
struct TrappedProgram: Sendable {
    /// How a run ended.
    struct Outcome: Sendable {
        let change: WatchedProcess.Change
        let report: TrapReport
        let error: String

        var status: Int32? { if case .exited(let status) = change { status } else { nil } }
        var isKilled: Bool { change == .killed(by: SIGKILL) }
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    let data: String
    let databaseURL: String
    let environment: [String: String]
    /// A directory for what runs say; two runs at once need two.
    let scratch: String

    /// `extra` are further `GOALPOST_*` variables.
    init(data: String, databaseURL: String, scratch: String, extra: [String: String] = [:]) {
        (self.data, self.databaseURL, self.scratch) = (data, databaseURL, scratch)
        environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            "GOALPOST_DATA": data, "GOALPOST_DATABASE_URL": databaseURL, "GOALPOST_NAMESPACE": "demo",
            "GOALPOST_PARTITIONS": "4", "GOALPOST_FOLD_BATCH_RECORDS": "10", "GOALPOST_FOLD_CONNECTIONS": "2",
            "GOALPOST_PUBLISH_BATCH_PLAYERS": "2", "GOALPOST_PAYLOAD_MAP_BYTES": "\(64 << 20)",
            "GOALPOST_GRANT_CONCURRENCY": "1",
        ].merging(Command.sanitizerOptions) { $1 }.merging(extra) { $1 }
    }

    /// The same over another database or data directory, or with more variables.
    func with(
        data: String? = nil,
        databaseURL: String? = nil,
        scratch: String? = nil,
        _ extra: [String: String] = [:]
    ) -> TrappedProgram {
        let own = Set(["PATH", "GOALPOST_DATA", "GOALPOST_DATABASE_URL"])
        return TrappedProgram(
            data: data ?? self.data,
            databaseURL: databaseURL ?? self.databaseURL,
            scratch: scratch ?? self.scratch,
            extra: environment.filter { !own.contains($0.key) }.merging(extra) { $1 }
        )
    }

    /// Starts a program in a trap; its report is the file `report` in `scratch`.
    func start(
        _ arguments: [String],
        _ trap: Trap = Trap(),
        of program: String = "goalpost"
    ) throws -> WatchedProcess {
        try Files.remove(scratch + "/report")
        return try WatchedProcess(
            Command.binaries.appending(path: program).path(),
            arguments,
            environment: environment.merging(trap.environment(report: scratch + "/report")) { $1 },
            output: scratch + "/output",
            error: scratch + "/error"
        )
    }

    /// Waits for what becomes of a started program.
    func outcome(of process: WatchedProcess) async throws -> Outcome {
        let change = try await OffPool.run { try process.wait() }
        let report = try TrapReport(path: scratch + "/report")
        // The loader only warns where it cannot load the trap: then nothing would ever be killed.
        if case .exited = change, !report.isComplete {
            throw Failed(description: "a run ended without a word of the trap \(Trap.library)")
        }
        return Outcome(
            change: change,
            report: report,
            error: String(
                decoding: FileManager.default.contents(atPath: scratch + "/error") ?? Data(),
                as: UTF8.self
            )
        )
    }

    /// Runs `goalpost` in a trap until it ends or is stopped.
    func run(_ arguments: [String], _ trap: Trap = Trap()) async throws -> Outcome {
        try await outcome(of: try start(arguments, trap))
    }

    /// Runs a command that has to end with one of these statuses.
    @discardableResult
    func succeed(_ arguments: [String], statuses: Set<Int32> = [0]) async throws -> Outcome {
        let outcome = try await run(arguments)
        guard let status = outcome.status, statuses.contains(status) else {
            throw Failed(description: "\(arguments) ended with \(outcome.change): \(outcome.error)")
        }
        return outcome
    }

    /// What the last command printed.
    var output: String {
        String(decoding: FileManager.default.contents(atPath: scratch + "/output") ?? Data(), as: UTF8.self)
    }
}

/// Blocking work beside the pool of threads that all tests share.
enum OffPool {
    private static let queue = DispatchQueue(label: "killed-tests", attributes: .concurrent)

    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// The few things done to whole files and directories.
enum Files {
    static func remove(_ path: String) throws {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }

    /// Replaces `to` by a copy of `from`; an absent `from` leaves nothing there.
    static func copy(_ from: String, to: String) throws {
        try remove(to)
        if FileManager.default.fileExists(atPath: from) {
            try FileManager.default.copyItem(atPath: from, toPath: to)
        }
    }

    static func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Paths of all files below a directory, from there, sorted.
    static func below(_ path: String) -> [String] {
        (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).sorted()
    }
}
