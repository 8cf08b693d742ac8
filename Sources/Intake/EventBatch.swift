package import Goals
package import Ingest

/// Events of one caller that were checked and wait to be written, with what was refused among them.
package struct EventBatch: Sendable {
    /// What became of one event, in the order of their coming.
    package enum Entry: Sendable {
        /// The record ends at `end` of `records` and begins where the one before it ends; time in milliseconds.
        case event(end: Int, kind: EventKind, time: Int64, key: DedupeKey)
        case otherNamespace
        case rejected(EventFault)
    }

    /// A refused text, for quarantine.
    package struct Refusal: Sendable {
        package let line: [UInt8]
        package let fault: EventFault
        let byteOffset: UInt64
        /// Longer than an event may be: it gets a file of its own.
        var isOversized = false
    }

    /// Whole lines, one a record.
    package private(set) var records: [UInt8] = []
    package private(set) var entries: [Entry] = []
    package private(set) var refusals: [Refusal] = []
    private var refusedBytes = 0
    /// Refused lines go to quarantine; a caller who gets an error for its one event needs none.
    package let keepsRefused: Bool
    /// Where its lines stand in a named source, whose position is committed with them.
    package private(set) var source: SourceClaim?

    package init(keepsRefused: Bool) { self.keepsRefused = keepsRefused }

    /// A batch of a named source's lines: ids are derived from their places, and refused lines are kept.
    package init(source: SourceClaim) {
        keepsRefused = true
        self.source = source
    }

    package var isEmpty: Bool { entries.isEmpty }
    /// Events of whatever outcome.
    package var count: Int { entries.count }
    /// Bytes it takes while it waits.
    package var byteCount: Int {
        records.count + refusedBytes + entries.count * MemoryLayout<Entry>.stride
    }

    /// Checks one event's text, which has no line end, and takes it or its refusal in.
    ///
    /// `byteOffset` is its place in the caller's request or source. Says whether it was refused.
    @discardableResult
    package mutating func add(
        _ line: Span<UInt8>,
        byteOffset: UInt64,
        now: Timestamp,
        _ preparer: inout EventPreparer
    ) -> Bool {
        let origin: EventPreparer.Origin =
            if let source { .source(source.name, byteOffset: byteOffset) } else { .unnamed }
        switch preparer.prepare(line, origin: origin, now: now, into: &records) {
        case .event(let kind, let time, let key):
            entries.append(.event(end: records.count, kind: kind, time: time.milliseconds, key: key))
        case .otherNamespace: entries.append(.otherNamespace)
        case .rejected(let fault):
            refuse(line, fault, byteOffset: byteOffset)
            return true
        }
        return false
    }

    /// Says that all of the source before `position` was added; committed with the batch's records.
    package mutating func cover(_ position: UInt64) { source?.end = position }

    /// Takes a line in that is longer than an event may be.
    package mutating func refuseOversized(_ line: Span<UInt8>, byteOffset: UInt64) {
        let fault = EventFault(
            .tooLong,
            "is \(line.count) bytes long; an event has at most \(EventScanner.eventBytesMax)"
        )
        refuse(line, fault, byteOffset: byteOffset)
        if keepsRefused { refusals[refusals.count - 1].isOversized = true }
    }

    /// Takes a text in that was found to be no event before it could be checked.
    package mutating func refuse(_ line: Span<UInt8>, _ fault: EventFault, byteOffset: UInt64) {
        entries.append(.rejected(fault))
        guard keepsRefused else { return }
        refusals.append(
            Refusal(line: line.withUnsafeBufferPointer { Array($0) }, fault: fault, byteOffset: byteOffset)
        )
        refusedBytes += line.count + 128
    }
}
