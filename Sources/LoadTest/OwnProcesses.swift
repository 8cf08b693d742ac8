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

    /// How long a server may take until it says where it listens.
    private static let startLimit = Duration.seconds(60)
    /// How long PostgreSQL's stop may take; it gives up by itself before that.
    private static let databaseStopLimit = Duration.seconds(120)

    /// Prepares and starts all; what was started is stopped again when something fails or somebody asks for an end.
    static func start(
        _ options: LoadTestOptions,
        world: SampleWorld,
        ids: PlayerIDs,
        keySet: String?,
        data: String,
        scratch: String,
        program: ChildProgram,
        stop: StopRequest,
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
            // Not cut short, since one that is half started could not be stopped; it has a time limit of its own.
            try await program.uninterrupted.succeed("goalpost", ["db", "start", "--data", data])
            try stop.check()
            say("introducing \(options.players) players")
            let players = scratch + "/players.ndjson"
            try writePlayers(ids, namespace: options.namespace, to: players, stop)
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
            let ingestPort = try await address(ports[0], of: "goalpost-ingest", ingest, program, stop)
            let grpcPort = try await address(ports[1], of: "goalpost-ingest", ingest, program, stop)
            let frontPort = try await address(ports[2], of: "goalpost-front", front, program, stop)
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
            // The first error is the one to tell; what goes wrong from here on is only said.
            for child in started { await child.stop(hurry: stop) }
            if let problem = await stopDatabase(data, program) { say(problem) }
            throw error
        }
    }

    /// Stops front and write side, then PostgreSQL that they need, whatever of them runs still.
    func stop(hurry: StopRequest) async -> [String] {
        await stopServers(hurry: hurry) + [await stopDatabase()].compactMap(\.self)
    }

    /// Stops front and write side; may be called again.
    ///
    /// Returns a sentence for each that ended before it was asked to, by a signal or with another status than 0.
    func stopServers(hurry: StopRequest) async -> [String] {
        var problems: [String] = []
        for (name, child) in [("goalpost-front", frontChild), ("goalpost-ingest", ingestChild)] {
            let early = child.status
            let status = await child.stop(hurry: hurry)
            if let early {
                problems.append("\(name) ended by itself with \(early): \(program.lastWords())")
            } else if status != 0 {
                problems.append("\(name) ended with \(status) when it was stopped: \(program.lastWords())")
            }
        }
        return problems
    }

    /// Stops PostgreSQL, and says what went wrong; may be called again.
    func stopDatabase() async -> String? { await Self.stopDatabase(data, program) }

    private static func stopDatabase(_ data: String, _ program: ChildProgram) async -> String? {
        do throws(LoadTestError) {
            let child = try program.start("goalpost", ["db", "stop", "--data", data])
            let status = await child.killed(after: databaseStopLimit)
            guard status != 0 else { return nil }
            return "PostgreSQL in \(data) could not be stopped (\(status)): \(program.lastWords())"
        } catch {
            return "PostgreSQL in \(data) could not be stopped: \(error)"
        }
    }

    /// Where the log ends, by `goalpost status`; the servers may be stopped by then.
    func logEnd(scratch: String) async throws -> UInt64 {
        struct Status: Decodable { let logEnd: UInt64 }
        let arguments = ["status", "--json", "--data", data]
        let output = try await Self.output(arguments, scratch: scratch, program.uninterrupted)
        return try JSONDecoder().decode(Status.self, from: Data(output)).logEnd
    }

    /// Runs a command of `goalpost` and gives what it prints; what it complains of goes to the log.
    private static func output(
        _ arguments: [String],
        scratch: String,
        _ program: ChildProgram
    ) async throws -> [UInt8] {
        let path = scratch + "/output.txt"
        try LocalVolume().atomicWrite([], to: path)
        try await program.succeed("goalpost", arguments, output: path)
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
    private static func writePlayers(
        _ ids: PlayerIDs,
        namespace: String,
        to path: String,
        _ stop: StopRequest
    ) throws {
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
                try stop.check()
            }
        }
    }

    /// Waits until the program has written its port file; throws where it ends or takes longer than `startLimit`.
    private static func address(
        _ path: String,
        of name: String,
        _ child: RunningChild,
        _ program: ChildProgram,
        _ stop: StopRequest
    ) async throws -> HostPort {
        let deadline = ContinuousClock.now + startLimit
        while true {
            try stop.check()
            if let text = ProcessTable.text(path),
                let address = HostPort(text.trimmingCharacters(in: .newlines))
            {
                return address
            }
            if let status = child.status {
                throw LoadTestError.programFailed(program: name, status: status, words: program.lastWords())
            }
            guard ContinuousClock.now < deadline else {
                let seconds = startLimit.components.seconds
                throw LoadTestError.notStarted(program: name, seconds: seconds, words: program.lastWords())
            }
            // Only how often the file is looked for.
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
