package import Goals

/// Turns a CloudEvent (1.0, JSON) into the event that it carries.
///
/// `id` and `source` stay, `type` becomes `name` without what stands before its last dot, `time` becomes
/// `timestamp`, `subject` is the player and `data` the payload. The extension `namespace` names the namespace,
/// else it is the own one. Other attributes stay as they are. Values are copied, not written anew; what they mean
/// is checked as that of any event.
package struct CloudEvent: Sendable {
    private let namespace: [UInt8]

    package init(namespace: Identifier) { self.namespace = JSONLiteral.quoted(namespace.utf8) }

    /// The event's text; throws for a text that is no CloudEvent.
    package func event(_ text: Span<UInt8>) throws(EventFault) -> [UInt8] {
        let bytes = text.withUnsafeBufferPointer { Array($0) }
        var members: [String: ArraySlice<UInt8>] = [:]
        var rest: [UInt8] = []
        for (key, value) in try JSONMembers.split(bytes) {
            let name = String(decoding: key.dropFirst().dropLast(), as: UTF8.self)
            guard Self.known.contains(name) else {
                rest += [UInt8(ascii: ",")] + key + [UInt8(ascii: ":")] + value
                continue
            }
            guard members.updateValue(value, forKey: name) == nil else {
                throw EventFault(.duplicateKey, "has the attribute \(name) twice")
            }
        }
        guard members["specversion"]?.elementsEqual(#""1.0""#.utf8) == true else {
            throw EventFault(.wrongType, "is no CloudEvent of specversion \"1.0\"")
        }
        for name in ["id", "source", "type", "subject"] {
            guard let value = members[name], value.count > 2 else {
                throw EventFault(.missingField, "has no \(name)")
            }
            // Part of a type that is no string would say, and hide, more than the name that it is copied for.
            guard value.first == UInt8(ascii: "\"") else {
                throw EventFault(.wrongType, "has a value of \(name) that is not a string")
            }
        }
        guard members["data_base64"] == nil else {
            throw EventFault(.wrongType, "has data_base64, where data has to be an object")
        }
        let type = members["type"] ?? []
        let name = [UInt8(ascii: "\"")] + (type.dropFirst().split(separator: UInt8(ascii: ".")).last ?? [])
        var event = Array(#"{"id":"#.utf8)
        event += members["id"] ?? []
        event += Array(#","name":"#.utf8) + name
        event += Array(#","namespace":"#.utf8) + (members["namespace"].map { Array($0) } ?? namespace)
        if let time = members["time"] { event += Array(#","timestamp":"#.utf8) + time }
        event += Array(#","userId":"#.utf8) + (members["subject"] ?? [])
        event += Array(#","source":"#.utf8) + (members["source"] ?? [])
        if let data = members["data"] { event += Array(#","payload":"#.utf8) + data }
        event += rest
        event.append(UInt8(ascii: "}"))
        return event
    }

    private static let known: Set<String> = [
        "specversion", "id", "source", "type", "subject", "time", "data", "data_base64", "datacontenttype",
        "namespace",
    ]
}

/// Finds the members of a JSON object, values being taken as they stand.
enum JSONMembers {
    /// Keys with their quotes, and values, in order; throws where the text is no object.
    static func split(
        _ text: [UInt8]
    ) throws(EventFault) -> [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
        var members: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
        var at = skipSpace(text, 0)
        guard at < text.count, text[at] == UInt8(ascii: "{") else {
            throw EventFault(.notAnObject, "is no JSON object")
        }
        at = skipSpace(text, at + 1)
        if at < text.count, text[at] == UInt8(ascii: "}") { return members }
        while true {
            let keyEnd = try value(text, at)
            guard text[at] == UInt8(ascii: "\"") else { throw broken(at) }
            let colon = skipSpace(text, keyEnd)
            guard colon < text.count, text[colon] == UInt8(ascii: ":") else { throw broken(colon) }
            let start = skipSpace(text, colon + 1)
            let end = try value(text, start)
            members.append((text[at..<keyEnd], text[start..<end]))
            at = skipSpace(text, end)
            guard at < text.count else { throw broken(at) }
            if text[at] == UInt8(ascii: "}") { break }
            guard text[at] == UInt8(ascii: ",") else { throw broken(at) }
            at = skipSpace(text, at + 1)
        }
        guard skipSpace(text, at + 1) == text.count else { throw broken(at + 1) }
        return members
    }

    private static func skipSpace(_ text: [UInt8], _ start: Int) -> Int {
        var at = start
        while at < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[at]) { at += 1 }
        return at
    }

    /// Index after the value that begins at `start`; never an empty one.
    private static func value(_ text: [UInt8], _ start: Int) throws(EventFault) -> Int {
        var (at, depth, isInString) = (start, 0, false)
        while at < text.count {
            let byte = text[at]
            if isInString {
                if byte == UInt8(ascii: "\\") {
                    at += 1
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                at += 1
                if !isInString, depth == 0 { return min(at, text.count) }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                guard depth > 0 || at == start else { return at }
                isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return try notEmpty(start, at) }
                depth -= 1
                if depth == 0 { return at + 1 }
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
                if depth == 0 { return try notEmpty(start, at) }
            default: break
            }
            at += 1
        }
        throw broken(at)
    }

    private static func notEmpty(_ start: Int, _ end: Int) throws(EventFault) -> Int {
        guard end > start else { throw broken(start) }
        return end
    }

    private static func broken(_ at: Int) -> EventFault { EventFault(.notJSON, "is no JSON, at byte \(at)") }
}
