package import Goals

/// Decides over one event at a time: into the log, a duplicate, another namespace's, or refused with a reason.
///
/// Fills in what may be missing (id, timestamp) and keeps every other byte of the line as it came.
package struct EventAdmission: Sendable {
    package enum Decision: Sendable, Equatable {
        /// The record was appended to the batch.
        case accepted(time: Timestamp)
        /// Its id is in the window: acknowledged with the offset it has.
        case duplicate(offset: UInt64)
        case otherNamespace
        case rejected(EventFault)
    }

    /// Where a line came from, for the id it may need.
    package enum Origin: Sendable {
        case source(String, byteOffset: UInt64)
        case unnamed
    }

    private var scanner: EventScanner
    private var window: DedupeWindow
    private var random = SystemRandomNumberGenerator()

    package init(namespace: Identifier, window: DedupeWindow) {
        scanner = EventScanner(namespace: namespace, checks: true)
        self.window = window
    }

    /// Checks `line` (no line end) and, when accepted, appends it and a newline to `batch`.
    ///
    /// `offset` is the offset the record gets; an accepted id is in the window from then on.
    package mutating func admit(
        _ line: Span<UInt8>,
        origin: Origin,
        offset: UInt64,
        now: Timestamp,
        into batch: inout [UInt8]
    ) -> Decision {
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
        let noScope: [UInt8] = []
        let start = batch.count
        if view.id.range.isEmpty {
            let id = Array(newID(origin, now).utf8)
            let known = window.offset(scope: noScope.span, id: id.span, now: now.milliseconds)
            if let known { return .duplicate(offset: known) }
            fill(line, view, id: id, now: now, into: &batch)
            window.insert(scope: noScope.span, id: id.span, offset: offset, now: now.milliseconds)
        } else {
            let known = scanner.with(view.id, in: line) { id in
                window.offset(scope: noScope.span, id: id, now: now.milliseconds)
            }
            if let known { return .duplicate(offset: known) }
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
        if !view.id.range.isEmpty {
            let scanner = scanner
            scanner.with(view.id, in: line) { id in
                window.insert(scope: noScope.span, id: id, offset: offset, now: now.milliseconds)
            }
        }
        batch.append(UInt8(ascii: "\n"))
        return .accepted(time: view.time ?? now)
    }

    /// Remembers a record that is in the log already, when a window is built anew.
    ///
    /// `receivedAt` is when it was committed, milliseconds since 1970.
    package mutating func remember(_ record: Span<UInt8>, offset: UInt64, receivedAt: Int64) {
        let view: EventView
        do throws(EventFault) {
            guard case .event(let event) = try scanner.scan(record, now: nil) else { return }
            view = event
        } catch {
            // Not one of ours: another writer's record has no id to remember.
            return
        }
        let noScope: [UInt8] = []
        let scanner = scanner
        scanner.with(view.id, in: record) { id in
            window.insert(scope: noScope.span, id: id, offset: offset, now: receivedAt)
        }
    }

    /// Whether `record` is what `line` became when it was accepted: itself, or with an id or timestamp filled in.
    package mutating func isRecord(_ record: ArraySlice<UInt8>, of line: ArraySlice<UInt8>) -> Bool {
        let range = Self.trimmedRange(line.span)
        let line = Array(line)[range]
        let view: EventView
        do throws(EventFault) {
            guard case .event(let event) = try scanner.scan(line.span, now: nil) else { return false }
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
    private static func trimmedRange(_ line: Span<UInt8>) -> Range<Int> {
        var start = 0
        var end = line.count
        while start < end, isSpace(line[start]) { start += 1 }
        while end > start, isSpace(line[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
}
