import Foundation
import TestKit
import Testing

/// The real executable, listening on a free port.
final class RunningFront {
    /// `HOST:PORT` as the port file says.
    let address: String
    /// What it wrote to its log before it listened.
    let firstLines: String
    private let scheme: String
    private let process: Process
    private let log: Pipe

    /// Starts the front over a data directory and returns once it says that it listens.
    init(
        data: URL,
        options: [String] = ["--insecure-header-auth"],
        environment: [String: String] = [:]
    ) throws {
        process = Process()
        log = Pipe()
        let portFile = data.appending(path: "front.address")
        process.executableURL = Command.binaries.appending(path: "goalpost-front")
        process.arguments =
            ["--data", data.path(), "--listen", "127.0.0.1:0", "--port-file", portFile.path()] + options
        process.environment = environment.merging(["GOALPOST_INGEST_URL": "https://ingest.example"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardError = log
        try process.run()
        var said = ""
        while !said.contains("listening on http") || !said.hasSuffix("\n") {
            let more = log.fileHandleForReading.availableData
            try #require(!more.isEmpty, "the front ended: \(said)")
            said += String(decoding: more, as: UTF8.self)
        }
        let line = try String(contentsOf: portFile, encoding: .utf8)
        address = String(line.dropLast())
        scheme = said.contains("listening on https://") ? "https" : "http"
        firstLines = said
        try #require(said.contains("listening on \(scheme)://\(address)"))
    }

    /// The process, for what only the system can tell of it.
    var processIdentifier: Int32 { process.processIdentifier }

    /// Asks it to end as the system would, and gives its status.
    func stop(_ signal: Int32 = SIGTERM) -> Int32 {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Publishes one player, runs the front with some settings, and ends it.
    static func with<Value>(
        settings: [String: String] = [:],
        options: [String] = ["--insecure-header-auth"],
        players: [(id: String, progress: Int, partition: UInt16)] = [("p1", 7, 1)],
        _ body: (RunningFront, TestStore) async throws -> Value
    ) async throws -> Value {
        try await TestStore.with { store in
            try store.publish(players)
            let front = try RunningFront(data: store.directory, options: options, environment: settings)
            let value = try await body(front, store)
            #expect(front.stop() == 0)
            return value
        }
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    /// What curl makes of a request: status, header fields by lower-case name, and body.
    func curl(_ path: String, _ options: [String] = []) throws -> (
        status: Int, fields: [String: String], body: [UInt8]
    ) {
        let arguments = ["--silent", "--show-error", "--include", "--max-time", "60", "--path-as-is"]
        let (status, output, error) = try Command.run(
            "/usr/bin/curl",
            arguments + options + ["\(scheme)://\(address)\(path)"]
        )
        try #require(status == 0, "curl: \(error)")
        return try Self.parse(Array(output))
    }

    private static func parse(_ bytes: [UInt8]) throws -> (
        status: Int, fields: [String: String], body: [UInt8]
    ) {
        var rest = bytes[...]
        while true {
            let end = try #require(rest.indices.first { rest[$0...].starts(with: [13, 10, 13, 10]) })
            let lines = String(decoding: rest[..<end], as: UTF8.self).split(separator: "\r\n")
            rest = rest[(end + 4)...]
            let status = try #require(Int(lines[0].split(separator: " ")[1]))
            // "100 Continue" comes before the answer.
            if status == 100 { continue }
            var fields: [String: String] = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                let name = parts[0].lowercased()
                #expect(fields[name] == nil, "\(name) is there twice")
                fields[name] = parts[1].trimmingCharacters(in: .whitespaces)
            }
            return (status, fields, Array(rest))
        }
    }
}
