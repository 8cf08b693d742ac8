import Goals

/// Finds the records of a frame that a filter wants, parsing as few as it can.
///
/// A wanted player, stat code or event name stands in its line as a JSON string. So only lines that hold one of
/// these strings with its quotes are parsed, and lines with a backslash, in which it may be written otherwise.
struct RecordSearch {
    /// With more strings than this, every line is parsed instead: each is a search of its own.
    private static let needlesMax = 16

    private let filter: RecordFilter
    private var scanner = EventScanner(namespace: nil, checks: false)
    /// What wanted lines hold, one of them at least; empty where that says nothing.
    private let needles: [Needle]

    init(_ filter: RecordFilter) {
        self.filter = filter
        let quote = UInt8(ascii: "\"")
        let names = filter.events.map { Array($0.name.description.utf8) }
        // The rarest kind of string there is.
        let words = [filter.players, filter.statCodes, names].first { !$0.isEmpty } ?? []
        let isUseful = !words.isEmpty && words.count <= Self.needlesMax
        needles =
            isUseful ? words.map { Needle([quote] + $0 + [quote]) } + [Needle([UInt8(ascii: "\\")])] : []
    }

    /// Calls `found` with each wanted line of `text`, its line feed included, in order, until it returns false.
    ///
    /// `text` is whole lines. With `checksTime` false the caller knows that all have a wanted time.
    mutating func search(_ text: Span<UInt8>, checksTime: Bool, _ found: (Range<Int>) throws -> Bool) rethrows
    {
        if needles.isEmpty {
            var start = 0
            while start < text.count {
                let end = (LineEnd.next(in: text, from: start) ?? text.count - 1) + 1
                if isWanted(text, start..<end, checksTime), try !found(start..<end) { return }
                start = end
            }
            return
        }
        // Where each needle is next; those behind `start` are looked up when their turn comes.
        var places = needles.map { $0.place(in: text, from: 0) }
        while let place = places.min(), place < text.count {
            let start = Self.lineStart(text, before: place)
            let end = (LineEnd.next(in: text, from: place) ?? text.count - 1) + 1
            if isWanted(text, start..<end, checksTime), try !found(start..<end) { return }
            for index in places.indices where places[index] < end {
                places[index] = needles[index].place(in: text, from: end)
            }
        }
    }

    private mutating func isWanted(_ text: Span<UInt8>, _ range: Range<Int>, _ checksTime: Bool) -> Bool {
        let line = text.extracting(range.lowerBound..<(range.upperBound - 1))
        do throws(EventFault) {
            guard case .event(let event) = try scanner.scan(line, now: nil) else { return false }
            return filter.matches(event, scanner, in: line, checksTime: checksTime)
        } catch {
            // Another program wrote a line that is no event: it has no player, name, stat code or time.
            return false
        }
    }

    private static func lineStart(_ text: Span<UInt8>, before place: Int) -> Int {
        var start = place
        while start > 0, text[start - 1] != UInt8(ascii: "\n") { start -= 1 }
        return start
    }
}
