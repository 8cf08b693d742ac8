package import Disk
package import EventLog
package import Goals
package import Ingest

/// Writes batches: known ids are found, refused lines kept, and the rest becomes one durable frame.
///
/// All calls block; it belongs to one task at a time.
package final class IntakeWriter {
    let writer: LogWriter
    let directory: LogDirectory
    let quarantineDirectory: String
    let makeQuarantine: () -> Quarantine
    private var quarantine: Quarantine
    var longLines = LongLines()
    private var window: DedupeWindow
    private let deduplicates: Bool
    let now: @Sendable () -> Timestamp

    /// What was mended on opening.
    package var recovery: RecoveryReport { writer.recovery }
    package var nextOffset: UInt64 { writer.nextOffset }

    /// Opens the log, mends what a crash left, and remembers its newest ids.
    ///
    /// Throws `.log` where the log cannot be used or another writer holds it, and `.noConfiguration`.
    package static func open(
        volume: any Volume,
        logDirectory: String,
        quarantineDirectory: String,
        namespace: Identifier,
        window: DedupeWindow,
        limits: LogLimits = LogLimits(),
        now: @escaping @Sendable () -> Timestamp
    ) throws(IntakeError) -> sending IntakeWriter {
        do throws(LogError) {
            let writer = try LogWriter.open(
                volume: volume,
                directory: logDirectory,
                limits: limits,
                now: { now().milliseconds }
            )
            let directory = LogDirectory(volume: volume, path: logDirectory)
            guard try directory.configurations.offsets().contains(where: { $0 <= writer.nextOffset }) else {
                writer.close()
                throw LogError.configurationRefused(reason: "")
            }
            var (window, preparer) = (window, EventPreparer(namespace: namespace))
            try window.recall(directory, end: writer.nextOffset, &preparer)
            return IntakeWriter(writer, directory, quarantineDirectory, window, now) {
                Quarantine(volume: volume, directory: quarantineDirectory)
            }
        } catch {
            if case .configurationRefused = error { throw .noConfiguration(directory: logDirectory) }
            throw .log(error)
        }
    }

    private init(
        _ writer: LogWriter,
        _ directory: LogDirectory,
        _ quarantineDirectory: String,
        _ window: DedupeWindow,
        _ now: @escaping @Sendable () -> Timestamp,
        _ makeQuarantine: @escaping () -> Quarantine
    ) {
        self.writer = writer
        self.directory = directory
        self.quarantineDirectory = quarantineDirectory
        self.window = window
        self.now = now
        self.makeQuarantine = makeQuarantine
        quarantine = makeQuarantine()
        deduplicates = window.capacity > 0
    }

    /// Writes the batches as one frame and says what became of each event; durable when it returns.
    ///
    /// A batch of a named source is the only one of its call. Throws `.unavailable` with none of the events in the
    /// log or known as duplicates.
    func commit(_ batches: [EventBatch], _ figures: IntakeFigures) throws(IntakeError) -> [BatchOutcome] {
        let start = ContinuousClock.now
        try recover()
        let claim = batches.last?.source
        if let claim {
            let position = writer.sourcePosition(of: claim.name) ?? 0
            guard position == claim.committed else { return [BatchOutcome(movedTo: position)] }
        }
        let time = now()
        try keepRefused(batches, time)
        var frame = FrameDraft(
            offset: writer.nextOffset,
            capacity: batches.reduce(0) { $0 + $1.records.count },
            recordsMax: deduplicates ? batches.reduce(0) { $0 + $1.count } : 0
        )
        var results: [[ItemResult]] = []
        results.reserveCapacity(batches.count)
        for batch in batches { results.append(take(batch, time, &frame)) }
        if frame.recordCount > 0 {
            frame.content.source = claim.map { SourcePosition(name: $0.name, byteOffset: $0.end) }
            do throws(LogError) {
                _ = try writer.append(frame.content)
            } catch {
                throw .unavailable(reason: error.description)
            }
            for (index, key) in frame.keys.enumerated() {
                window.insert(key, offset: frame.offset + UInt64(index), now: time.milliseconds)
            }
        }
        figures.committed(batches, results, frame.content.bytes.count, ContinuousClock.now - start)
        let position = claim.flatMap { writer.sourcePosition(of: $0.name) } ?? 0
        return results.map { BatchOutcome($0, position: position, nextOffset: writer.nextOffset) }
    }

    /// Seals the segment where it is due; recovers first where a write failed.
    func tend() throws(IntakeError) {
        try recover()
        do throws(LogError) {
            _ = try writer.rollIfDue()
        } catch {
            throw .unavailable(reason: error.description)
        }
    }

    /// Releases the log; its segment stays open for the next writer.
    package func close() { writer.close() }

    /// Goes back to what was acknowledged, after a failed write: with a new descriptor, never the failed one.
    func recover() throws(IntakeError) {
        guard writer.isPoisoned else { return }
        do throws(LogError) {
            try writer.reopen()
        } catch {
            throw .unavailable(reason: error.description)
        }
    }

    private func keepRefused(_ batches: [EventBatch], _ time: Timestamp) throws(IntakeError) {
        do throws(DiskError) {
            for batch in batches {
                for refusal in batch.refusals { try keep(refusal, of: batch.source?.name, time) }
            }
            try quarantine.sync()
        } catch {
            // Its file may end in half an entry: a new one begins by cutting that off.
            renewQuarantine()
            throw .unavailable(reason: error.description)
        }
    }

    private func keep(
        _ refusal: EventBatch.Refusal,
        of source: String?,
        _ time: Timestamp
    ) throws(DiskError) {
        if refusal.isOversized {
            try quarantine.addOversized(
                refusal.line.span,
                isLast: true,
                source: source,
                byteOffset: refusal.byteOffset,
                now: time
            )
        } else {
            try quarantine.add(
                line: refusal.line.span,
                fault: refusal.fault,
                source: source,
                byteOffset: refusal.byteOffset,
                now: time
            )
        }
    }

    /// Opens the quarantine's files anew with the next refused line.
    func renewQuarantine() { quarantine = makeQuarantine() }

    /// The frame that is being put together.
    private struct FrameDraft {
        let offset: UInt64
        var content: FrameContent
        /// The id of each record, in order.
        var keys: [DedupeKey] = []
        /// The same, to be found; what a failed write throws away.
        var pending: [DedupeKey: UInt64] = [:]

        var recordCount: UInt32 { content.recordCount }
        var nextOffset: UInt64 { offset + UInt64(content.recordCount) }

        init(offset: UInt64, capacity: Int, recordsMax: Int) {
            self.offset = offset
            content = FrameContent(bytes: [], recordCount: 0, leastTime: .max, greatestTime: .min)
            content.bytes.reserveCapacity(capacity)
            keys.reserveCapacity(recordsMax)
            pending.reserveCapacity(recordsMax)
        }
    }

    private func take(_ batch: EventBatch, _ time: Timestamp, _ frame: inout FrameDraft) -> [ItemResult] {
        var results: [ItemResult] = []
        results.reserveCapacity(batch.count)
        // Records are copied in runs between duplicates.
        var (runStart, start) = (0, 0)
        for entry in batch.entries {
            switch entry {
            case .otherNamespace: results.append(.otherNamespace)
            case .rejected(let fault): results.append(.rejected(fault))
            case .event(let end, _, let eventTime, let key):
                if let known = known(key, time, frame) {
                    results.append(.duplicate(offset: known))
                    frame.content.bytes.append(contentsOf: batch.records[runStart..<start])
                    runStart = end
                } else {
                    let offset = frame.nextOffset
                    results.append(.accepted(offset: offset))
                    if deduplicates {
                        frame.keys.append(key)
                        frame.pending[key] = offset
                    }
                    frame.content.recordCount += 1
                    frame.content.leastTime = min(frame.content.leastTime, eventTime)
                    frame.content.greatestTime = max(frame.content.greatestTime, eventTime)
                }
                start = end
            }
        }
        frame.content.bytes.append(contentsOf: batch.records[runStart..<start])
        return results
    }

    private func known(_ key: DedupeKey, _ time: Timestamp, _ frame: FrameDraft) -> UInt64? {
        guard deduplicates else { return nil }
        return window.offset(of: key, now: time.milliseconds) ?? frame.pending[key]
    }
}
