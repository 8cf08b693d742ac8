package import Goals

/// Checks one event at a time and makes the record that it becomes, without looking at what is known already.
///
/// Fills in what may be missing (id, timestamp) and keeps every other byte of the line as it came. Its work
/// depends on the line and the clock only, so that many may be at work at once.
package struct EventPreparer: Sendable {
    package enum Outcome: Sendable, Equatable {
        /// The record was appended to the batch; `key` is what a repetition is known by.
        case event(kind: EventKind, time: Timestamp, key: DedupeKey)
        case otherNamespace
        case rejected(EventFault)
    }

    /// Where a line came from, for the id it may need.
    package enum Origin: Sendable {
        case source(String, byteOffset: UInt64)
        case unnamed
    }

    private var scanner: EventScanner
    /// Reads records, which were checked as lines: with what was filled in they may have more keys than a line.
    private var recordScanner: EventScanner
    private let takesDeliveries: Bool
    private var random = SystemRandomNumberGenerator()
    /// The scope of the event being prepared; kept for its memory.
    private var scope: [UInt8] = []

    /// `takesDeliveries` false refuses `rewardDelivered`: for events of whom only the log's owner may be.
    package init(namespace: Identifier, takesDeliveries: Bool = true) {
        self.takesDeliveries = takesDeliveries
        scanner = EventScanner(namespace: namespace, checks: true)
        recordScanner = EventScanner(namespace: namespace, checks: false)
    }

    /// Checks `line` (no line end) and, when it is an event, appends its record and a newline to `batch`.
    package mutating func prepare(
        _ line: Span<UInt8>,
        origin: Origin,
        now: Timestamp,
        into batch: inout [UInt8]
    ) -> Outcome {
        let line = line.extracting(Self.trimmedRange(line))
        let view: EventView
        do throws(EventFault) {
            switch try scanner.scan(line, now: now) {
            case .otherNamespace: return .otherNamespace
            case .event(let event): view = event
            }
        } catch {
            return .rejected(error)
        }
        guard takesDeliveries || view.kind != .rewardDelivered else {
            return .rejected(
                EventFault(.notAllowed, "has the name rewardDelivered, which only the grant job writes")
            )
        }
        let start = batch.count
        let key: DedupeKey
        if view.id.range.isEmpty {
            let id = Array(newID(origin, now).utf8)
            noteScope(view, line, scanner)
            key = DedupeKey(scope: scope.span, id: id.span)
            fill(line, view, id: id, now: now, into: &batch)
        } else {
            key = self.key(of: view, in: line, scanner)
            if view.time == nil {
                fill(line, view, id: nil, now: now, into: &batch)
            } else {
                line.withUnsafeBufferPointer { batch.append(contentsOf: $0) }
            }
        }
        guard batch.count - start <= EventScanner.eventBytesMax else {
            batch.removeSubrange(start...)
            return .rejected(
                EventFault(
                    .tooLong,
                    "is longer than \(EventScanner.eventBytesMax) bytes with the id it needs"
                )
            )
        }
        batch.append(UInt8(ascii: "\n"))
        return .event(kind: view.kind, time: view.time ?? now, key: key)
    }

    /// What a repetition of a record in the log is known by; nil for another writer's record, which has no id.
    package mutating func key(ofRecord record: Span<UInt8>) -> DedupeKey? {
        do throws(EventFault) {
            guard case .event(let view) = try recordScanner.scan(record, now: nil) else { return nil }
            return key(of: view, in: record, recordScanner)
        } catch {
            // Not one of ours.
            return nil
        }
    }

    mutating func scan(_ line: Span<UInt8>, now: Timestamp?) throws(EventFault) -> EventScanner.Result {
        try scanner.scan(line, now: now)
    }

    private mutating func key(
        of view: EventView,
        in line: Span<UInt8>,
        _ scanner: EventScanner
    ) -> DedupeKey {
        noteScope(view, line, scanner)
        let scope = scope
        return scanner.with(view.id, in: line) { id in DedupeKey(scope: scope.span, id: id) }
    }

    /// The scope of an event's id, found from the event alone so that it can be found again in the log.
    ///
    /// A player's request is known within that player: nobody's key hides another's. All else is known within
    /// the producer that its `source` names, but for deliveries. The first byte keeps them apart.
    private mutating func noteScope(_ view: EventView, _ line: Span<UInt8>, _ scanner: EventScanner) {
        scope.removeAll(keepingCapacity: true)
        let text: EventText
        switch view.kind {
        case .goalActivationRequested, .rewardClaimRequested:
            scope.append(UInt8(ascii: "p"))
            text = view.user
        case .rewardDelivered:
            // Nobody else's event can take the id that a delivery will have.
            scope.append(UInt8(ascii: "d"))
            text = view.user
        default:
            guard !view.source.range.isEmpty else { return }
            scope.append(UInt8(ascii: "s"))
            text = view.source
        }
        let bytes = scanner.bytes(text, in: line)
        scope.append(contentsOf: bytes)
    }

    private mutating func newID(_ origin: Origin, _ now: Timestamp) -> String {
        switch origin {
        case .source(let source, let byteOffset): EventIDs.id(source: source, byteOffset: byteOffset)
        case .unnamed: EventIDs.uuid(milliseconds: now.milliseconds, random: (random.next(), random.next()))
        }
    }

    /// Appends the line with an id, a timestamp or both: in place of an empty value, else as first keys.
    private func fill(
        _ line: Span<UInt8>,
        _ view: EventView,
        id: [UInt8]?,
        now: Timestamp,
        into batch: inout [UInt8]
    ) {
        let idValue = id.map { [UInt8(ascii: "\"")] + $0 + [UInt8(ascii: "\"")] }
        let timeValue = view.time == nil ? Array("\"\(RFC3339.text(now))\"".utf8) : nil
        var replacements: [(range: Range<Int>, value: [UInt8])] = []
        line.withUnsafeBufferPointer { text in
            batch.append(UInt8(ascii: "{"))
            if let idValue {
                if let range = view.emptyIDValue {
                    replacements.append((range, idValue))
                } else {
                    batch.append(contentsOf: "\"id\":".utf8)
                    batch.append(contentsOf: idValue)
                    batch.append(UInt8(ascii: ","))
                }
            }
            if let timeValue {
                if let range = view.emptyTimestampValue {
                    replacements.append((range, timeValue))
                } else {
                    batch.append(contentsOf: "\"timestamp\":".utf8)
                    batch.append(contentsOf: timeValue)
                    batch.append(UInt8(ascii: ","))
                }
            }
            replacements.sort { $0.range.lowerBound < $1.range.lowerBound }
            var at = 1
            for (range, value) in replacements {
                batch.append(contentsOf: text[at..<range.lowerBound])
                batch.append(contentsOf: value)
                at = range.upperBound
            }
            batch.append(contentsOf: text[at...])
        }
    }

    /// The range of a line without white space around it, so that the object's brace comes first.
    static func trimmedRange(_ line: Span<UInt8>) -> Range<Int> {
        var start = 0
        var end = line.count
        while start < end, isSpace(line[start]) { start += 1 }
        while end > start, isSpace(line[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
}
