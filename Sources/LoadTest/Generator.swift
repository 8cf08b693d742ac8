import NIOCore

/// Sends the load, on one event loop: everything here runs there.
final class Generator {
    /// Two ticks are at least so far apart, in nanoseconds.
    private static let tickMin: Int64 = 250_000
    private static let tickMax: Int64 = 20_000_000
    private static let sweepEvery: Int64 = 500_000_000

    private let loop: any EventLoop
    private let clock: LoadClock
    private let options: LoadTestOptions
    private var requests: ArrivalSchedule
    private var events: ArrivalSchedule
    private var scenario: Scenario
    private let initializeCount: Int
    private let ways: GeneratorWays
    private let stop: StopRequest
    private let ended: EventLoopPromise<GeneratorResult>
    private var nextSweep: Int64 = 0
    private var lateMax: Int64 = 0
    private var drainUntil: Int64?
    private var isOver = false
    private var ages: [Int] = []

    init(
        loop: any EventLoop,
        clock: LoadClock,
        options: LoadTestOptions,
        scenario: Scenario,
        ways: GeneratorWays,
        stop: StopRequest,
        ended: EventLoopPromise<GeneratorResult>
    ) {
        (self.loop, self.clock, self.options) = (loop, clock, options)
        self.scenario = scenario
        self.ways = ways
        self.stop = stop
        self.ended = ended
        let seconds = Double(options.durationSeconds)
        let wave = Double(options.initializeSeconds)
        let warmUp = Double(options.warmUpSeconds)
        requests = ArrivalSchedule(
            perSecond: options.requestsPerSecond,
            seconds: wave + seconds,
            warmUpSeconds: warmUp
        )
        events = ArrivalSchedule(
            perSecond: options.eventsPerSecond,
            seconds: wave + seconds,
            warmUpSeconds: warmUp
        )
        initializeCount =
            wave == 0 ? 0 : requests.warmUpCount + Int((options.requestsPerSecond * wave).rounded())
    }

    /// Opens all connections and begins at the clock's zero, or at once where that is past.
    func begin() {
        ways.open(options)
        schedule(at: 0)
    }

    private func schedule(at time: Int64) {
        loop.assumeIsolated().scheduleTask(deadline: clock.deadline(time)) { self.tick() }
    }

    private func tick() {
        guard !isOver else { return }
        let now = clock.now
        if stop.isSet { return finish(now, isInterrupted: true) }
        var lateMax = lateMax
        requests.release(now) { number, time, isMeasured in
            lateMax = max(lateMax, now - time)
            let arrival = scenario.request(
                at: time,
                isMeasured: isMeasured,
                onlyInitialize: number < initializeCount
            )
            (arrival.kind.isRead ? ways.reads : ways.writes).offer(arrival, now: now)
        }
        events.release(now) { _, time, isMeasured in
            lateMax = max(lateMax, now - time)
            ways.events.offer(scenario.event(at: time, isMeasured: isMeasured), now: now)
        }
        self.lateMax = lateMax
        ways.pump(now: now)
        ways.probe?.tick(now: now)
        noteAge(now)
        if now >= nextSweep {
            nextSweep = now + Self.sweepEvery
            ways.tally.roll(to: now)
            ways.sweep(now: now)
        }
        guard let next = [requests.nextTime, events.nextTime].compactMap(\.self).min() else {
            return drain(now)
        }
        schedule(next, now)
    }

    /// The next tick is for an arrival or for events that have waited for others, but comes now and then in any case.
    private func schedule(_ next: Int64, _ now: Int64) {
        let next = min(next, ways.events.nextTime ?? next)
        schedule(at: max(now + Self.tickMin, min(next, now + Self.tickMax)))
    }

    /// One value a second: the age of what is served.
    private func noteAge(_ now: Int64) {
        let second = Int(now / 1_000_000_000)
        while ages.count < second { ages.append(ways.verdict.age) }
    }

    /// Waits for what is under way or waits for others, for as long as it may take.
    private func drain(_ now: Int64) {
        let until =
            drainUntil ?? now + Int64(options.timeoutSeconds * 1000 + options.lingerMilliseconds) * 1_000_000
        drainUntil = until
        if ways.pending == 0 || now >= until { return finish(now, isInterrupted: false) }
        schedule(now + Self.tickMax, now)
    }

    private func finish(_ now: Int64, isInterrupted: Bool) {
        isOver = true
        ways.end(now: now)
        // The second that is under way is closed as well.
        ways.tally.roll(to: now + 1_000_000_000)
        ended.succeed(
            GeneratorResult(
                isInterrupted: isInterrupted,
                api: ways.tally.total(events: false),
                events: ways.tally.total(events: true),
                kinds: ways.tally.kinds,
                apiSeconds: ways.tally.seconds(events: false),
                eventSeconds: ways.tally.seconds(events: true),
                checks: ways.verdict.checks,
                recordsAcknowledged: ways.tally.answered([.activation, .claim, .login, .stat])
                    + (ways.probe?.figures.accepted ?? 0),
                recordsSent: requests.count + events.count,
                probe: ways.probe?.figures,
                ages: ages,
                lateMax: lateMax,
                seconds: Double(now) / 1e9
            )
        )
    }
}

/// All that the generator found out.
struct GeneratorResult: Sendable {
    let isInterrupted: Bool
    let api: Tally.Kind
    let events: Tally.Kind
    let kinds: [Tally.Kind]
    let apiSeconds: [Tally.Second]
    let eventSeconds: [Tally.Second]
    let checks: Checks
    /// Records that the write side said are in the log.
    let recordsAcknowledged: Int
    let recordsSent: Int
    let probe: Probe.Figures?
    /// `Age` served, by second.
    let ages: [Int]
    /// The latest that the generator itself was with an arrival, in nanoseconds.
    let lateMax: Int64
    /// From the start to the last answer.
    let seconds: Double
}
