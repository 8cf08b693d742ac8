import EventLog
package import Goals
import Synchronization

/// Counts what came in and what became of it, for `/metrics`.
package final class IntakeFigures: Sendable {
    /// Upper bounds of the commit latency's buckets, in seconds.
    package static let latencyBounds = [
        0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
    ]
    /// Upper bounds of the frame size's buckets, in records.
    package static let recordBounds = [1.0, 10, 100, 1000, 10_000, 100_000]

    /// Values with how many lie at or below each bound.
    package struct Histogram: Sendable {
        package let bounds: [Double]
        /// One more than there are bounds; not cumulative.
        package private(set) var counts: [UInt64]
        package private(set) var sum = 0.0

        init(_ bounds: [Double]) {
            self.bounds = bounds
            counts = Array(repeating: 0, count: bounds.count + 1)
        }

        mutating func add(_ value: Double) {
            counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
            sum += value
        }
    }

    /// All figures at one moment.
    package struct Snapshot: Sendable {
        package fileprivate(set) var accepted: [EventKind: UInt64] = [:]
        package fileprivate(set) var duplicates: [EventKind: UInt64] = [:]
        package fileprivate(set) var otherNamespace: UInt64 = 0
        package fileprivate(set) var rejected: [EventFault.Reason: UInt64] = [:]
        package fileprivate(set) var quarantined: UInt64 = 0
        /// Bytes of records, before compression.
        package fileprivate(set) var recordBytes: UInt64 = 0
        package fileprivate(set) var overloaded: UInt64 = 0
        package fileprivate(set) var unavailable: UInt64 = 0
        /// Seconds from taking a frame's batches to their being durable.
        package fileprivate(set) var commitSeconds = Histogram(IntakeFigures.latencyBounds)
        package fileprivate(set) var frameRecords = Histogram(IntakeFigures.recordBounds)
    }

    private let state = Mutex(Snapshot())

    package var snapshot: Snapshot { state.withLock { $0 } }

    func committed(
        _ batches: [EventBatch],
        _ results: [[ItemResult]],
        _ recordBytes: Int,
        _ duration: Duration
    ) {
        let (seconds, attoseconds) = duration.components
        state.withLock { figures in
            var records = 0
            for (batch, results) in zip(batches, results) {
                figures.quarantined += UInt64(batch.refusals.count)
                for (entry, result) in zip(batch.entries, results) {
                    switch (entry, result) {
                    case (.event(_, let kind, _, _), .accepted):
                        figures.accepted[kind, default: 0] += 1
                        records += 1
                    case (.event(_, let kind, _, _), _): figures.duplicates[kind, default: 0] += 1
                    case (.otherNamespace, _): figures.otherNamespace += 1
                    case (.rejected(let fault), _): figures.rejected[fault.reason, default: 0] += 1
                    }
                }
            }
            guard records > 0 else { return }
            figures.recordBytes += UInt64(recordBytes)
            figures.commitSeconds.add(Double(seconds) + Double(attoseconds) / 1e18)
            figures.frameRecords.add(Double(records))
        }
    }

    func keptLongLine() {
        state.withLock { figures in
            figures.rejected[.tooLong, default: 0] += 1
            figures.quarantined += 1
        }
    }

    func refused(_ error: IntakeError) {
        state.withLock { figures in
            if case .overloaded = error { figures.overloaded += 1 } else { figures.unavailable += 1 }
        }
    }
}
