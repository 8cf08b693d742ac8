import NIOCore
import NIOHTTP1

/// The generator's lanes and their carriers: reads to the front, players' writes and events to the write side.
final class GeneratorWays {
    /// Most events of one request of lines or of one batch of a stream.
    static let batchMax = 1000

    let tally = Tally()
    let verdict: ReadVerdict
    let reads: Lane
    let writes: Lane
    let events: Lane
    let probe: Probe?
    private let http: [HTTPCarrier]
    private let remote: RPCCarrier?
    private let probeCarriers: [HTTPCarrier]
    private let readCarrier: HTTPCarrier
    private let writeCarrier: HTTPCarrier
    private let lineCarrier: HTTPCarrier?

    init(_ setup: GeneratorSetup, loop: any EventLoop, clock: LoadClock, startMicroseconds: Int64) throws {
        let (plan, options) = (setup.plan, setup.options)
        let ledger = SharedLedger(
            Ledger(
                players: plan.players + 1,
                witnesses: plan.witnessCount,
                isAbsolute: plan.witness?.isAbsolute ?? true
            )
        )
        let verdict = ReadVerdict(templates: setup.templates, samples: setup.samples, ledger: ledger)
        let text = RequestText(
            plan: plan,
            ids: setup.ids,
            tokens: setup.tokens,
            frontHost: setup.front.text,
            ingestHost: setup.ingest.text,
            templates: setup.templates
        )
        let timeout = Int64(options.timeoutSeconds) * 1_000_000_000
        let front = try setup.front.resolved(server: "the front")
        let ingest = try setup.ingest.resolved(server: "the write side")
        func carrier(
            _ address: SocketAddress,
            _ exchange: HTTPCarrier.Exchange,
            _ onFinished: @escaping ([Arrival], Outcome, Int64, Int64) -> Void
        ) -> HTTPCarrier {
            HTTPCarrier(
                loop: loop,
                address: address,
                timeout: timeout,
                clock: clock,
                exchange: exchange,
                onFinished: onFinished
            )
        }

        let reads = Lane(queueMax: options.queueMax, tally: tally)
        let readCarrier = carrier(
            front,
            .init(
                request: { text.read($0[0]) },
                wantsBody: { $0[0].isSample },
                verdict: { verdict.judge($0, $1, $2, sentAt: $3, now: $4) }
            )
        ) { reads.finished($0, $1, sentAt: $2, now: $3) }
        let writes = Lane(queueMax: options.queueMax, tally: tally)
        let writeCarrier = carrier(
            ingest,
            .init(
                request: { text.write($0[0]) },
                wantsBody: { _ in false },
                verdict: { _, head, _, _, _ in verdict.judgeWrite(head) }
            )
        ) { writes.finished($0, $1, sentAt: $2, now: $3) }

        let bytes = EventBytes(
            plan: plan,
            ids: setup.ids,
            namespace: options.namespace,
            startMicroseconds: startMicroseconds
        )
        let events = Lane(
            queueMax: options.queueMax,
            batchMax: options.eventsWay == .unary ? 1 : Self.batchMax,
            linger: options.eventsWay == .unary ? 0 : Int64(options.lingerMilliseconds) * 1_000_000,
            tally: tally
        ) { arrival, outcome, now in
            verdict.countEvent(outcome)
            guard outcome == .answered, arrival.kind == .stat else { return }
            ledger.value.acknowledge(player: arrival.player, value: arrival.value, at: now)
        }
        let onEvents: ([Arrival], Outcome, Int64, Int64) -> Void = {
            events.finished($0, $1, sentAt: $2, now: $3)
        }
        switch options.eventsWay {
        case .lines:
            let poster = LinePoster(host: setup.ingest.text, events: bytes)
            lineCarrier = carrier(
                ingest,
                .init(
                    request: { poster.request($0) },
                    wantsBody: { _ in true },
                    verdict: { arrivals, head, body, _, _ in poster.judge(arrivals, head, body) }
                ),
                onEvents
            )
            remote = nil
            events.carrier = lineCarrier
        case .unary, .stream:
            guard let place = setup.grpc else {
                throw LoadTestError.invalidOption("events over gRPC need an address: give --grpc HOST:PORT")
            }
            let carrier = RPCCarrier(
                loop: loop,
                address: try place.resolved(server: "gRPC of the write side"),
                authority: place.text,
                timeout: timeout,
                clock: clock,
                way: options.eventsWay == .unary ? .unary : .stream,
                events: bytes,
                onFinished: onEvents
            )
            remote = carrier
            lineCarrier = nil
            events.carrier = carrier
        }
        reads.carrier = readCarrier
        writes.carrier = writeCarrier

        let probe = Probe(player: plan.players, stat: plan.witness?.stat ?? 0, ledger: ledger)
        let poster = LinePoster(host: setup.ingest.text, events: bytes)
        let probeWriter = carrier(
            ingest,
            .init(
                request: { poster.request($0) },
                wantsBody: { _ in true },
                verdict: { _, head, body, sentAt, now in
                    probe.judgeWrite(head, body, sentAt: sentAt, now: now)
                }
            )
        ) { arrivals, outcome, _, _ in if !arrivals.isEmpty { probe.finished(outcome) } }
        let probeReader = carrier(
            front,
            .init(
                request: { text.read($0[0]) },
                wantsBody: { _ in false },
                verdict: { _, head, _, _, now in probe.judgeRead(head, now: now) }
            )
        ) { arrivals, outcome, _, _ in if !arrivals.isEmpty { probe.finished(outcome) } }
        probe.use(writer: probeWriter, reader: probeReader)

        self.verdict = verdict
        (self.reads, self.writes, self.events) = (reads, writes, events)
        (self.readCarrier, self.writeCarrier) = (readCarrier, writeCarrier)
        self.probe = probe
        probeCarriers = [probeWriter, probeReader]
        http = [readCarrier, writeCarrier] + [lineCarrier].compactMap(\.self)
    }

    /// Dials all connections that the options ask for.
    func open(_ options: LoadTestOptions) {
        readCarrier.open(options.connections)
        writeCarrier.open(options.connections)
        lineCarrier?.open(options.eventConnections)
        remote?.open(options.eventConnections)
    }

    /// Connections that stand, of the load's own.
    var connectionCount: Int {
        http.map(\.connectionCount).reduce(0, +) + (remote?.connectionCount ?? 0)
    }

    var pending: Int { reads.pending + writes.pending + events.pending }

    func pump(now: Int64) {
        reads.pump(now: now)
        writes.pump(now: now)
        events.pump(now: now)
    }

    func sweep(now: Int64) {
        for carrier in http + probeCarriers { carrier.sweep(now: now) }
        remote?.sweep(now: now)
    }

    /// Ends all; what is not answered by now is accounted for as that.
    func end(now: Int64) {
        for lane in [reads, writes, events] { lane.abandon(now: now) }
        probe?.end(now: now)
        for carrier in http + probeCarriers { carrier.close(now: now) }
        remote?.close(now: now)
    }
}

/// What a generator is made of; values only, so that they can go to its event loop.
struct GeneratorSetup: Sendable {
    let options: LoadTestOptions
    let plan: GamePlan
    let ids: PlayerIDs
    let tokens: PlayerTokens?
    let templates: [RequestKind: HeldTemplate]
    let samples: SampleCheck?
    let front: HostPort
    let ingest: HostPort
    let grpc: HostPort?
}
