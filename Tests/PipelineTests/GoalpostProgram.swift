import Foundation
import Glibc
import TestKit

/// The built `goalpost` over one data directory and database, as cron would run it.
struct GoalpostProgram {
    let data: String
    let environment: [String: String]

    static var path: String { Command.binaries.appending(path: "goalpost").path() }

    /// `extra` are further `GOALPOST_*` variables.
    init(data: String, databaseURL: String, extra: [String: String] = [:]) {
        self.data = data
        environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            "GOALPOST_DATA": data, "GOALPOST_DATABASE_URL": databaseURL, "GOALPOST_NAMESPACE": "demo",
        ].merging(Command.sanitizerOptions) { $1 }.merging(extra) { $1 }
    }

    /// Runs a command to its end.
    func run(_ arguments: String...) throws -> (status: Int32, output: String, error: String) {
        let result = try Command.run(Self.path, arguments, environment: environment)
        return (result.status, String(decoding: result.output, as: UTF8.self), result.error)
    }

    /// Runs a command that has to succeed, and returns its output.
    @discardableResult
    func succeed(_ arguments: String...) throws -> String {
        let result = try Command.run(Self.path, arguments, environment: environment)
        guard result.status == 0 else {
            throw Failed(arguments: arguments, status: result.status, error: result.error)
        }
        return String(decoding: result.output, as: UTF8.self)
    }

    /// Starts a command, kills it with SIGKILL when `moment` says so or when it has ended, and waits for it.
    ///
    /// Returns whether it was killed before its end. Looks without suspending: tests beside it may keep every
    /// thread for longer than the command runs.
    func kill(_ arguments: [String], when moment: () throws -> Bool) throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: Self.path)
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning {
            if try moment() {
                Foundation.kill(process.processIdentifier, SIGKILL)
                break
            }
            // Only how often the condition is looked at, not what is waited for.
            poll(nil, 0, 1)
        }
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal
    }

    struct Failed: Error {
        let arguments: [String]
        let status: Int32
        let error: String
    }
}
