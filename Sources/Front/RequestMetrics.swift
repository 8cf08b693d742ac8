import PayloadStore

/// Counts of requests and connections; every event loop has its own, and they are added up when somebody asks.
package struct RequestMetrics: Sendable, Equatable {
    /// What a request was for, as labels say it.
    package enum RouteLabel: Int, CaseIterable, Sendable {
        case initialize, challenges, activeOnly, template, outcome, health, ready, metrics, status, docs,
            other

        package var text: String {
            switch self {
            case .initialize: "initialize"
            case .challenges: "challenges"
            case .activeOnly: "challenges_active_only"
            case .template: "template"
            case .outcome: "request_outcome"
            case .health: "healthz"
            case .ready: "readyz"
            case .metrics: "metrics"
            case .status: "status"
            case .docs: "apidocs"
            case .other: "other"
            }
        }

        package init(_ route: Route) {
            self =
                switch route {
                case .answer(.initialize): .initialize
                case .answer(.challenges): .challenges
                case .answer(.activeOnly): .activeOnly
                case .template: .template
                case .outcome: .outcome
                case .health: .health
                case .ready: .ready
                case .metrics: .metrics
                case .status: .status
                case .docs: .docs
                case .methodNotAllowed, .write, .unknown: .other
                }
        }
    }

    /// Why a connection was closed by this side.
    package enum Closing: Int, CaseIterable, Sendable {
        case idle, request, write, malformed, refused

        package var text: String {
            switch self {
            case .idle: "idle"
            case .request: "slow_request"
            case .write: "slow_reader"
            case .malformed: "malformed"
            case .refused: "too_many_connections"
            }
        }
    }

    /// Statuses with a counter of their own; any other one is counted behind the last.
    package static let statuses = [200, 304, 400, 401, 403, 404, 405, 406, 408, 413, 431, 500, 503]
    /// Upper ends of the histogram's buckets, in nanoseconds.
    package static let bucketNanoseconds: [Int64] = [
        10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
        25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000,
    ]

    private static let statusCount = statuses.count + 1
    private static let codingCount = AnswerNegotiation.Coding.allCases.count
    private static let bucketCount = bucketNanoseconds.count + 1
    private static let routeCount = RouteLabel.allCases.count

    private var requests = [Int](repeating: 0, count: routeCount * codingCount * statusCount)
    private var buckets = [Int](repeating: 0, count: routeCount * bucketCount)
    private var nanoseconds = [Int64](repeating: 0, count: routeCount)
    private var closings = [Int](repeating: 0, count: Closing.allCases.count)
    /// Connections accepted.
    package private(set) var connections = 0
    /// Bytes of bodies sent.
    package private(set) var bodyBytes = 0

    package init() {}

    /// Counts an answered request, with the time from its head being read to its answer being handed to the system.
    package mutating func count(
        _ route: RouteLabel,
        _ coding: AnswerNegotiation.Coding,
        status: Int,
        nanoseconds time: Int64,
        bodyBytes bytes: Int
    ) {
        let place = Self.statuses.firstIndex(of: status) ?? Self.statuses.count
        requests[(route.rawValue * Self.codingCount + coding.rawValue) * Self.statusCount + place] += 1
        let bucket = Self.bucketNanoseconds.firstIndex { time <= $0 } ?? Self.bucketNanoseconds.count
        buckets[route.rawValue * Self.bucketCount + bucket] += 1
        nanoseconds[route.rawValue] += max(0, time)
        bodyBytes += bytes
    }

    package mutating func countConnection() { connections += 1 }

    package mutating func count(_ closing: Closing) { closings[closing.rawValue] += 1 }

    /// Adds the counts of another event loop.
    package mutating func add(_ other: RequestMetrics) {
        for index in requests.indices { requests[index] += other.requests[index] }
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        for index in nanoseconds.indices { nanoseconds[index] += other.nanoseconds[index] }
        for index in closings.indices { closings[index] += other.closings[index] }
        connections += other.connections
        bodyBytes += other.bodyBytes
    }

    package func requests(_ route: RouteLabel, _ coding: AnswerNegotiation.Coding, status: Int) -> Int {
        let place = Self.statuses.firstIndex(of: status) ?? Self.statuses.count
        return requests[(route.rawValue * Self.codingCount + coding.rawValue) * Self.statusCount + place]
    }

    /// Requests with a status that has no counter of its own.
    package func otherRequests(_ route: RouteLabel, _ coding: AnswerNegotiation.Coding) -> Int {
        requests(route, coding, status: 0)
    }

    /// Requests of a route that took at most as long as each bucket, and all; cumulative.
    package func cumulative(_ route: RouteLabel) -> [Int] {
        var sum = 0
        return (0..<Self.bucketCount).map { bucket in
            sum += buckets[route.rawValue * Self.bucketCount + bucket]
            return sum
        }
    }

    /// Time spent on a route's requests, in nanoseconds.
    package func duration(_ route: RouteLabel) -> Int64 { nanoseconds[route.rawValue] }

    package func closings(_ closing: Closing) -> Int { closings[closing.rawValue] }
}
