import Foundation

/// All that a load test found out: what `summary.json` says.
package struct LoadTestSummary: Codable, Sendable {
    /// How it was made.
    package struct Settings: Codable, Sendable {
        package var requestsPerSecond = 0.0
        package var eventsPerSecond = 0.0
        package var durationSeconds = 0
        package var warmUpSeconds = 0
        package var initializeSeconds = 0
        package var players = 0
        package var goals = 0
        package var seed: UInt64 = 0
        package var eventsWay = ""
        package var encoding = ""
        package var authentication = ""
        /// `own` or `external`.
        package var processes = ""
        package var connections = 0
        package var eventConnections = 0
        package var lingerMilliseconds = 0
        package var queueMax = 0
        package var timeoutSeconds = 0
        package var cycleSeconds = 0
        package var partitions = 0
        package init() {}
    }

    /// Where it ran.
    package struct Machine: Codable, Sendable {
        package var system = ""
        package var processor = ""
        package var processors = 0
        package var memoryBytes: UInt64 = 0
        /// Processes that waited for or had a processor, over the minute before the load began.
        package var loadAverageBefore = 0.0
        package init() {}
    }

    /// CPU used while the load ran, in processors: 1 is one processor the whole time.
    package struct Usage: Codable, Sendable {
        package let processors: Double
        package let residentBytesMax: UInt64
        package let threadsMax: Int
        package let openFilesMax: Int
    }

    package struct Visibility: Codable, Sendable {
        /// From an event's acknowledgement to the first answer beyond its offset, in milliseconds.
        package let lag: LatencySummary
        package let seen: Int
        package let unseen: Int
        /// Seconds that the oldest event that was not seen had waited at the end.
        package let unseenSecondsMax: Double
        /// Of the probe's own requests, which are no part of the load.
        package let failures: Int
    }

    /// What PostgreSQL did during the load.
    package struct Database: Codable, Sendable {
        package var sequentialScans: Int64 = 0
        package var indexScans: Int64 = 0
        package var updates: Int64 = 0
        package var hotUpdates: Int64 = 0
        package var deadRows: Int64 = 0
        package var liveRows: Int64 = 0
        package var bytesBefore: Int64 = 0
        package var bytesAfter: Int64 = 0
        /// Large tables that were read from end to end.
        package var largeScans: [DatabaseFigures.Scanned] = []
        package init() {}
    }

    package var version = 1
    package var program = ""
    package var startedAt = ""
    package var versions: [String: String] = [:]
    package var settings = Settings()
    package var machine = Machine()
    /// Seconds from the first request to the last answer.
    package var seconds = 0.0
    package var thresholds: [Threshold] = []
    package var isMet = false
    package var api: Tally.Kind
    package var events: Tally.Kind
    package var kinds: [Tally.Kind]
    package var checks = Checks()
    /// Sampled answers: looked at whole, skipped since too many waited, and the first fault.
    package var samplesChecked = 0
    package var samplesSkipped = 0
    package var firstFault: String?
    package var visibility: Visibility?
    package var recordsSent = 0
    package var recordsAcknowledged = 0
    /// Records that the load added to the log; absent where it was not the test's to look.
    package var recordsInLog: Int?
    package var cycles: [CycleRun] = []
    package var usage: [String: Usage] = [:]
    package var database: Database?
    /// The latest that the generator itself was with a request, in milliseconds.
    package var generatorLateMilliseconds = 0.0
    /// What could not be measured, and why.
    package var problems: [String] = []
    package var apiSeconds: [Tally.Second]
    package var eventSeconds: [Tally.Second]
    /// `Age` of the newest answer in seconds, by second; -1 before the first.
    package var ages: [Int] = []
    package var samples: [MonitorSample] = []

    package init(
        api: Tally.Kind,
        events: Tally.Kind,
        kinds: [Tally.Kind],
        apiSeconds: [Tally.Second],
        eventSeconds: [Tally.Second]
    ) {
        (self.api, self.events, self.kinds) = (api, events, kinds)
        (self.apiSeconds, self.eventSeconds) = (apiSeconds, eventSeconds)
    }

    package func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    package init(json: [UInt8]) throws { self = try JSONDecoder().decode(Self.self, from: Data(json)) }
}
