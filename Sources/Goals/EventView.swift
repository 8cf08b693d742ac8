/// A string of a scanned event: where its bytes are.
package struct EventText: Equatable, Sendable {
    /// In the line, or in the scanner's scratch where escapes were resolved.
    package var range: Range<Int> = 0..<0
    package var isDecoded = false
}

/// One event as `EventScanner` found it: numbers by value, strings as places in the line.
///
/// Fields of other kinds than `kind` keep their defaults. Valid until the scanner's next call.
package struct EventView: Sendable {
    package var kind = EventKind.userLoggedIn
    /// Empty when the line has none (absent, null or ""): ingest fills one in.
    package var id = EventText()
    /// Where to fill in an id or timestamp: the value to be replaced, nil when the key is absent.
    package var emptyIDValue: Range<Int>?
    package var emptyTimestampValue: Range<Int>?
    /// Nil when absent or null: ingest takes the receive time.
    package var time: Timestamp?
    package var user = EventText()
    package var statCode = EventText()
    /// `latestValue` of a stat; finite.
    package var value = 0.0
    package var challengeID = EventText()
    package var goalID = EventText()
    package var isActive = false
    package var claimEventID = EventText()
    /// The producer that the id is unique within, empty where none is named; found where `checks` is on.
    package var source = EventText()
}
