import NIOCore

/// Nanoseconds since the schedule's start, of the clock that event loops go by.
struct LoadClock: Sendable {
    private let start: UInt64

    init() { start = NIODeadline.now().uptimeNanoseconds }

    var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) - Int64(start) }

    /// When an event loop reaches that time.
    func deadline(_ time: Int64) -> NIODeadline { .uptimeNanoseconds(start + UInt64(max(0, time))) }
}
