import Crypto
import Disk
import Foundation
import Goals
import SampleData

/// Everything that the test starts by itself: a data directory with a sample game whose players are all published,
/// PostgreSQL, goalpost-ingest and goalpost-front.
struct OwnProcesses: Sendable {
    let front: HostPort
    let ingest: HostPort
    let grpc: HostPort
    let conninfo: String
    let postmaster: Int32
    let frontChild: RunningChild
    let ingestChild: RunningChild
    let program: ChildProgram
    let data: String
    /// Records in the log before the load.
    let recordCount: UInt64

    /// Prepares and starts all; what was started is stopped again when something fails.
    static func start(
        _ options: LoadTestOptions,
        world: SampleWorld,
        ids: PlayerIDs,
        keySet: String?,
        data: String,
        scratch: String,
        program: ChildProgram,
        say: @Sendable (String) -> Void
    ) async throws -> OwnProcesses {
        let volume = LocalVolume()
        let challenges = scratch + "/challenges.json"
        try volume.atomicWrite(world.challengesJSON(), to: challenges)
        say("making \(data)")
        try await program.succeed(
            "goalpost",
            ["init", "--data", data, "--challenges", challenges, "--namespace", options.namespace]
        )
        if let keySet { try volume.atomicWrite(Array(keySet.utf8), to: data + "/keys.json") }
        var started: [RunningChild] = []
        do {
            try await program.succeed("goalpost", ["db", "start", "--data", data])
            say("introducing \(options.players) players")
            let players = scratch + "/players.ndjson"
            try writePlayers(ids, namespace: options.namespace, to: players)
            for arguments in [["ingest", "--data", data, players], ["run", "fold"], ["run", "publish"]] {
                let isIngest = arguments[0] == "ingest"
                try await program.succeed("goalpost", isIngest ? arguments : arguments + ["--data", data])
            }
            try volume.remove(players)
            say("starting goalpost-ingest and goalpost-front")
            let identity = keySet == nil ? ["--insecure-header-auth"] : []
            let ports = ["ingest", "grpc", "front"].map { scratch + "/\($0).port" }
            let ingest = try program.start(
                "goalpost-ingest",
                [
                    "--data", data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0",
                    "--port-file", ports[0], "--grpc-port-file", ports[1],
                ] + identity
            )
            started.append(ingest)
            let front = try program.start(
                "goalpost-front",
                ["--data", data, "--listen", "127.0.0.1:0", "--port-file", ports[2]] + identity
            )
            started.append(front)
            let ingestPort = try await address(ports[0], of: "goalpost-ingest", ingest, program)
            let grpcPort = try await address(ports[1], of: "goalpost-ingest", ingest, program)
            let frontPort = try await address(ports[2], of: "goalpost-front", front, program)
            let (conninfo, postmaster) = try await database(data, scratch: scratch, program)
            return OwnProcesses(
                front: frontPort,
                ingest: ingestPort,
                grpc: grpcPort,
                conninfo: conninfo,
                postmaster: postmaster,
                frontChild: front,
                ingestChild: ingest,
                program: program,
                data: data,
                recordCount: UInt64(options.players)
            )
        } catch {
            for child in started { _ = await child.stop() }
            _ = try await program.run("goalpost", ["db", "stop", "--data", data])
            throw error
        }
    }

    /// Stops the servers, in the order in which they need each other; the last is PostgreSQL.
    ///
    /// Returns the statuses of front and write side that were not 0.
    func stop() async throws(LoadTestError) -> [String] {
        var problems: [String] = []
        for (name, child) in [("goalpost-front", frontChild), ("goalpost-ingest", ingestChild)] {
            let status = await child.stop()
            if status != 0 { problems.append("\(name) ended with \(status): \(program.lastWords())") }
        }
        return problems
    }

    /// Stops PostgreSQL; the last call.
    func stopDatabase() async throws(LoadTestError) {
        try await program.succeed("goalpost", ["db", "stop", "--data", data])
    }

    /// Where the log ends, by `goalpost status`; the servers may be stopped by then.
    func logEnd(scratch: String) async throws -> UInt64 {
        struct Status: Decodable { let logEnd: UInt64 }
        let output = try await Self.output(["status", "--json", "--data", data], scratch: scratch, program)
        return try JSONDecoder().decode(Status.self, from: Data(output)).logEnd
    }

    /// Runs a command of `goalpost` and gives what it prints.
    private static func output(
        _ arguments: [String],
        scratch: String,
        _ program: ChildProgram
    ) async throws -> [UInt8] {
        let path = scratch + "/output.txt"
        let own = ChildProgram(binaries: program.binaries, environment: program.environment, log: path)
        try LocalVolume().atomicWrite([], to: path)
        try await own.succeed("goalpost", arguments)
        defer { do { try LocalVolume().remove(path) } catch { /* It is replaced by the next one. */  } }
        return try LocalVolume().readFile(path, bytesMax: 1 << 20)
    }

    private static func database(
        _ data: String,
        scratch: String,
        _ program: ChildProgram
    ) async throws -> (conninfo: String, postmaster: Int32) {
        struct State: Decodable { let processID: Int32 }
        let url = String(
            decoding: try await output(["db", "url", "--data", data], scratch: scratch, program),
            as: UTF8.self
        )
        let status = try await output(["db", "status", "--json", "--data", data], scratch: scratch, program)
        return (
            url.trimmingCharacters(in: .whitespacesAndNewlines),
            try JSONDecoder().decode(State.self, from: Data(status)).processID
        )
    }

    /// One login of each player, so that everybody has rows and answers before the load begins.
    private static func writePlayers(_ ids: PlayerIDs, namespace: String, to path: String) throws {
        let file = try LocalVolume().open(path, .replace)
        var chunk: [UInt8] = []
        var size: UInt64 = 0
        for player in 0..<ids.count {
            let id = String(decoding: ids.utf8(player), as: UTF8.self)
            chunk += Array(
                (#"{"id":"player-\#(player)","name":"userLoggedIn","namespace":"\#(namespace)","userId":"\#(id)","payload":{}}"#
                    + "\n").utf8
            )
            if chunk.count > 1 << 20 || player == ids.count - 1 {
                try file.write(chunk, at: size)
                size += UInt64(chunk.count)
                chunk.removeAll(keepingCapacity: true)
            }
        }
    }

    /// Waits until the program has written its port file, or has ended.
    private static func address(
        _ path: String,
        of name: String,
        _ child: RunningChild,
        _ program: ChildProgram
    ) async throws -> HostPort {
        while true {
            if let text = ProcessTable.text(path),
                let address = HostPort(text.trimmingCharacters(in: .newlines))
            {
                return address
            }
            guard ProcessTable.stat(child.processID) != nil else {
                let status = await child.exit.value
                throw LoadTestError.programFailed(program: name, status: status, words: program.lastWords())
            }
            // Only how often the file is looked for.
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
