/// Something that sends arrivals over connections; it belongs to one event loop.
package protocol Carrier: AnyObject {
    /// Whether some connection is free.
    var hasRoom: Bool { get }
    /// Sends arrivals as one exchange; called only while there is room. The lane's `finished` follows, once.
    func send(_ arrivals: [Arrival], now: Int64)
}

/// The way of one sort of arrivals to their server: a bounded queue before connections.
///
/// Knows no clock: every call says what time it is, in nanoseconds since the start. Nothing that was offered is
/// ever dropped: each arrival ends in exactly one outcome in the tally.
package final class Lane {
    private let tally: Tally
    private let batchMax: Int
    private let linger: Int64
    private var queue: WaitingQueue
    private var inFlight = 0
    private let onFinished: (Arrival, Outcome, Int64) -> Void
    /// Who sends; set once before the first arrival.
    package var carrier: (any Carrier)?

    /// At most `queueMax` arrivals wait; up to `batchMax` are sent as one exchange.
    ///
    /// Fewer than `batchMax` are sent once the first of them was due `linger` nanoseconds ago, as producers do who send
    /// batches; their latency counts from when they were due all the same.
    ///
    /// `onFinished` hears of every arrival that was sent: its outcome and the time.
    package init(
        queueMax: Int,
        batchMax: Int = 1,
        linger: Int64 = 0,
        tally: Tally,
        onFinished: @escaping (Arrival, Outcome, Int64) -> Void = { _, _, _ in }
    ) {
        queue = WaitingQueue(limit: queueMax)
        // A full queue waits for nobody.
        self.batchMax = min(batchMax, queueMax)
        self.linger = linger
        self.tally = tally
        self.onFinished = onFinished
    }

    /// Arrivals that wait or are under way.
    package var pending: Int { queue.count + inFlight }
    package var waiting: Int { queue.count }

    /// Takes an arrival that is due; `pump` sends it.
    package func offer(_ arrival: Arrival, now: Int64) {
        if !queue.append(arrival) { tally.record(arrival, .overflow, sentAt: nil, now: now) }
    }

    /// When `pump` has something to send that it has not now; nil while nothing waits or no connection is free.
    package var nextTime: Int64? {
        guard let first = queue.first, let carrier, carrier.hasRoom else { return nil }
        return first.intended + linger
    }

    /// Sends what has waited long enough, while there is room.
    package func pump(now: Int64) {
        while let first = queue.first, queue.count >= batchMax || now - first.intended >= linger,
            let carrier, carrier.hasRoom
        {
            let arrivals = queue.take(batchMax)
            inFlight += arrivals.count
            carrier.send(arrivals, now: now)
        }
    }

    /// What became of arrivals that were sent as one exchange.
    package func finished(_ arrivals: [Arrival], _ outcome: Outcome, sentAt: Int64, now: Int64) {
        inFlight -= arrivals.count
        for arrival in arrivals {
            tally.record(arrival, outcome, sentAt: sentAt, now: now)
            onFinished(arrival, outcome, now)
        }
        pump(now: now)
    }

    /// Accounts for what still waits when the test ends.
    package func abandon(now: Int64) {
        for arrival in queue.take(queue.count) { tally.record(arrival, .unanswered, sentAt: nil, now: now) }
    }
}
