/// Counts and latencies of all arrivals, by kind and by second; belongs to one event loop.
package final class Tally {
    /// One second of players' requests or of events, by when they ended.
    package struct Second: Codable, Sendable, Equatable {
        /// Seconds since the start.
        package let second: Int
        package let finished: Int
        package let failures: Int
        /// Milliseconds; 0 where nothing was answered.
        package let p50: Double
        package let p95: Double
        package let p99: Double
        package let max: Double
    }

    /// One kind's counts.
    package struct Kind: Codable, Sendable, Equatable {
        package let name: String
        package let isEvent: Bool
        package let count: Int
        package let failures: Int
        /// By outcome, the ones that did not occur left out.
        package let outcomes: [String: Int]
        /// From the intended time to the whole answer, of those that were answered.
        package let latency: LatencySummary
        /// From the sending to the whole answer: what a test that does not count waiting would say.
        package let service: LatencySummary
    }

    private struct Book {
        var outcomes: [Outcome: Int] = [:]
        var count: Int { outcomes.values.reduce(0, +) }
        var failures: Int { count - (outcomes[.answered] ?? 0) }
        var latency = LatencyBook()
        var service = LatencyBook()
    }

    private struct Rolling {
        var finished = 0
        var failures = 0
        var book = LatencyBook()
        var seconds: [Second] = []
    }

    private var books = RequestKind.allCases.map { _ in Book() }
    /// Answered during the warm-up.
    private var warmUpAnswered = [Int](repeating: 0, count: RequestKind.allCases.count)
    private var rolling = [Rolling(), Rolling()]
    private var second = 0

    package init() {}

    /// Notes what became of an arrival; failures count with the time until they were known.
    ///
    /// A failure's latency is not put into the histograms, where a quick refusal would look like speed.
    package func record(_ arrival: Arrival, _ outcome: Outcome, sentAt: Int64?, now: Int64) {
        roll(to: now)
        let kind = arrival.kind.rawValue
        guard arrival.isMeasured else {
            if outcome == .answered { warmUpAnswered[kind] += 1 }
            return
        }
        let latency = now - arrival.intended
        let side = arrival.kind.isEvent ? 1 : 0
        books[kind].outcomes[outcome, default: 0] += 1
        rolling[side].finished += 1
        guard !outcome.isFailure else {
            rolling[side].failures += 1
            return
        }
        books[kind].latency.record(latency)
        if let sentAt { books[kind].service.record(now - sentAt) }
        rolling[side].book.record(latency)
    }

    /// Closes the seconds that are over at `now`.
    package func roll(to now: Int64) {
        let current = Int(now / 1_000_000_000)
        while second < current {
            for side in rolling.indices { close(side) }
            second += 1
        }
    }

    private func close(_ side: Int) {
        let book = rolling[side].book
        rolling[side].seconds.append(
            Second(
                second: second,
                finished: rolling[side].finished,
                failures: rolling[side].failures,
                p50: book.milliseconds(50),
                p95: book.milliseconds(95),
                p99: book.milliseconds(99),
                max: book.milliseconds(100)
            )
        )
        if rolling[side].finished > 0 { rolling[side].book.reset() }
        (rolling[side].finished, rolling[side].failures) = (0, 0)
    }

    /// Figures of each kind, warm-up left out.
    package var kinds: [Kind] {
        RequestKind.allCases.map { kind in
            let book = books[kind.rawValue]
            return Kind(
                name: kind.name,
                isEvent: kind.isEvent,
                count: book.count,
                failures: book.failures,
                outcomes: Self.named(book.outcomes),
                latency: book.latency.summary,
                service: book.service.summary
            )
        }
    }

    /// All players' requests together, or all events.
    package func total(events: Bool) -> Kind {
        var sum = Book()
        for kind in RequestKind.allCases where kind.isEvent == events {
            let book = books[kind.rawValue]
            sum.outcomes.merge(book.outcomes, uniquingKeysWith: +)
            sum.latency.add(book.latency)
            sum.service.add(book.service)
        }
        return Kind(
            name: events ? "all events" : "all API requests",
            isEvent: events,
            count: sum.count,
            failures: sum.failures,
            outcomes: Self.named(sum.outcomes),
            latency: sum.latency.summary,
            service: sum.service.summary
        )
    }

    /// Whole seconds so far.
    package func seconds(events: Bool) -> [Second] { rolling[events ? 1 : 0].seconds }

    /// How many of the kinds were answered, the warm-up included.
    package func answered(_ kinds: [RequestKind]) -> Int {
        kinds.map { (books[$0.rawValue].outcomes[.answered] ?? 0) + warmUpAnswered[$0.rawValue] }.reduce(0, +)
    }

    private static func named(_ outcomes: [Outcome: Int]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: outcomes.map { ($0.key.rawValue, $0.value) })
    }
}
