import Foundation

/// Puts a test's findings together and judges them; pure, but for what it is handed.
struct SummaryMaker {
    let options: LoadTestOptions
    let isOwn: Bool
    let version: String
    let startedAt: Date
    let machine: LoadTestSummary.Machine
    let result: GeneratorResult
    let samples: SampleCheck.Counts
    let monitored: [MonitorSample]
    let cycles: [CycleRun]
    /// Records that the load added to the log.
    let recordsInLog: Int?
    /// Nil where the servers are not the test's own.
    let serversEndedBadly: Int?
    let problems: [String]

    func summary() -> LoadTestSummary {
        var summary = LoadTestSummary(
            api: result.api,
            events: result.events,
            kinds: result.kinds,
            apiSeconds: result.apiSeconds,
            eventSeconds: result.eventSeconds
        )
        summary.program = "goalpost " + version
        summary.versions = ["goalpost": version]
        summary.startedAt = startedAt.formatted(.iso8601)
        summary.settings = settings
        summary.machine = machine
        summary.seconds = result.seconds
        summary.checks = checks
        summary.samplesChecked = samples.checked
        summary.samplesSkipped = samples.skipped
        summary.firstFault = samples.firstFault
        summary.visibility = visibility
        summary.recordsSent = result.recordsSent
        summary.recordsAcknowledged = result.recordsAcknowledged
        summary.recordsInLog = recordsInLog
        summary.cycles = cycles
        summary.usage = usage
        summary.database = database
        summary.generatorLateMilliseconds = Double(result.lateMax) / 1e6
        summary.problems = problems + unmeasured
        summary.ages = result.ages
        summary.samples = monitored
        summary.thresholds = measured.thresholds
        summary.isMet = summary.thresholds.allSatisfy { $0.isMet != false }
        return summary
    }

    private var settings: LoadTestSummary.Settings {
        var settings = LoadTestSummary.Settings()
        settings.requestsPerSecond = options.requestsPerSecond
        settings.eventsPerSecond = options.eventsPerSecond
        settings.durationSeconds = options.durationSeconds
        settings.warmUpSeconds = options.warmUpSeconds
        settings.initializeSeconds = options.initializeSeconds
        settings.players = options.players
        settings.goals = options.goals
        settings.seed = options.seed
        settings.eventsWay = options.eventsWay.rawValue
        settings.encoding = options.codings?.text ?? ""
        settings.authentication = options.usesTokens ? "tokens" : "header"
        settings.processes = isOwn ? "own" : "external"
        settings.connections = options.connections
        settings.eventConnections = options.eventConnections
        settings.lingerMilliseconds = options.eventsWay == .unary ? 0 : options.lingerMilliseconds
        settings.queueMax = options.queueMax
        settings.timeoutSeconds = options.timeoutSeconds
        settings.cycleSeconds = options.cycleSeconds
        settings.partitions = options.partitions
        return settings
    }

    /// The generator's checks, and what came of the samples.
    private var checks: Checks {
        var checks = result.checks
        checks.body.passed = samples.checked - samples.broken
        checks.body.failed = samples.broken
        checks.progress.passed = samples.compared - samples.behind
        checks.progress.failed = samples.behind
        return checks
    }

    /// What a reader would otherwise take for checked.
    private var unmeasured: [String] {
        guard result.api.count > 0, samples.checked == 0 else { return [] }
        return ["no answer's body was looked at: their content is not measured"]
    }

    private var visibility: LoadTestSummary.Visibility? {
        result.probe.map { probe in
            LoadTestSummary.Visibility(
                lag: probe.lag.summary,
                seen: probe.seen,
                unseen: probe.unseen,
                unseenSecondsMax: Double(probe.unseenMax) / 1e9,
                failures: probe.failures
            )
        }
    }

    /// Between the first and the last sample; whole-run figures of processes that were there before would lie.
    private var usage: [String: LoadTestSummary.Usage] {
        guard let first = monitored.first, let last = monitored.last, last.second > first.second else {
            return [:]
        }
        var usage: [String: LoadTestSummary.Usage] = [:]
        for (name, begin) in first.processes {
            guard let end = monitored.last(where: { $0.processes[name] != nil })?.processes[name] else {
                continue
            }
            let all = monitored.compactMap { $0.processes[name] }
            usage[name] = LoadTestSummary.Usage(
                processors: max(0, end.cpuSeconds - begin.cpuSeconds) / (last.second - first.second),
                residentBytesMax: all.map(\.residentBytes).max() ?? 0,
                threadsMax: all.map(\.threads).max() ?? 0,
                openFilesMax: all.map(\.openFiles).max() ?? 0
            )
        }
        return usage
    }

    private var database: LoadTestSummary.Database? {
        let looks = monitored.compactMap(\.database)
        guard let first = looks.first, let last = looks.last else { return nil }
        var database = LoadTestSummary.Database()
        database.sequentialScans = last.sequentialScans - first.sequentialScans
        database.indexScans = last.indexScans - first.indexScans
        database.updates = last.updates - first.updates
        database.hotUpdates = last.hotUpdates - first.hotUpdates
        (database.deadRows, database.liveRows) = (last.deadRows, last.liveRows)
        (database.bytesBefore, database.bytesAfter) = (first.bytes, last.bytes)
        database.largeScans = last.largeScans
        return database
    }

    private var measured: Measured {
        var measured = Measured()
        measured.isOwn = isOwn
        measured.sendsRequests = options.requestsPerSecond > 0
        measured.sendsEvents = options.eventsPerSecond > 0
        measured.apiP95 = result.api.latency.count == 0 ? nil : result.api.latency.p95
        measured.eventP95 = result.events.latency.count == 0 ? nil : result.events.latency.p95
        measured.probeFailures = result.probe?.failures ?? 0
        measured.count =
            result.api.count + result.events.count + (result.probe?.accepted ?? 0) + measured.probeFailures
        measured.failures = result.api.failures + result.events.failures + measured.probeFailures
        measured.checksPassed = checks.passed
        measured.checksFailed = checks.failed
        if isOwn, let probe = result.probe {
            measured.lagLimit = Double(options.cycleSeconds) + (cycles.compactMap(\.seconds).max() ?? 0) + 1
            measured.lagMax = probe.lagMax.map { Double(max($0, probe.unseenMax)) / 1e9 }
        }
        measured.recordsMissing = recordsInLog.map { max(0, result.recordsAcknowledged - $0) }
        measured.jobFailures = isOwn ? cycles.filter { $0.status != 0 }.count : nil
        measured.serversEndedBadly = serversEndedBadly
        if let database {
            measured.largeScans = Int(database.largeScans.map(\.scans).reduce(0, +))
            let names = database.largeScans.sorted { $0.scans > $1.scans }.prefix(4)
            measured.largeScanNames = names.map { "\($0.table) \($0.scans)×" }.joined(separator: ", ")
        }
        return measured
    }
}
