package import EventLog
package import Goals

/// Decides over one event at a time: into the log, a duplicate, another namespace's, or refused with a reason.
///
/// `EventPreparer` checks the line; this adds the window of ids that are known already.
package struct EventAdmission: Sendable {
    package enum Decision: Sendable, Equatable {
        /// The record was appended to the batch.
        case accepted(time: Timestamp)
        /// Its id is in the window: acknowledged with the offset it has.
        case duplicate(offset: UInt64)
        case otherNamespace
        case rejected(EventFault)
    }

    private var preparer: EventPreparer
    private var window: DedupeWindow

    /// `takesDeliveries` false refuses `rewardDelivered`.
    package init(namespace: Identifier, window: DedupeWindow, takesDeliveries: Bool = true) {
        preparer = EventPreparer(namespace: namespace, takesDeliveries: takesDeliveries)
        self.window = window
    }

    /// Checks `line` (no line end) and, when accepted, appends it and a newline to `batch`.
    ///
    /// `offset` is the offset the record gets; an accepted id is in the window from then on.
    package mutating func admit(
        _ line: Span<UInt8>,
        origin: EventPreparer.Origin,
        offset: UInt64,
        now: Timestamp,
        into batch: inout [UInt8]
    ) -> Decision {
        let start = batch.count
        switch preparer.prepare(line, origin: origin, now: now, into: &batch) {
        case .otherNamespace: return .otherNamespace
        case .rejected(let fault): return .rejected(fault)
        case .event(_, let time, let key):
            if let known = window.offset(of: key, now: now.milliseconds) {
                batch.removeSubrange(start...)
                return .duplicate(offset: known)
            }
            window.insert(key, offset: offset, now: now.milliseconds)
            return .accepted(time: time)
        }
    }

    /// Remembers the ids of the newest records before `end`, when a window is built anew.
    package mutating func recall(_ directory: LogDirectory, end: UInt64) throws(LogError) {
        try window.recall(directory, end: end, &preparer)
    }

    /// Whether `record` is what `line` became when it was accepted: itself, or with an id or timestamp filled in.
    package mutating func isRecord(_ record: ArraySlice<UInt8>, of line: ArraySlice<UInt8>) -> Bool {
        let range = EventPreparer.trimmedRange(line.span)
        let line = Array(line)[range]
        let view: EventView
        do throws(EventFault) {
            guard case .event(let event) = try preparer.scan(line.span, now: nil) else { return false }
            view = event
        } catch {
            return false
        }
        if !view.id.range.isEmpty, view.time != nil { return record == line }
        // What was filled in stands in front or in place of an empty value: all behind the last one is as it came.
        let lastFilled = max(view.emptyIDValue?.upperBound ?? 1, view.emptyTimestampValue?.upperBound ?? 1)
        return record.count > line.count - 8
            && record.suffix(line.count - lastFilled) == line.dropFirst(lastFilled)
    }
}
