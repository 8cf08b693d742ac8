import Foundation
import Goals

/// One refused line with the reason and where it came from; its JSON form is drawn at `Quarantine`.
struct QuarantineEntry {
    enum Content {
        case line([UInt8])
        /// Name of the file in the quarantine directory that holds the raw line.
        case file(String)
    }

    let time: Timestamp
    let fault: EventFault
    let source: String?
    let byteOffset: UInt64
    let byteCount: UInt64
    let content: Content

    func encode(into bytes: inout [UInt8]) {
        var members = [
            ("time", Self.quoted(RFC3339.text(time))), ("reason", Self.quoted(fault.reason.rawValue)),
            ("detail", Self.quoted(fault.detail)), ("source", source.map(Self.quoted) ?? "null"),
            ("byteOffset", String(byteOffset)), ("bytes", String(byteCount)),
        ]
        switch content {
        case .line(let line):
            if let text = String(validating: line, as: UTF8.self) {
                members.append(("line", Self.quoted(text)))
            } else {
                members.append(("lineBase64", Self.quoted(Data(line).base64EncodedString())))
            }
        case .file(let name): members.append(("file", Self.quoted(name)))
        }
        bytes.append(contentsOf: "{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}".utf8)
    }

    /// What tells one refused line of a named source from all others.
    struct Origin: Hashable {
        let source: String
        let byteOffset: UInt64
        let byteCount: UInt64
    }

    /// Nil for a line without a source, which can come again only as another line.
    var origin: Origin? {
        source.map { Origin(source: $0, byteOffset: byteOffset, byteCount: byteCount) }
    }

    /// The origin that an entry's line names; nil for an entry without a source and for anything that is no entry.
    static func origin(of line: ArraySlice<UInt8>) -> Origin? {
        struct Members: Decodable {
            let source: String?
            let byteOffset: UInt64
            let bytes: UInt64
        }
        let members: Members
        do {
            members = try JSONDecoder().decode(Members.self, from: Data(line))
        } catch {
            // The look back began inside this line, or somebody edited it: its line would be added again.
            return nil
        }
        return members.source.map { source in
            Origin(source: source, byteOffset: members.byteOffset, byteCount: members.bytes)
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
