package import Goals

/// What became of one event that was handed over; given only after the log is durable.
package enum ItemResult: Sendable, Equatable {
    /// It is in the log at this offset.
    case accepted(offset: UInt64)
    /// Its id is known: the event is in the log already, at this offset.
    case duplicate(offset: UInt64)
    /// It belongs to another namespace, and was counted and dropped.
    case otherNamespace
    /// It is no event; in a batch it is kept in quarantine.
    case rejected(EventFault)
}
