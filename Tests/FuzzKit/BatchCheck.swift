import Foundation
package import Goals
import Ingest
package import Intake

/// What has to be true of a batch, whatever was added to it.
///
/// What is accepted is one line, JSON to Foundation, and reads back the way the fold reads as the event that it was
/// accepted as; what is refused left nothing behind.
package struct BatchCheck {
    /// Records seen.
    package private(set) var accepted = 0
    private let now: Timestamp
    /// As ingest reads, and as the fold does.
    private var strict: EventScanner
    private var fold = EventScanner(namespace: nil, checks: false)
    private var preparer: EventPreparer

    package init(namespace: Identifier, now: Timestamp) {
        self.now = now
        strict = EventScanner(namespace: namespace, checks: true)
        preparer = EventPreparer(namespace: namespace)
    }

    /// `added` are the texts that were added, in order; throws `FuzzFault` for what should not be.
    package mutating func check(_ batch: EventBatch, added: [[UInt8]]) throws {
        guard batch.count == added.count else {
            throw FuzzFault("\(batch.count) results of \(added.count) texts")
        }
        var (start, refused) = (0, 0)
        for (entry, text) in zip(batch.entries, added) {
            switch entry {
            case .otherNamespace: break
            case .rejected(let fault):
                if batch.keepsRefused {
                    guard refused < batch.refusals.count, batch.refusals[refused].line == text,
                        batch.refusals[refused].fault == fault
                    else { throw Self.fault("its refusal is not kept as it came", text) }
                }
                refused += 1
            case .event(let end, let kind, let time, let key):
                guard start < end, end <= batch.records.count else {
                    throw Self.fault("its record ends at \(end), where it begins at \(start)", text)
                }
                let line = Array(batch.records[start..<end])
                start = end
                guard line.last == 0x0A, !line.dropLast().contains(0x0A) else {
                    throw Self.fault("its record is not one line", text)
                }
                let record = Array(line.dropLast())
                try checkRecord(record, text, kind, time)
                guard preparer.key(ofRecord: record.span) == key else {
                    throw Self.fault("its record is not known again", text)
                }
                accepted += 1
                if accepted.isMultiple(of: 16) { try checkJSON(record) }
            }
        }
        guard start == batch.records.count else {
            throw FuzzFault("\(batch.records.count - start) bytes of no record, after \(added.last ?? [])")
        }
        guard batch.refusals.count == (batch.keepsRefused ? refused : 0) else {
            throw FuzzFault("\(batch.refusals.count) refusals kept of \(refused)")
        }
    }

    private mutating func checkRecord(
        _ record: [UInt8],
        _ text: [UInt8],
        _ kind: EventKind,
        _ milliseconds: Int64
    ) throws {
        // White space around it is no part of a record.
        let (first, last) = (text.firstIndex(of: UInt8(ascii: "{")), text.lastIndex(of: UInt8(ascii: "}")))
        guard let first, let last, first < last else { throw Self.fault("it is no object", text) }
        let source = Array(text[first...last])
        guard case .event(let sent) = try strict.scan(source.span, now: now) else {
            throw Self.fault("it is of another namespace", text)
        }
        let (id, user) = (strict.bytes(sent.id, in: source.span), strict.bytes(sent.user, in: source.span))
        guard record.count <= EventScanner.eventBytesMax,
            case .event(let view) = try fold.scan(record.span, now: nil)
        else { throw Self.fault("its record is no event", text) }
        guard view.kind == kind, sent.kind == kind, view.time == sent.time ?? now,
            view.time?.milliseconds == milliseconds, fold.bytes(view.user, in: record.span) == user
        else { throw Self.fault("its record says something else", text) }
        let recorded = fold.bytes(view.id, in: record.span)
        guard id.isEmpty ? !recorded.isEmpty : recorded == id else {
            throw Self.fault("its record has another id", text)
        }
        if !id.isEmpty, sent.time != nil, record != source {
            throw Self.fault("its record has other bytes, where none was missing", text)
        }
    }

    /// Foundation's opinion, the second one.
    private mutating func checkJSON(_ record: [UInt8]) throws {
        let event: [String: Any]?
        do {
            event = try JSONSerialization.jsonObject(with: Data(record)) as? [String: Any]
        } catch {
            throw Self.fault("Foundation does not read it: \(error)", record)
        }
        // Of two keys that differ by a U+FEFF in nothing else Foundation keeps either.
        if String(decoding: record, as: UTF8.self).unicodeScalars.contains("\u{FEFF}") { return }
        guard case .event(let view) = try fold.scan(record.span, now: nil), let event,
            let id = event["id"] as? String, let user = event["userId"] as? String,
            event["name"] as? String == "\(view.kind.name)"
        else { throw Self.fault("Foundation reads it otherwise", record) }
        // Foundation drops a U+FEFF at the start of a string, and behind an escape.
        func isSame(_ text: String, _ field: EventText) -> Bool {
            let read = String(decoding: fold.bytes(field, in: record.span), as: UTF8.self)
            return Self.unmarked(text) == Self.unmarked(read)
        }
        guard isSame(id, view.id), isSame(user, view.user) else {
            throw Self.fault("Foundation reads another id or player", record)
        }
    }

    /// The scalars but U+FEFF.
    private static func unmarked(_ text: String) -> [UInt32] {
        text.unicodeScalars.map(\.value).filter { $0 != 0xFEFF }
    }

    private static func fault(_ what: String, _ text: [UInt8]) -> FuzzFault {
        FuzzFault("\(what): \(String(decoding: text, as: UTF8.self).debugDescription), bytes \(text)")
    }
}
