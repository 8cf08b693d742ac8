import ArgumentParser
import Crypto
import Dispatch
import Foundation
import Goals
import Jobs
import LoadTest

struct LoadTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loadtest",
        abstract: "Load front and write side at a constant rate, and say whether the thresholds are met.",
        discussion: """
            Players' requests: 10 % initialize, 70 % challenges (half of them active_only=true), 15 % activations and 5 % claims;
            beside them events, 20 % logins and 80 % stats. Times of arrival are fixed by the schedule: a latency counts
            from the moment a request was due, so a server that stalls is seen with all that waited for it. What cannot be
            sent since all connections are busy waits in a queue; beyond --queue it counts as failed.

            With --processes own, the default, it makes the data directory --data with a sample game, introduces and publishes
            all players, starts PostgreSQL, goalpost-ingest and goalpost-front, runs `goalpost run cycle` every --cycle-seconds as
            cron would, and stops all at the end; none of the preparation is measured. The programs are those beside this
            one. With --processes external it loads the servers at --front, --ingest and --grpc, whose game --challenges
            describes; their players are the sample's (--seed), and what only the data directory tells is not judged. Load servers that
            are there for it: events and players' requests become part of their log.

            Events: unary is gRPC with an event a call, as the platform sends them; stream is gRPC AppendStream; lines is
            HTTP with NDJSON. --encoding says what clients accept: gzip by default, as libcurl in Unity and Unreal asks for
            it; identity, zstd, dcz (which holds the template), or weights such as gzip=7,identity=2,dcz=1.

            One answer in 1,000 is decoded and checked: JSON, offsets that only grow, and progress no older than what was
            acknowledged before the fold that the answer names. An event a second of a player of its own measures how
            long events take to be seen.

            --out gets summary.json, with all figures, and report.html, a page with charts that needs no network;
            programs.log holds what the started programs wrote. Exit codes: 0 all thresholds are met, 1 not, 64 wrong
            options, 65 a program failed, 69 a server does not answer, 73 a directory is in use, 75 stopped by SIGTERM or
            SIGHUP, 130 by Ctrl-C. A test that is stopped stops what it has started; a second signal makes haste.
            """
    )

    enum ProcessesOption: String, ExpressibleByArgument, CaseIterable { case own, external }

    @Option(name: .customLong("requests-per-second"), help: "Players' requests a second, 0 to 100,000.")
    var requestsPerSecond = 300.0
    @Option(name: .customLong("events-per-second"), help: "Events a second, 0 to 200,000.")
    var eventsPerSecond = 500.0
    @Option(help: "Seconds at the full rate, 1 to 86,400.")
    var duration = 600
    @Option(
        name: .customLong("warm-up"),
        help: "Seconds before that in which the rate grows from 0, not measured; 0 begins at full rate."
    )
    var warmUp = 0
    @Option(
        name: .customLong("initialize-wave"),
        help: "Seconds before the mix in which all requests are initialize, measured; 0 for none."
    )
    var initializeWave = 0
    @Option(help: "Players, 100 to 50,000,000.")
    var players = 100_000
    @Option(help: "Goals of the sample game, 1 to 10,000.")
    var goals = 500
    @Option(help: "What the game, its players and all requests follow from.")
    var seed: UInt64 = 1
    @Option(help: "The directory for results; new or empty.", completion: .directory)
    var out: String
    @Option(help: "The data directory that is made (own); new or empty.", completion: .directory)
    var data: String?
    @Option(help: "Hash partitions of the tables that are made (own), 1 to 1,024.")
    var partitions = 16
    @Option(help: "How events are sent: unary, stream or lines.")
    var events = LoadTestOptions.EventsWay.unary
    @Option(help: "What clients accept: identity, gzip, zstd, dcz, or weights of them.")
    var encoding = "gzip"
    @Flag(help: "Players show tokens, which the started servers check, instead of the header x-mock-user-id.")
    var tokens = false
    @Option(
        help: "A P-256 key (PEM) that signs the tokens for servers that run already.",
        completion: .file()
    )
    var tokenKey: String?
    @Option(help: "Whose servers: own or external.")
    var processes = ProcessesOption.own
    @Option(help: "The front that is there (external): http://HOST:PORT.")
    var front: String?
    @Option(help: "The write side that is there (external): http://HOST:PORT.")
    var ingest: String?
    @Option(help: "Its gRPC (external): HOST:PORT.")
    var grpc: String?
    @Option(help: "The challenges.json of servers that are there (external).", completion: .file())
    var challenges: String?
    @Option(help: "The namespace of the events.")
    var namespace = "loadtest"
    @Option(
        name: .customLong("cycle-seconds"),
        help: "Seconds from one cycle of jobs to the next (own), 1 to 3,600."
    )
    var cycleSeconds = 60
    @Option(help: "Connections for reads, and as many for activations and claims, 1 to 4,096.")
    var connections = 64
    @Option(name: .customLong("event-connections"), help: "Connections for events, 1 to 1,024.")
    var eventConnections = 4
    @Option(help: "Milliseconds that an event waits for others (stream, lines), 0 to 1,000.")
    var linger = 5
    @Option(
        help: "Most requests that wait for a connection, of reads, writes and events each, 1 to 10,000,000."
    )
    var queue = 20_000
    @Option(help: "Seconds after which a request that is under way counts as failed, 1 to 600.")
    var timeout = 30
    @Flag(help: "Print the summary as JSON on standard output instead of the table.")
    var json = false

    func run() async throws {
        let stop = StopRequest()
        do {
            let signals = LoadTestSignals(stop)
            defer { signals.end() }
            let run = LoadTestRun(
                options: options(),
                processes: try targets(),
                out: out,
                version: Goalpost.version,
                key: try key(),
                stop: stop,
                say: { LoadTestSignals.note("goalpost: \($0)") }
            )
            let summary = try await run.run()
            if json {
                try Terminal.write(try summary.json())
            } else {
                for line in LoadTestTable.lines(summary) + ["see \(out)/report.html"] { print(line) }
            }
            if !summary.isMet { throw ExitCode(ExitStatus.drift.rawValue) }
        } catch let code as ExitCode {
            throw code
        } catch {
            let failure =
                (error as? LoadTestError).map { Self.failure($0, signal: stop.signal) } ?? JobError(error)
            LoadTestSignals.note("goalpost: \(failure.message)")
            throw ExitCode(failure.status.rawValue)
        }
    }

    private func options() -> LoadTestOptions {
        var options = LoadTestOptions()
        options.requestsPerSecond = requestsPerSecond
        options.eventsPerSecond = eventsPerSecond
        options.durationSeconds = duration
        options.warmUpSeconds = warmUp
        options.initializeSeconds = initializeWave
        options.players = players
        options.goals = goals
        options.seed = seed
        options.eventsWay = events
        options.codings = CodingMix(encoding)
        options.connections = connections
        options.eventConnections = eventConnections
        options.lingerMilliseconds = linger
        options.queueMax = queue
        options.timeoutSeconds = timeout
        options.cycleSeconds = cycleSeconds
        options.partitions = partitions
        options.namespace = namespace
        options.usesTokens = tokens || tokenKey != nil
        return options
    }

    private func targets() throws -> LoadTestRun.Processes {
        switch processes {
        case .own:
            guard let data else {
                throw LoadTestError.invalidOption("--data is needed: the data directory to make")
            }
            return .own(data: data, binaries: Self.binaries, environment: Self.environment)
        case .external:
            guard let challenges else {
                throw LoadTestError.invalidOption(
                    "--challenges is needed: the challenges.json of the servers"
                )
            }
            guard !tokens || tokenKey != nil else {
                throw LoadTestError.invalidOption(
                    "--tokens needs --token-key: servers that run already check tokens with keys of their own"
                )
            }
            let bytes = try InputText.read(challenges)
            return .external(
                front: try Self.address("--front", front),
                ingest: try Self.address("--ingest", ingest),
                grpc: try grpc.map { try Self.address("--grpc", $0) },
                challenges: try LogAccess.read(bytes, path: challenges)
            )
        }
    }

    private func key() throws -> P256.Signing.PrivateKey {
        guard let tokenKey else { return P256.Signing.PrivateKey() }
        let pem = String(decoding: try InputText.read(tokenKey), as: UTF8.self)
        do {
            return try P256.Signing.PrivateKey(pemRepresentation: pem)
        } catch {
            throw LoadTestError.invalidOption("--token-key \(tokenKey) is no P-256 key in PEM")
        }
    }

    private static func address(_ name: String, _ text: String?) throws -> HostPort {
        guard let text else {
            throw LoadTestError.invalidOption("\(name) is needed: the address of a running server")
        }
        guard let address = HostPort(text) else {
            throw LoadTestError.invalidOption("\(name) \(text) is no HOST:PORT")
        }
        return address
    }

    /// The folder of this very program, where its siblings lie.
    private static var binaries: String {
        let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return path.deletingLastPathComponent().path()
    }

    /// What the started programs get: this one's, without settings that are meant for another data directory.
    private static var environment: [String: String] {
        ProcessInfo.processInfo.environment.filter { name, _ in
            !name.hasPrefix("GOALPOST_") || name == "GOALPOST_PG_BIN"
        }
    }

    private static func failure(_ error: LoadTestError, signal: Int32?) -> JobError {
        let status: ExitStatus =
            switch error {
            case .invalidOption: .usage
            case .directoryInUse: .cannotCreate
            case .unreachable: .unavailable
            case .programFailed, .notStarted, .unfitChallenges: .badData
            case .interrupted: signal == SIGINT ? .interrupted : .tryAgain
            }
        return JobError(status, error.description)
    }
}

extension LoadTestOptions.EventsWay: ExpressibleByArgument {}
