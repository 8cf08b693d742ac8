import Foundation
import TestKit
import Testing

/// A real `goalpost-ingest` on a log of its own.
final class RunningIngest {
    let directory: TemporaryDirectory
    let data: String
    private(set) var port = 0
    /// Where gRPC is listened for; 0 without `remoteCalls`.
    private(set) var remotePort = 0
    private let remoteCalls: Bool
    private var process = Process()
    private let arguments: [String]
    private let environment: [String: String]

    /// Makes the log under `root`, or a new directory, and starts the server.
    init(
        arguments: [String] = ["--insecure-header-auth"],
        environment: [String: String] = [:],
        remoteCalls: Bool = false,
        root: String? = nil
    )
        throws
    {
        directory = try TemporaryDirectory()
        data = (root ?? directory.path) + "/data"
        self.remoteCalls = remoteCalls
        self.arguments =
            arguments
            + (remoteCalls
                ? ["--grpc", "127.0.0.1:0", "--grpc-port-file", directory.path + "/grpc-port"] : [])
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GOALPOST_") }
        variables["GOALPOST_NAMESPACE"] = "game"
        variables["GOALPOST_CHALLENGES"] = directory.path + "/challenges.json"
        self.environment = variables.merging(environment) { $1 }
        try Self.challenges.write(
            toFile: directory.path + "/challenges.json",
            atomically: true,
            encoding: .utf8
        )
        let made = try run("goalpost", ["init", "--data", data])
        guard made.status == 0 else { throw Failure(text: made.error) }
        try start()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    struct Failure: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }

    var processID: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    var errorText: String {
        FileManager.default.contents(atPath: directory.path + "/stderr").map {
            String(decoding: $0, as: UTF8.self)
        }
            ?? ""
    }

    /// Starts the server again and waits until it listens.
    func start() throws {
        let (portFile, remotePortFile) = (directory.path + "/port", directory.path + "/grpc-port")
        for file in [portFile, remotePortFile] where FileManager.default.fileExists(atPath: file) {
            try FileManager.default.removeItem(atPath: file)
        }
        process = Process()
        process.executableURL = Command.binaries.appending(path: "goalpost-ingest")
        process.arguments = ["--data", data, "--http", "127.0.0.1:0", "--port-file", portFile] + arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        _ = FileManager.default.createFile(atPath: directory.path + "/stderr", contents: nil)
        process.standardError = try FileHandle(forWritingTo: URL(filePath: directory.path + "/stderr"))
        try process.run()
        let deadline = Date(timeIntervalSinceNow: 60)
        while Date() < deadline {
            if let port = Self.port(in: portFile),
                let remotePort = remoteCalls ? Self.port(in: remotePortFile) : 0
            {
                (self.port, self.remotePort) = (port, remotePort)
                return
            }
            guard process.isRunning else { break }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw Failure(text: "goalpost-ingest does not listen: \(errorText)")
    }

    private static func port(in file: String) -> Int? {
        guard let text = FileManager.default.contents(atPath: file) else { return nil }
        return String(decoding: text, as: UTF8.self).split(separator: ":").last
            .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// Ends the server by a signal and gives its status.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) -> Int32 {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// What curl says: status and body.
    func curl(_ path: String, _ arguments: [String]) throws -> (status: Int, body: String) {
        let said = try run(
            "/usr/bin/env",
            ["curl", "-sS", "--max-time", "60", "-w", "\n%{http_code}", "http://127.0.0.1:\(port)\(path)"]
                + arguments
        )
        let lines = said.output.split(separator: "\n", omittingEmptySubsequences: false)
        guard let status = lines.last.flatMap({ Int($0) }) else { throw Failure(text: said.error) }
        return (status, lines.dropLast().joined(separator: "\n"))
    }

    func post(_ body: String, type: String = "application/json", _ more: [String] = []) throws -> (
        status: Int, body: String
    ) {
        let path = directory.path + "/body-\(UUID())"
        try body.write(toFile: path, atomically: true, encoding: .utf8)
        return try curl("/v1/events", ["-H", "Content-Type: \(type)", "--data-binary", "@\(path)"] + more)
    }

    /// Ids in the log, in order, as the program reads them.
    func ids() throws -> [String] {
        let said = try run("goalpost", ["log", "cat", "--data", data])
        guard said.status == 0 else { throw Failure(text: said.error) }
        return try said.output.split(separator: "\n").map { line in
            let record = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return record?["id"] as? String ?? ""
        }
    }

    func run(_ program: String, _ arguments: [String]) throws -> (
        status: Int32, output: String, error: String
    ) {
        let process = Process()
        process.executableURL =
            program.hasPrefix("/") ? URL(filePath: program) : Command.binaries.appending(path: program)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        let files = ["/out-\(UUID())", "/err-\(UUID())"].map { directory.path + $0 }
        for file in files { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: files[0]))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: files[1]))
        try process.run()
        process.waitUntilExit()
        let texts = files.map {
            String(decoding: FileManager.default.contents(atPath: $0) ?? Data(), as: UTF8.self)
        }
        return (process.terminationStatus, texts[0], texts[1])
    }

    static func login(_ id: String) -> String {
        #"{"id":"\#(id)","name":"userLoggedIn","namespace":"game","timestamp":"2025-12-01T00:00:00Z","userId":"u"}"#
    }

    private static let challenges = #"""
        {"challenges":[{"challengeId":"c","name":"C","description":"d","goals":[{"goalId":"g","name":"G",
        "description":"d","type":"absolute","eventSource":"login","requirement":{"statCode":"s","operator":">=","targetValue":3},
        "reward":{"type":"ITEM","rewardId":"r","quantity":1},"prerequisites":[],"defaultAssigned":true}]}]}
        """#
}
