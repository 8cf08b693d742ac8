package import Goals
package import Ingest

/// Events of one caller that were checked and wait to be written, with what was refused among them.
package struct EventBatch: Sendable {
    enum Entry: Sendable {
        /// The record ends at `end` of `records` and begins where the one before it ends; time in milliseconds.
        case event(end: Int, kind: EventKind, time: Int64, key: DedupeKey)
        case otherNamespace
        case rejected(EventFault)
    }

    struct Refusal: Sendable {
        let line: [UInt8]
        let fault: EventFault
        let byteOffset: UInt64
    }

    /// Whole lines, one a record.
    private(set) var records: [UInt8] = []
    private(set) var entries: [Entry] = []
    private(set) var refusals: [Refusal] = []
    private var refusedBytes = 0
    /// Refused lines go to quarantine; a caller who gets an error for its one event needs none.
    let keepsRefused: Bool

    package init(keepsRefused: Bool) { self.keepsRefused = keepsRefused }

    package var isEmpty: Bool { entries.isEmpty }
    /// Events of whatever outcome.
    package var count: Int { entries.count }
    /// Bytes it takes while it waits.
    package var byteCount: Int {
        records.count + refusedBytes + entries.count * MemoryLayout<Entry>.stride
    }

    /// Checks one event's text, which has no line end, and takes it or its refusal in.
    ///
    /// `byteOffset` is its place in the caller's request, for whoever looks into quarantine.
    package mutating func add(
        _ line: Span<UInt8>,
        byteOffset: UInt64,
        now: Timestamp,
        _ preparer: inout EventPreparer
    ) {
        switch preparer.prepare(line, origin: .unnamed, now: now, into: &records) {
        case .event(let kind, let time, let key):
            entries.append(.event(end: records.count, kind: kind, time: time.milliseconds, key: key))
        case .otherNamespace: entries.append(.otherNamespace)
        case .rejected(let fault): refuse(line, fault, byteOffset: byteOffset)
        }
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
