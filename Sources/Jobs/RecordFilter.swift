package import Goals

/// Which records of the log are wanted: those that satisfy every condition that is set.
package struct RecordFilter: Sendable {
    /// Offset of the first record; nil for the oldest there is.
    package var fromOffset: UInt64?
    /// First offset that is not wanted any more.
    package var toOffset: UInt64?
    /// Least event time.
    package var fromTime: Timestamp?
    /// First event time that is not wanted any more.
    package var toTime: Timestamp?
    /// Player ids as UTF-8, one of which the event has to name; empty for all.
    package var players: [[UInt8]] = []
    /// Names, one of which the event has to bear; empty for all.
    package var events: [EventKind] = []
    /// Stat codes as UTF-8, one of which the event has to name; empty for all.
    package var statCodes: [[UInt8]] = []

    package init() {}

    /// Whether records have to be looked into, whatever frame they are in.
    var looksInside: Bool { !players.isEmpty || !events.isEmpty || !statCodes.isEmpty }

    /// How the times of some records lie to the wanted ones.
    enum TimeSpan { case outside, partly, inside }

    /// Judges records by their least and greatest time, cut to milliseconds since 1970.
    func span(_ least: Int64, _ greatest: Int64) -> TimeSpan {
        let from = fromTime?.microseconds ?? .min
        let to = toTime?.microseconds ?? .max
        let (first, end) = (least.microsecondsClamped, (greatest &+ 1).microsecondsClamped)
        // `end` is the first microsecond that no record can have.
        if end <= from || first >= to { return .outside }
        return first >= from && end <= to ? .inside : .partly
    }

    /// Whether the event is wanted; its time only with `checksTime`.
    func matches(_ event: EventView, _ scanner: EventScanner, in line: Span<UInt8>, checksTime: Bool) -> Bool
    {
        if checksTime {
            guard let time = event.time else { return false }
            if let fromTime, time < fromTime { return false }
            if let toTime, time >= toTime { return false }
        }
        if !events.isEmpty, !events.contains(event.kind) { return false }
        if !statCodes.isEmpty {
            guard event.kind == .statItemUpdated else { return false }
            guard Self.contains(statCodes, event.statCode, scanner, line) else { return false }
        }
        return players.isEmpty || Self.contains(players, event.user, scanner, line)
    }

    private static func contains(
        _ wanted: [[UInt8]],
        _ text: EventText,
        _ scanner: EventScanner,
        _ line: Span<UInt8>
    ) -> Bool {
        scanner.with(text, in: line) { found in
            wanted.contains { word in
                guard word.count == found.count else { return false }
                for index in 0..<word.count where word[index] != found[index] { return false }
                return true
            }
        }
    }
}

extension Int64 {
    /// These milliseconds as microseconds, the far ends of the range standing for everything beyond.
    fileprivate var microsecondsClamped: Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: 1000)
        return overflow ? (self < 0 ? .min : .max) : product
    }
}
