import Front
import NIOCore
import Testing

@Suite struct ConnectionTimesTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private static func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    private static func times() -> ConnectionTimes {
        var limits = FrontLimits()
        (limits.idleSeconds, limits.requestSeconds, limits.writeSeconds) = (60, 10, 30)
        return ConnectionTimes(limits, now: start)
    }

    private static func expect(
        _ times: ConnectionTimes,
        _ what: ConnectionTimes.Overdue,
        _ second: Int64,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(times.next?.what == what, sourceLocation: location)
        #expect(times.next?.at == at(second), sourceLocation: location)
    }

    @Test func `a quiet connection is overdue by its last request's end`() {
        var times = Self.times()
        Self.expect(times, .idle, 60)
        times.bytesCame(Self.at(5))
        times.requestEnded(Self.at(6))
        Self.expect(times, .idle, 66)
    }

    @Test func `a request is overdue by its first byte, whatever else comes`() {
        var times = Self.times()
        times.bytesCame(Self.at(5))
        times.bytesCame(Self.at(9))
        Self.expect(times, .request, 15)
        times.requestEnded(Self.at(10))
        times.bytesCame(Self.at(20))
        Self.expect(times, .request, 30)
    }

    @Test func `nobody is overdue while this side answers`() {
        var times = Self.times()
        times.bytesCame(Self.at(1))
        times.requestEnded(Self.at(2))
        times.answering(true, Self.at(2))
        #expect(times.next == nil)
        // The next request was held back meanwhile: its time begins now.
        times.bytesCame(Self.at(3))
        #expect(times.next == nil)
        times.answering(false, Self.at(50))
        Self.expect(times, .request, 60)
        times.requestEnded(Self.at(50))
        Self.expect(times, .idle, 110)
    }

    @Test func `a client that takes nothing is overdue by when that began`() {
        var times = Self.times()
        times.writable(false, Self.at(3))
        times.writable(false, Self.at(9))
        times.bytesCame(Self.at(10))
        Self.expect(times, .write, 33)
        times.writable(true, Self.at(20))
        Self.expect(times, .request, 30)
        times.requestEnded(Self.at(20))
        Self.expect(times, .idle, 80)
    }

    @Test func `a closed connection has a moment to go, unless it still has to take something`() {
        var times = Self.times()
        times.bytesCame(Self.at(1))
        times.closing(Self.at(5))
        times.closing(Self.at(6))
        Self.expect(times, .linger, 5 + Int64(FrontLimits.lingerSeconds))
        times.writable(false, Self.at(6))
        Self.expect(times, .write, 36)
    }
}
