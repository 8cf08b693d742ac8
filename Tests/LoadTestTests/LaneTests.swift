import LoadTest
import Testing

@Suite struct LaneTests {
    private static let millisecond: Int64 = 1_000_000

    /// A server with so many connections that answers after a millisecond, and stands still for a while.
    private final class Server: Carrier {
        private let connections: Int
        private let stall: Range<Int64>
        private let lane: Lane
        private var underWay: [(arrivals: [Arrival], sentAt: Int64)] = []
        private(set) var batches: [Int] = []

        init(_ lane: Lane, connections: Int, stall: Range<Int64> = 0..<0) {
            (self.lane, self.connections, self.stall) = (lane, connections, stall)
        }

        var hasRoom: Bool { underWay.count < connections }

        func send(_ arrivals: [Arrival], now: Int64) {
            underWay.append((arrivals, now))
            batches.append(arrivals.count)
        }

        func answer(now: Int64) {
            guard !stall.contains(now) else { return }
            let done = underWay.filter { $0.sentAt < now }
            underWay.removeAll { $0.sentAt < now }
            for flight in done { lane.finished(flight.arrivals, .answered, sentAt: flight.sentAt, now: now) }
        }
    }

    /// Ten seconds of 100 requests a second over one connection, in steps of a millisecond.
    private static func tenSeconds(stall: Range<Int64>, queueMax: Int = 1_000) -> Tally {
        let tally = Tally()
        let lane = Lane(queueMax: queueMax, tally: tally)
        let server = Server(lane, connections: 1, stall: stall)
        lane.carrier = server
        var schedule = ArrivalSchedule(perSecond: 100, seconds: 10)
        for step in 0..<12_000 {
            let now = Int64(step) * millisecond
            schedule.release(now) { _, time, _ in
                lane.offer(Arrival(intended: time, kind: .challenges), now: now)
            }
            lane.pump(now: now)
            server.answer(now: now)
        }
        tally.roll(to: 12_000 * millisecond)
        return tally
    }

    @Test func `a server that stands still for a second is seen with all that waited for it`() {
        let tally = Self.tenSeconds(stall: 3_000 * Self.millisecond..<4_000 * Self.millisecond)
        let kind = tally.total(events: false)
        #expect(kind.count == 1_000 && kind.failures == 0)
        // A tenth of all arrived meanwhile; a closed loop would have sent one, and reported one slow request.
        #expect(kind.latency.p99 > 850 && kind.latency.p95 > 400 && kind.latency.max > 990)
        #expect(kind.latency.p50 < 2)
        // From the sending on, all but the one that was under way are quick.
        #expect(kind.service.p99 < 2)
        let seconds = tally.seconds(events: false)
        #expect(seconds.count == 12 && seconds.map(\.finished).reduce(0, +) == 1_000)
        #expect(seconds[3].finished <= 1 && seconds[4].finished > 190)
    }

    @Test func `without a stall nothing waits`() {
        let kind = Self.tenSeconds(stall: 0..<0).total(events: false)
        #expect(kind.count == 1_000 && kind.failures == 0 && kind.latency.max < 2)
    }

    @Test func `a full queue is a failure that is counted, never a loss`() {
        let stall = 3_000 * Self.millisecond..<4_000 * Self.millisecond
        let kind = Self.tenSeconds(stall: stall, queueMax: 30).total(events: false)
        #expect(kind.count == 1_000)
        // One was under way; of the hundred that came until the server went on, 30 found room.
        #expect(kind.outcomes["overflow"] == 70 && kind.failures == 70)
    }

    @Test func `what still waits at the end is a failure too`() {
        let tally = Tally()
        let lane = Lane(queueMax: 100, tally: tally)
        for number in 0..<7 { lane.offer(Arrival(intended: Int64(number), kind: .login), now: 10) }
        #expect(lane.pending == 7)
        lane.abandon(now: 20)
        #expect(lane.pending == 0)
        #expect(tally.total(events: true).outcomes == ["unanswered": 7])
    }

    @Test func `batches take what waits, in its order`() {
        let tally = Tally()
        var finished: [Int64] = []
        let lane = Lane(queueMax: 100, batchMax: 10, tally: tally) { arrival, _, _ in
            finished.append(arrival.intended)
        }
        let server = Server(lane, connections: 1)
        lane.carrier = server
        for number in 0..<25 { lane.offer(Arrival(intended: Int64(number), kind: .stat), now: 30) }
        lane.pump(now: 30)
        for now in Int64(31)...40 { server.answer(now: now) }
        #expect(server.batches == [10, 10, 5])
        #expect(finished == Array(0..<25))
        #expect(tally.total(events: true).count == 25)
    }

    @Test func `a batch waits for others as long as it lingers, and not where it or the queue is full`() {
        let tally = Tally()
        let lane = Lane(queueMax: 100, batchMax: 10, linger: 5 * Self.millisecond, tally: tally)
        let server = Server(lane, connections: 9)
        lane.carrier = server
        func offer(_ count: Int, at milliseconds: Int64) {
            let now = milliseconds * Self.millisecond
            for _ in 0..<count { lane.offer(Arrival(intended: now, kind: .stat), now: now) }
            lane.pump(now: now)
        }
        offer(3, at: 20)
        offer(1, at: 24)
        #expect(server.batches == [])
        lane.pump(now: 25 * Self.millisecond)
        #expect(server.batches == [4])
        offer(12, at: 30)
        #expect(server.batches == [4, 10])
        server.answer(now: 34 * Self.millisecond)
        #expect(server.batches == [4, 10])
        lane.pump(now: 35 * Self.millisecond)
        #expect(server.batches == [4, 10, 2])
        server.answer(now: 36 * Self.millisecond)
        // The latency counts from when an event was due.
        #expect(tally.total(events: true).count == 16 && lane.pending == 0)
        #expect(tally.total(events: true).latency.max > 13.9)

        let small = Lane(queueMax: 4, batchMax: 10, linger: 5, tally: tally)
        let other = Server(small, connections: 9)
        small.carrier = other
        for _ in 0..<4 { small.offer(Arrival(intended: 50, kind: .stat), now: 50) }
        small.pump(now: 50)
        #expect(other.batches == [4])
    }

    @Test func `the warm-up is not counted`() {
        let tally = Tally()
        tally.record(Arrival(intended: 0, kind: .login, isMeasured: false), .timedOut, sentAt: 0, now: 5)
        tally.record(Arrival(intended: 0, kind: .login, isMeasured: false), .answered, sentAt: 0, now: 5)
        tally.record(Arrival(intended: 0, kind: .login), .answered, sentAt: 0, now: 5)
        #expect(tally.total(events: true).count == 1 && tally.total(events: true).failures == 0)
        // Its events are in the log all the same.
        #expect(tally.answered([.login]) == 2)
    }
}
