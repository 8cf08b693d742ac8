package import Crypto
import Disk
import Foundation
package import Goals
import NIOCore
import NIOHTTP1
import NIOPosix
import SampleData

/// A whole load test: what is needed is prepared, the load is sent, and what came of it is judged and written down.
package struct LoadTestRun: Sendable {
    /// Whose servers they are.
    package enum Processes: Sendable {
        /// The test makes a data directory and starts all that is needed, out of the folder where its programs lie.
        case own(data: String, binaries: String, environment: [String: String])
        /// They run already. `grpc` is needed for events over gRPC; a key signs players' tokens.
        case external(front: HostPort, ingest: HostPort, grpc: HostPort?, challenges: ChallengeSet)
    }

    private static let microsecondsPerSecond: Int64 = 1_000_000

    private let options: LoadTestOptions
    private let processes: Processes
    private let out: String
    private let version: String
    private let key: P256.Signing.PrivateKey
    private let stop: StopRequest
    private let say: @Sendable (String) -> Void

    /// Only notes what to do.
    ///
    /// `out` is the directory for results, which is made. `key` signs players' tokens where they are used. `say` hears
    /// what is going on, a line at a time.
    package init(
        options: LoadTestOptions,
        processes: Processes,
        out: String,
        version: String,
        key: P256.Signing.PrivateKey = P256.Signing.PrivateKey(),
        stop: StopRequest = StopRequest(),
        say: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.options = options
        self.processes = processes
        self.out = out
        self.version = version
        self.key = key
        self.stop = stop
        self.say = say
    }

    /// Runs it to its end, writes `summary.json` and `report.html` into the directory and returns the summary.
    ///
    /// What it has started is stopped in any case. Throws `interrupted` where somebody asked for an end before the load
    /// was over; wrong options are refused before anything is made.
    package func run() async throws -> LoadTestSummary {
        try options.check()
        try WorkPlaces.refuseUsed(out)
        if case .own(let data, _, _) = processes {
            try WorkPlaces.keepApart(out, data)
            try WorkPlaces.refuseUsed(data)
        }
        let world: SampleWorld
        do throws(SampleDataError) {
            world = try SampleWorld(
                seed: options.seed,
                challenges: options.challengeCount,
                goalsPerChallenge: options.goalsPerChallenge,
                players: options.players
            )
        } catch {
            throw LoadTestError.invalidOption("\(error)")
        }
        let plan = try plan(world)
        // Tokens of others' players could be read out of what lies there.
        try LocalVolume().makeDirectory(out, mode: 0o700)
        let ids = PlayerIDs(world)
        switch processes {
        case .external(let front, let ingest, let grpc, _):
            let target = Target(front: front, ingest: ingest, grpc: grpc, own: nil)
            return try await measure(target, ids, plan)
        case .own(let data, let binaries, let environment):
            return try await runOwn(world, ids, plan, data, binaries, environment)
        }
    }

    private func plan(_ world: SampleWorld) throws(LoadTestError) -> GamePlan {
        switch processes {
        case .external(_, _, let grpc, let challenges):
            guard grpc != nil || options.eventsWay == .lines else {
                throw .invalidOption("events over gRPC need an address: give --grpc HOST:PORT")
            }
            return try GamePlan(challenges, players: options.players)
        case .own:
            guard case .valid(let challenges) = ChallengeFile.read(world.challengesJSON()) else {
                throw .unfitChallenges("the sample challenges are not valid")
            }
            guard !challenges.statCodes.isEmpty else {
                throw .invalidOption(
                    "--goals is \(options.goals): no goal of such a game counts a statistic; take 2 to 9, or 20 and more"
                )
            }
            return try GamePlan(challenges, players: options.players)
        }
    }

    private struct Target {
        let front: HostPort
        let ingest: HostPort
        let grpc: HostPort?
        let own: OwnProcesses?
    }

    private func runOwn(
        _ world: SampleWorld,
        _ ids: PlayerIDs,
        _ plan: GamePlan,
        _ data: String,
        _ binaries: String,
        _ environment: [String: String]
    ) async throws -> LoadTestSummary {
        try LocalVolume().makeDirectory(data, mode: 0o755)
        // The database's user has to get through to its own part.
        let volume = LocalVolume()
        let (data, out) = (try volume.realPath(data), try volume.realPath(out))
        var environment = environment
        environment["GOALPOST_PARTITIONS"] = String(options.partitions)
        if options.usesTokens {
            environment["GOALPOST_TOKEN_KEYS"] = data + "/keys.json"
            environment["GOALPOST_TOKEN_CACHE_ENTRIES"] = String(options.tokenCacheEntries)
        }
        let program = ChildProgram(
            binaries: binaries,
            environment: environment,
            log: out + "/programs.log",
            stop: stop
        )
        let own = try await OwnProcesses.start(
            options,
            world: world,
            ids: ids,
            keySet: options.usesTokens ? PlayerTokens.keySet(key.publicKey) : nil,
            data: data,
            scratch: out,
            program: program,
            stop: stop,
            say: say
        )
        // From here on whoever ends the test also stops these.
        let target = Target(front: own.front, ingest: own.ingest, grpc: own.grpc, own: own)
        do {
            return try await measure(target, ids, plan)
        } catch {
            // The first error is the one to tell; what goes wrong from here on is only said.
            for problem in await own.stop(hurry: stop) { say(problem) }
            throw error
        }
    }

    /// Sends the load and judges it.
    private func measure(_ target: Target, _ ids: PlayerIDs, _ plan: GamePlan) async throws -> LoadTestSummary
    {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<LoadTestSummary, any Error>
        do {
            result = .success(try await measure(target, ids, plan, on: group))
        } catch {
            result = .failure(error)
        }
        do {
            try await group.shutdownGracefully()
        } catch {
            say("the test's own connections could not be closed: \(error)")
        }
        return try result.get()
    }

    private func measure(
        _ target: Target,
        _ ids: PlayerIDs,
        _ plan: GamePlan,
        on group: MultiThreadedEventLoopGroup
    ) async throws -> LoadTestSummary {
        let samples = SampleCheck(goalID: plan.witness?.goalID)
        try await reach(target, on: group)
        let setup = GeneratorSetup(
            options: options,
            plan: plan,
            ids: ids,
            tokens: try tokens(ids),
            templates: try await templates(target, ids, on: group),
            samples: samples,
            front: target.front,
            ingest: target.ingest,
            grpc: target.grpc
        )
        try stop.check()
        let machine = MachineText.machine()
        let startedAt = Date()
        let clock = LoadClock()
        say(
            "sending \(number(options.requestsPerSecond)) requests/s and \(number(options.eventsPerSecond)) events/s"
        )
        let cycles = CycleRuns()
        let database = target.own.map { DatabaseProbe(conninfo: $0.conninfo) }
        let places = target.own.flatMap { own in
            database.map { database in
                Monitor.Places(
                    data: own.data,
                    front: own.frontChild.processID,
                    ingest: own.ingestChild.processID,
                    postmaster: own.postmaster,
                    database: database
                )
            }
        }
        let monitor = Monitor(places: places, clock: clock, jobs: cycles)
        await monitor.sample()
        let watching = Task { await monitor.run() }
        let timer = target.own.map { own in
            CycleTimer(
                program: own.program,
                data: own.data,
                seconds: options.cycleSeconds,
                runs: cycles,
                clock: clock,
                stop: stop
            )
        }
        let working = Task { await timer?.run() }
        let result = await load(setup, clock, startedAt, on: group)
        watching.cancel()
        working.cancel()
        await watching.value
        await monitor.sample()
        say("waiting for the jobs that are at work")
        await working.value
        while !samples.isIdle {
            // Only how often it is looked at.
            try await Task.sleep(for: .milliseconds(5))
        }
        await database?.close()
        guard case .success(let result) = result, !result.isInterrupted else {
            if case .failure(let error) = result { throw error }
            throw LoadTestError.interrupted
        }
        // A cycle that was cut short would be judged as one that failed.
        try stop.check()
        var problems = [await monitor.problem].compactMap(\.self)
        var ended: [String]?
        var logged: Int?
        if let own = target.own {
            var badly = await own.stopServers(hurry: stop)
            do {
                logged = Int(try await own.logEnd(scratch: out)) - Int(own.recordCount)
            } catch {
                // Without it that threshold is not met, but all the rest is known.
                problems.append("where the log ends could not be found out: \(error)")
            }
            badly += [await own.stopDatabase()].compactMap(\.self)
            problems += badly
            ended = badly
        }
        let ending = SummaryMaker(
            options: options,
            isOwn: target.own != nil,
            version: version,
            startedAt: startedAt,
            machine: machine,
            result: result,
            samples: samples.counts,
            monitored: await monitor.samples,
            cycles: cycles.runs,
            recordsInLog: logged,
            serversEndedBadly: ended?.count,
            problems: problems
        )
        let summary = ending.summary()
        let volume = LocalVolume()
        try volume.atomicWrite(try summary.json(), to: out + "/summary.json")
        try volume.atomicWrite(LoadReport.render(summary), to: out + "/report.html")
        return summary
    }

    private func load(
        _ setup: GeneratorSetup,
        _ clock: LoadClock,
        _ startedAt: Date,
        on group: MultiThreadedEventLoopGroup
    ) async -> Result<GeneratorResult, any Error> {
        let loop = group.next()
        let ended = loop.makePromise(of: GeneratorResult.self)
        let microseconds = Int64(startedAt.timeIntervalSince1970 * Double(Self.microsecondsPerSecond))
        let (options, stop) = (options, stop)
        loop.execute {
            do {
                let ways = try GeneratorWays(setup, loop: loop, clock: clock, startMicroseconds: microseconds)
                let scenario = Scenario(
                    plan: setup.plan,
                    codings: options.codings ?? CodingMix.gzip,
                    seed: options.seed
                )
                Generator(
                    loop: loop,
                    clock: clock,
                    options: options,
                    scenario: scenario,
                    ways: ways,
                    stop: stop,
                    ended: ended
                ).begin()
            } catch {
                ended.fail(error)
            }
        }
        do { return .success(try await ended.futureResult.get()) } catch { return .failure(error) }
    }

    private func tokens(_ ids: PlayerIDs) throws -> PlayerTokens? {
        guard options.usesTokens else { return nil }
        say("signing \(ids.count) tokens")
        return try PlayerTokens(
            ids: ids,
            namespace: options.namespace,
            key: key,
            expiresAt: Int64(Date().timeIntervalSince1970) + 7 * 86_400,
            stop: stop
        )
    }

    /// Throws `unreachable` where one of the servers does not answer, before anything is sent to them.
    private func reach(_ target: Target, on group: MultiThreadedEventLoopGroup) async throws {
        _ = try await HTTPCall.get("/healthz", server: "the front", address: target.front, on: group)
        _ = try await HTTPCall.get("/healthz", server: "the write side", address: target.ingest, on: group)
        if let grpc = target.grpc, options.eventsWay != .lines {
            try await RPCCall.reach(server: "gRPC of the write side", address: grpc, on: group)
        }
    }

    /// The templates that clients of `dcz` hold.
    private func templates(
        _ target: Target,
        _ ids: PlayerIDs,
        on group: MultiThreadedEventLoopGroup
    ) async throws -> [RequestKind: HeldTemplate] {
        let server = "the front"
        guard options.codings?.parts.contains(where: { $0.coding == .dcz }) == true else { return [:] }
        var held: [RequestKind: HeldTemplate] = [:]
        for kind in RequestKind.allCases where kind.isRead {
            let path = RequestText.line(of: kind).split(separator: " ")[1]
            let answer = try await HTTPCall.get(
                String(path),
                [("x-mock-user-id", String(decoding: ids.utf8(0), as: UTF8.self))] + authorization(ids),
                server: server,
                address: target.front,
                on: group
            )
            let link = answer.head.headers.first(name: "Link") ?? ""
            guard let place = link.split(separator: ">").first?.dropFirst(), !place.isEmpty else {
                throw LoadTestError.unreachable(
                    server: server,
                    address: target.front.text,
                    reason: "status \(answer.head.status.code) without a template"
                )
            }
            let template = try await HTTPCall.get(
                String(place),
                server: server,
                address: target.front,
                on: group
            )
            held[kind] = try HeldTemplate(template.body)
        }
        return held
    }

    private func authorization(_ ids: PlayerIDs) throws -> [(String, String)] {
        guard options.usesTokens else { return [] }
        let token = try PlayerTokens.sign(
            String(decoding: ids.utf8(0), as: UTF8.self),
            namespace: options.namespace,
            key: key,
            expiresAt: Int64(Date().timeIntervalSince1970) + 600
        )
        return [("Authorization", "Bearer " + String(decoding: token, as: UTF8.self))]
    }

    private func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String(value)
    }
}
