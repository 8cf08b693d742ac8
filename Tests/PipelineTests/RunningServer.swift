import Foundation
import TestKit

/// A server of the package over a program's data directory, listening on a free port.
final class RunningServer {
    private let process = Process()
    private let portFile: String
    /// `http://HOST:PORT`.
    let url: String

    /// Starts `goalpost-front` or `goalpost-ingest` and returns once it listens.
    init(_ name: String, _ arguments: [String], of program: GoalpostProgram) async throws {
        let directory = FileManager.default.temporaryDirectory.path()
        portFile = directory + "/goalpost-port-\(UUID())"
        process.executableURL = Command.binaries.appending(path: name)
        process.arguments = ["--data", program.data, "--port-file", portFile] + arguments
        process.environment = program.environment
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning, !FileManager.default.fileExists(atPath: portFile) {
            // Only how often the condition is looked at, not what is waited for.
            try await Task.sleep(for: .milliseconds(5))
        }
        let address = try String(contentsOfFile: portFile, encoding: .utf8)
        url = "http://" + address.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    /// Ends it as a service manager does, and gives its status.
    func stop() throws -> Int32 {
        process.terminate()
        process.waitUntilExit()
        try FileManager.default.removeItem(atPath: portFile)
        return process.terminationStatus
    }

    /// What curl says of a request by a player: status, `Location` where there is one, and body.
    func curl(_ path: String, player: String, _ options: [String] = []) throws -> (
        status: Int, location: String, body: String
    ) {
        let result = try Command.run(
            "/usr/bin/curl",
            ["--silent", "--show-error", "--max-time", "300", "--header", "x-mock-user-id: \(player)"]
                + ["--write-out", "\n%{http_code}\n%header{location}"] + options + [url + path]
        )
        guard result.status == 0 else { throw Failed(error: result.error) }
        let lines = String(decoding: result.output, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 3, let status = Int(lines[lines.count - 2]) else {
            throw Failed(error: "curl said \(lines)")
        }
        return (status, lines[lines.count - 1], lines.dropLast(2).joined(separator: "\n"))
    }

    struct Failed: Error { let error: String }
}
