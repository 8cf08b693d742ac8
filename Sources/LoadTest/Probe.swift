import NIOCore
import NIOHTTP1

/// Measures how long an acknowledged event takes to be seen: one player of its own, an event a second, and a look at
/// the front five times a second until the answer's offset is beyond it.
///
/// Belongs to its event loop. Its requests are not part of the load's figures.
final class Probe {
    private static let writeEvery: Int64 = 1_000_000_000
    private static let lookEvery: Int64 = 200_000_000
    /// Events that may wait to be seen; beyond it no more are sent until some are.
    private static let unseenMax = 4096

    struct Figures: Sendable {
        var seen = 0
        /// Sent and acknowledged, but not seen when the test ended.
        var unseen = 0
        /// From the acknowledgement to being seen, in milliseconds.
        var lag = LatencyBook()
        /// The longest of them in nanoseconds, which a histogram would cut off; nil where none was seen.
        var lagMax: Int64?
        /// The longest that one still waited at the end, in nanoseconds.
        var unseenMax: Int64 = 0
        var failures = 0
        /// Where the log ended when the newest event was acknowledged.
        var logEnd: UInt64 = 0
        var accepted = 0
    }

    private(set) var figures = Figures()
    private let player: Int
    private let stat: Int
    private let ledger: SharedLedger
    private var unseen: [(offset: UInt64, acknowledgedAt: Int64)] = []
    private var value = 0
    private var nextWrite: Int64 = 0
    private var nextLook: Int64 = 0
    private var writer: HTTPCarrier?
    private var reader: HTTPCarrier?

    init(player: Int, stat: Int, ledger: SharedLedger) {
        (self.player, self.stat, self.ledger) = (player, stat, ledger)
    }

    /// Gives it its connections: one to the write side, one to the front.
    func use(writer: HTTPCarrier, reader: HTTPCarrier) {
        (self.writer, self.reader) = (writer, reader)
        writer.open(1)
        reader.open(1)
    }

    /// Does what is due.
    func tick(now: Int64) {
        if now >= nextWrite, unseen.count < Self.unseenMax, let writer, writer.hasRoom {
            nextWrite = now + Self.writeEvery
            value += 1
            writer.send([arrival(.stat, now)], now: now)
        }
        if now >= nextLook, !unseen.isEmpty, let reader, reader.hasRoom {
            nextLook = now + Self.lookEvery
            reader.send([arrival(.activeOnly, now)], now: now)
        }
    }

    private func arrival(_ kind: RequestKind, _ now: Int64) -> Arrival {
        // Numbers of its own, far above those of the load.
        Arrival(
            intended: now,
            kind: kind,
            number: 1 << 62 + UInt64(value),
            player: player,
            target: stat,
            value: value,
            coding: .zstd
        )
    }

    func judgeWrite(_ head: HTTPResponseHead, _ body: ByteBuffer?, sentAt: Int64, now: Int64) -> Outcome {
        guard head.status == .ok, let body, let offset = Self.firstOffset(body) else { return .wrongAnswer }
        figures.accepted += 1
        figures.logEnd = max(figures.logEnd, offset + 1)
        ledger.value.mark(offset: offset, sentAt: sentAt)
        unseen.append((offset, now))
        return .answered
    }

    func judgeRead(_ head: HTTPResponseHead, now: Int64) -> Outcome {
        guard head.status == .ok,
            let offset = head.headers.first(name: "Goalpost-Offset").flatMap({ UInt64($0) })
        else { return .wrongAnswer }
        while let first = unseen.first, first.offset < offset {
            let lag = now - first.acknowledgedAt
            figures.lag.record(lag)
            figures.lagMax = max(figures.lagMax ?? 0, lag)
            figures.seen += 1
            unseen.removeFirst()
        }
        return .answered
    }

    func finished(_ outcome: Outcome) {
        if outcome.isFailure, outcome != .unanswered { figures.failures += 1 }
    }

    /// Accounts for what was not seen yet.
    func end(now: Int64) {
        figures.unseen = unseen.count
        figures.unseenMax = unseen.first.map { now - $0.acknowledgedAt } ?? 0
    }

    /// The number behind `"firstOffset":`.
    static func firstOffset(_ body: ByteBuffer) -> UInt64? {
        let text = String(buffer: body)
        guard let place = text.firstRange(of: "\"firstOffset\":") else { return nil }
        return UInt64(text[place.upperBound...].prefix { $0.isNumber })
    }
}
