/// Finds an event's fields in one line of JSON, in place and in one pass, whatever the order of its keys.
///
/// With `checks` on (ingest) every rule of the format is enforced: size, UTF-8, no key twice. Records of the
/// log have passed them already, so that the fold scans with `checks` off. Unknown keys are skipped.
package struct EventScanner {
    /// Longest event in bytes, line end excluded.
    package static let eventBytesMax = 65_536
    /// Longest event id in bytes: it is a key in the tables, whose index rows have a limit.
    package static let idBytesMax = 200
    /// How far ahead of the clock an event's time may be; more would make all later ones late.
    package static let aheadSecondsMax: Int64 = 86_400

    private let namespace: [UInt8]
    private let checks: Bool
    /// Where nothing has to be checked, lines in the common layout are read by `CommonLayout`.
    private let usesCommonLayout: Bool
    private var day = CommonLayout.Day()
    /// Strings whose escapes were resolved, one after another; reset by each scan.
    private var scratch: [UInt8] = []

    /// What a scan says about a well-formed line.
    package enum Result: Sendable {
        case event(EventView)
        /// An event of another namespace: counted and dropped, as the platform's streams carry several.
        case otherNamespace
    }

    /// `namespace` is the own one; nil takes every namespace (records of a log that was filtered by ingest).
    ///
    /// Without `usesCommonLayout` every line is read in general: the result is the same, for tests to see.
    package init(namespace: Identifier?, checks: Bool, usesCommonLayout: Bool = true) {
        self.namespace = namespace?.utf8 ?? []
        self.checks = checks
        self.usesCommonLayout = usesCommonLayout && !checks && namespace == nil
    }

    /// Scans one line without its line end.
    ///
    /// `now` bounds the event's time; nil sets no bound.
    package mutating func scan(_ line: Span<UInt8>, now: Timestamp?) throws(EventFault) -> Result {
        if checks, line.count > Self.eventBytesMax {
            throw EventFault(
                .tooLong,
                "is \(line.count) bytes long; an event has at most \(Self.eventBytesMax)"
            )
        }
        scratch.removeAll(keepingCapacity: true)
        if usesCommonLayout, now == nil, let view = commonView(line) { return .event(view) }
        return try line.withUnsafeBufferPointer { text throws(EventFault) in try scan(text, now: now) }
    }

    /// Lends a field's bytes; `line` is the scanned line.
    package func with<Value>(
        _ text: EventText,
        in line: Span<UInt8>,
        _ body: (Span<UInt8>) throws -> Value
    ) rethrows -> Value {
        if text.isDecoded { return try body(scratch.span.extracting(text.range)) }
        return try body(line.extracting(text.range))
    }

    package func bytes(_ text: EventText, in line: Span<UInt8>) -> [UInt8] {
        with(text, in: line) { span in span.withUnsafeBufferPointer { Array($0) } }
    }

    // MARK: The common layout

    /// The event of a line in the common layout, else nil.
    private mutating func commonView(_ line: Span<UInt8>) -> EventView? {
        line.withUnsafeBufferPointer { text in
            var layout = CommonLayout(text)
            return layout?.event(&day)
        }
    }

    // MARK: One pass

    /// A field as found, before it is known whether the event's kind wants it.
    private struct Field {
        enum Shape { case absent, null, text, number, bool, other }
        var shape = Shape.absent
        var text = JSONText()
        var number = 0.0
        var isTrue = false
        /// The whole value with quotes.
        var value: Range<Int> = 0..<0
    }

    private struct Fields {
        var id = Field()
        var name = Field()
        var namespace = Field()
        var timestamp = Field()
        var user = Field()
        var payload = Field()
        var statCode = Field()
        var latestValue = Field()
        var inc = Field()
        var challengeID = Field()
        var goalID = Field()
        var isActive = Field()
        var claimEventID = Field()
        var source = Field()
    }

    private mutating func scan(
        _ text: UnsafeBufferPointer<UInt8>,
        now: Timestamp?
    ) throws(EventFault) -> Result {
        if checks, let at = UTF8Check.firstInvalid(text) {
            throw EventFault(.notUTF8, "is not UTF-8 at byte \(at)")
        }
        var scanner = JSONScanner(text, checksKeys: checks)
        let fields: Fields?
        do throws(JSONFault) {
            if try scanner.peek() == UInt8(ascii: "{") {
                fields = try Self.fields(&scanner)
            } else {
                fields = nil
                try scanner.skipValue(depth: 0)
            }
            try scanner.expectEnd()
        } catch {
            throw Self.eventFault(error)
        }
        guard let fields else { throw EventFault(.notAnObject, "is JSON, but not an object") }
        return try event(fields, scanner, now: now)
    }

    private static func eventFault(_ fault: JSONFault) -> EventFault {
        let reason: EventFault.Reason =
            switch fault.reason {
            case .duplicateKey: .duplicateKey
            case .infiniteNumber: .badNumber
            default: .notJSON
            }
        return EventFault(reason, "\(fault.reason.rawValue), at byte \(fault.byteOffset)")
    }

    private static func fields(_ scanner: inout JSONScanner) throws(JSONFault) -> Fields {
        var fields = Fields()
        try scanner.object(depth: 1) { (scanner, key) throws(JSONFault) in
            if scanner.matches(key, "payload") {
                guard try scanner.peek() == UInt8(ascii: "{") else {
                    fields.payload = try field(&scanner)
                    return
                }
                fields.payload.shape = .other
                try payload(&scanner, &fields)
            } else if scanner.matches(key, "id") {
                fields.id = try field(&scanner)
            } else if scanner.matches(key, "name") {
                fields.name = try field(&scanner)
            } else if scanner.matches(key, "namespace") {
                fields.namespace = try field(&scanner)
            } else if scanner.matches(key, "timestamp") {
                fields.timestamp = try field(&scanner)
            } else if scanner.matches(key, "userId") {
                fields.user = try field(&scanner)
            } else if scanner.matches(key, "source") {
                fields.source = try field(&scanner)
            } else {
                try scanner.skipValue(depth: 1)
            }
        }
        return fields
    }

    private static func payload(_ scanner: inout JSONScanner, _ fields: inout Fields) throws(JSONFault) {
        try scanner.object(depth: 2) { (scanner, key) throws(JSONFault) in
            if scanner.matches(key, "statCode") {
                fields.statCode = try field(&scanner)
            } else if scanner.matches(key, "latestValue") {
                fields.latestValue = try field(&scanner)
            } else if scanner.matches(key, "inc") {
                fields.inc = try field(&scanner)
            } else if scanner.matches(key, "challengeId") {
                fields.challengeID = try field(&scanner)
            } else if scanner.matches(key, "goalId") {
                fields.goalID = try field(&scanner)
            } else if scanner.matches(key, "isActive") {
                fields.isActive = try field(&scanner)
            } else if scanner.matches(key, "claimEventId") {
                fields.claimEventID = try field(&scanner)
            } else {
                try scanner.skipValue(depth: 2)
            }
        }
    }

    private static func field(_ scanner: inout JSONScanner) throws(JSONFault) -> Field {
        var field = Field()
        let first = try scanner.peek()
        let start = scanner.at
        switch first {
        case UInt8(ascii: "\""):
            field.shape = .text
            field.text = try scanner.string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            field.shape = .number
            field.number = try scanner.number()
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            field.shape = .bool
            field.isTrue = first == UInt8(ascii: "t")
            try scanner.skipValue(depth: 2)
        case UInt8(ascii: "n"):
            field.shape = .null
            try scanner.skipValue(depth: 2)
        default:
            field.shape = .other
            try scanner.skipValue(depth: 2)
        }
        field.value = start..<scanner.at
        return field
    }

    // MARK: Meaning

    private mutating func event(
        _ fields: Fields,
        _ scanner: JSONScanner,
        now: Timestamp?
    ) throws(EventFault) -> Result {
        var view = EventView()
        try requireText(fields.name, "name")
        guard let kind = EventKind.allCases.first(where: { scanner.matches(fields.name.text, $0.name) })
        else {
            let name = String(decoding: scanner.decoded(fields.name.text).prefix(100), as: UTF8.self)
            throw EventFault(.unknownName, "has the unknown name '\(name)'")
        }
        view.kind = kind
        try requireText(fields.namespace, "namespace")
        if !namespace.isEmpty {
            let found = place(fields.namespace.text, scanner)
            guard isEqual(found, scanner, namespace) else { return .otherNamespace }
        }
        view.user = try identifier(fields.user, "userId", scanner)
        try scanID(fields.id, scanner, &view)
        try scanTime(fields.timestamp, scanner, now: now, &view)
        try scanPayload(fields, scanner, &view)
        if fields.source.shape == .text { view.source = place(fields.source.text, scanner) }
        return .event(view)
    }

    private mutating func scanID(
        _ field: Field,
        _ scanner: JSONScanner,
        _ view: inout EventView
    ) throws(EventFault) {
        switch field.shape {
        case .absent: return
        case .null: view.emptyIDValue = field.value
        case .text where field.text.count == 0: view.emptyIDValue = field.value
        case .text: view.id = try eventID(field, "id", scanner)
        default: throw EventFault(.wrongType, "has an id that is not a string")
        }
    }

    private mutating func scanTime(
        _ field: Field,
        _ scanner: JSONScanner,
        now: Timestamp?,
        _ view: inout EventView
    ) throws(EventFault) {
        switch field.shape {
        case .absent: return
        case .null: view.emptyTimestampValue = field.value
        case .text where field.text.count == 0: view.emptyTimestampValue = field.value
        case .text:
            let found = place(field.text, scanner)
            let time =
                found.isDecoded
                ? RFC3339.parse(scratch.span.extracting(found.range))
                : RFC3339.parse(scanner.text.span.extracting(found.range))
            guard let time else {
                throw EventFault(
                    .badTimestamp,
                    "has a timestamp that is not RFC 3339 with a zone (years 1970 to 9999, seconds 00 to 59)"
                )
            }
            if let now, time > now.adding(seconds: Self.aheadSecondsMax) {
                throw EventFault(.futureTimestamp, "has a timestamp more than 24 hours ahead of the clock")
            }
            view.time = time
        default: throw EventFault(.wrongType, "has a timestamp that is not a string")
        }
    }

    private mutating func scanPayload(
        _ fields: Fields,
        _ scanner: JSONScanner,
        _ view: inout EventView
    ) throws(EventFault) {
        switch view.kind {
        case .userLoggedIn: return
        case .statItemUpdated:
            view.statCode = try identifier(fields.statCode, "payload.statCode", scanner)
            view.value = try requireNumber(fields.latestValue, "payload.latestValue")
            if fields.inc.shape != .absent, fields.inc.shape != .null {
                _ = try requireNumber(fields.inc, "payload.inc")
            }
        case .goalActivationRequested:
            view.challengeID = try identifier(fields.challengeID, "payload.challengeId", scanner)
            view.goalID = try identifier(fields.goalID, "payload.goalId", scanner)
            try require(fields.isActive, .bool, "payload.isActive", "true or false")
            view.isActive = fields.isActive.isTrue
        case .rewardClaimRequested:
            view.challengeID = try identifier(fields.challengeID, "payload.challengeId", scanner)
            view.goalID = try identifier(fields.goalID, "payload.goalId", scanner)
        case .rewardDelivered:
            view.claimEventID = try eventID(fields.claimEventID, "payload.claimEventId", scanner)
        }
    }

    private func require(
        _ field: Field,
        _ shape: Field.Shape,
        _ name: StaticString,
        _ wanted: StaticString
    ) throws(EventFault) {
        guard field.shape != .absent else { throw EventFault(.missingField, "has no \(name)") }
        guard field.shape == shape else {
            throw EventFault(.wrongType, "has a \(name) that is not \(wanted)")
        }
    }

    private func requireText(_ field: Field, _ name: StaticString) throws(EventFault) {
        try require(field, .text, name, "a string")
    }

    private func requireNumber(_ field: Field, _ name: StaticString) throws(EventFault) -> Double {
        try require(field, .number, name, "a number")
        return field.number
    }

    /// 1 to 100 scalars, no U+0000; the scanner has refused lone surrogates.
    private mutating func identifier(
        _ field: Field,
        _ name: StaticString,
        _ scanner: JSONScanner
    ) throws(EventFault) -> EventText {
        try requireText(field, name)
        let found = place(field.text, scanner)
        let isGood = withPlace(found, scanner) { bytes in
            guard bytes.count > 0, !Self.hasNUL(bytes) else { return false }
            return bytes.count <= Identifier.scalarsMax
                || UTF8Check.scalarCount(bytes) <= Identifier.scalarsMax
        }
        guard isGood else {
            throw EventFault(
                .badIdentifier,
                "has a \(name) that is not 1 to \(Identifier.scalarsMax) characters without U+0000"
            )
        }
        return found
    }

    private mutating func eventID(
        _ field: Field,
        _ name: StaticString,
        _ scanner: JSONScanner
    ) throws(EventFault) -> EventText {
        try requireText(field, name)
        let found = place(field.text, scanner)
        let isGood = withPlace(found, scanner) { bytes in
            bytes.count > 0 && bytes.count <= Self.idBytesMax && !Self.hasNUL(bytes)
        }
        guard isGood else {
            throw EventFault(
                .badIdentifier,
                "has a \(name) that is not 1 to \(Self.idBytesMax) bytes without U+0000"
            )
        }
        return found
    }

    private static func hasNUL(_ bytes: Span<UInt8>) -> Bool {
        for index in 0..<bytes.count where bytes[index] == 0 { return true }
        return false
    }

    private mutating func place(_ text: JSONText, _ scanner: JSONScanner) -> EventText {
        guard text.hasEscapes else { return EventText(range: text.range, isDecoded: false) }
        let start = scratch.count
        scanner.decode(text, into: &scratch)
        return EventText(range: start..<scratch.count, isDecoded: true)
    }

    private func withPlace(_ text: EventText, _ scanner: JSONScanner, _ body: (Span<UInt8>) -> Bool) -> Bool {
        if text.isDecoded { return body(scratch.span.extracting(text.range)) }
        return body(scanner.text.span.extracting(text.range))
    }

    private func isEqual(_ text: EventText, _ scanner: JSONScanner, _ wanted: [UInt8]) -> Bool {
        withPlace(text, scanner) { bytes in
            guard bytes.count == wanted.count else { return false }
            for index in 0..<bytes.count where bytes[index] != wanted[index] { return false }
            return true
        }
    }
}
