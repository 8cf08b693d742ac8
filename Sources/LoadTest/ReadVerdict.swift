import NIOCore
import NIOHTTP1

/// Judges the front's answers: status, head, offset, and for samples the whole body.
final class ReadVerdict {
    private(set) var checks = Checks()
    /// `Age` of the newest answer in seconds, -1 before the first.
    private(set) var age = -1
    private let templates: [RequestKind: HeldTemplate]
    private let samples: SampleCheck?
    private let ledger: SharedLedger

    init(templates: [RequestKind: HeldTemplate], samples: SampleCheck?, ledger: SharedLedger) {
        (self.templates, self.samples, self.ledger) = (templates, samples, ledger)
    }

    func judge(
        _ arrivals: [Arrival],
        _ head: HTTPResponseHead,
        _ body: ByteBuffer?,
        sentAt: Int64,
        now: Int64
    ) -> Outcome {
        let isRight = head.status == .ok
        checks.status.count(isRight)
        guard isRight, let arrival = arrivals.first else { return refusal(head) ?? .wrongStatus }
        var offset: UInt64?
        var coding: Substring?
        var isJSON = false
        var age: Int?
        for (name, value) in head.headers {
            // Told apart by length first: this runs for every answer.
            switch name.utf8.count {
            case 3 where name.lowercased() == "age": age = Int(value)
            case 12 where name.lowercased() == "content-type": isJSON = value.hasPrefix("application/json")
            case 15 where name.lowercased() == "goalpost-offset": offset = UInt64(value)
            case 16 where name.lowercased() == "content-encoding": coding = value[...]
            default: break
            }
        }
        let isWhole =
            isJSON && offset != nil && age != nil && coding.map(String.init) == arrival.coding.expected
        checks.head.count(isWhole)
        guard isWhole, let offset, let age else { return .wrongAnswer }
        self.age = age
        let isForward = ledger.value.see(player: arrival.player, offset: offset, sentAt: sentAt, now: now)
        checks.offset.count(isForward)
        if arrival.isSample, let samples, let body {
            samples.check(
                SampleCheck.Sample(
                    body: Array(body.readableBytesView),
                    coding: arrival.coding,
                    template: templates[arrival.kind],
                    progressMin: ledger.value.progressMin(player: arrival.player, offset: offset),
                    about: "\(arrival.kind.name) of player \(arrival.player) at offset \(offset)"
                )
            )
        }
        return isForward ? .answered : .wrongAnswer
    }

    /// Judges the write side's answer to a player.
    func judgeWrite(_ head: HTTPResponseHead) -> Outcome {
        let isRight = head.status == .accepted
        checks.status.count(isRight)
        return isRight ? .answered : refusal(head) ?? .wrongStatus
    }

    /// Counts an event's answer, whose status is the outcome.
    func countEvent(_ outcome: Outcome) {
        if outcome == .answered || outcome == .wrongStatus || outcome == .wrongAnswer {
            checks.status.count(outcome == .answered)
        }
    }

    private func refusal(_ head: HTTPResponseHead) -> Outcome? {
        head.status == .tooManyRequests || head.status == .serviceUnavailable ? .refused : nil
    }
}

/// The one ledger that reads, events and the probe share on their event loop.
final class SharedLedger {
    var value: Ledger
    init(_ value: Ledger) { self.value = value }
}
