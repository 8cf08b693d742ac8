/// How a load test is made; `check` says what does not fit.
package struct LoadTestOptions: Sendable, Equatable {
    /// How events go to the write side.
    package enum EventsWay: String, CaseIterable, Sendable {
        /// gRPC, one event a call, as the platform sends them.
        case unary
        /// gRPC, batches on `AppendStream`.
        case stream
        /// HTTP, batches of NDJSON.
        case lines
    }

    /// Requests of players a second, 0 to 100,000.
    package var requestsPerSecond = 300.0
    /// Events a second, 0 to 200,000.
    package var eventsPerSecond = 500.0
    /// Seconds at the full rate, 1 to 86,400.
    package var durationSeconds = 600
    /// Seconds in which the rate grows from 0, before the rest, not measured; 0 begins at full rate.
    package var warmUpSeconds = 0
    /// Seconds at the front in which all requests are `initialize`; 0 for none.
    package var initializeSeconds = 0
    /// Players, 100 to 50,000,000.
    package var players = 100_000
    /// Goals, 1 to 10,000; in ten challenges where they divide evenly.
    package var goals = 500
    package var seed: UInt64 = 1
    package var eventsWay = EventsWay.unary
    package var codings = CodingMix("gzip")
    /// Connections for reads, and as many for players' writes, 1 to 4,096.
    package var connections = 64
    /// Connections for events, 1 to 1,024.
    package var eventConnections = 4
    /// Milliseconds that an event waits for others to be sent with, on a stream or in lines, 0 to 1,000.
    package var lingerMilliseconds = 5
    /// Most arrivals that wait for a free connection, of each of the three ways, 1 to 10,000,000.
    package var queueMax = 20_000
    /// Seconds until a request that is under way counts as failed, 1 to 600.
    package var timeoutSeconds = 30
    /// Seconds from the begin of one cycle of jobs to the next, 1 to 3,600.
    package var cycleSeconds = 60
    /// Hash partitions of the tables that are made, 1 to 1,024.
    package var partitions = 16
    package var namespace = "loadtest"
    /// Whether players show tokens; else the header that only loopback servers believe.
    package var usesTokens = false

    package init() {}

    /// Throws `invalidOption` for the first number that is out of its range.
    package func check() throws(LoadTestError) {
        try Self.check("--requests-per-second", requestsPerSecond, 0...100_000)
        try Self.check("--events-per-second", eventsPerSecond, 0...200_000)
        guard requestsPerSecond + eventsPerSecond > 0 else {
            throw .invalidOption(
                "--requests-per-second and --events-per-second are both 0: there is nothing to send"
            )
        }
        try Self.check("--duration", durationSeconds, 1...86_400)
        try Self.check("--warm-up", warmUpSeconds, 0...3_600)
        try Self.check("--initialize-wave", initializeSeconds, 0...3_600)
        try Self.check("--players", players, 100...50_000_000)
        try Self.check("--goals", goals, 1...10_000)
        try Self.check("--connections", connections, 1...4_096)
        try Self.check("--event-connections", eventConnections, 1...1_024)
        try Self.check("--linger", lingerMilliseconds, 0...1_000)
        try Self.check("--queue", queueMax, 1...10_000_000)
        try Self.check("--timeout", timeoutSeconds, 1...600)
        try Self.check("--cycle-seconds", cycleSeconds, 1...3_600)
        try Self.check("--partitions", partitions, 1...1_024)
        guard codings != nil else {
            throw .invalidOption(
                "--encoding is identity, gzip, zstd or dcz, or weights such as gzip=7,identity=2,dcz=1"
            )
        }
        guard challengeCount * goalsPerChallenge == goals, goalsPerChallenge <= 1_000 else {
            throw .invalidOption("--goals is \(goals): more than 1,000 have to be a multiple of 10")
        }
    }

    /// Checked tokens that a started front may keep: every player's, as far as the setting goes.
    package var tokenCacheEntries: Int { min(Self.tokenCacheMax, max(2, players)) }
    /// The greatest value of the setting `token_cache_entries`.
    private static let tokenCacheMax = 4_194_304

    /// Ten challenges where the goals divide evenly, else one.
    package var challengeCount: Int { goals.isMultiple(of: 10) ? 10 : 1 }
    package var goalsPerChallenge: Int { goals / challengeCount }

    private static func check<Number: Comparable>(
        _ name: String,
        _ value: Number,
        _ allowed: ClosedRange<Number>
    ) throws(LoadTestError) {
        // A NaN is in no range.
        guard !allowed.contains(value) else { return }
        throw .invalidOption(
            "\(name) is \(value), but has to be \(allowed.lowerBound) to \(allowed.upperBound)"
        )
    }
}
