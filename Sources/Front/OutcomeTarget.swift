import Goals

/// Which request's outcome is asked for, as the request's target spells it.
package struct OutcomeTarget: Equatable, Sendable {
    /// The last segment of the path, percent-encoded as it came.
    package let escapedID: String
    /// All behind the question mark.
    package let query: String

    package init(escapedID: String, query: String = "") {
        self.escapedID = escapedID
        self.query = query
    }

    /// The request's id as UTF-8; nil for what ingest takes for no id: then no request has it.
    package var eventID: [UInt8]? {
        var id: [UInt8] = []
        var rest = escapedID.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                id.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(Self.digit),
                let low = rest.popFirst().flatMap(Self.digit)
            else { return nil }
            id.append(high << 4 | low)
        }
        guard (1...EventKey.bytesMax).contains(id.count), !id.contains(0),
            String(validating: id, as: UTF8.self) != nil
        else { return nil }
        return id
    }

    /// The log offset of the request as the client was told it; nil where the client does not say.
    ///
    /// Throws `INVALID_REQUEST` for what is no offset, and for more than one.
    package func offset() throws(Problem) -> UInt64? {
        var found: [Substring] = []
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.first == "offset" { found.append(parts.count > 1 ? parts[1] : "") }
        }
        guard let text = found.first else { return nil }
        // As many records as the tables can count.
        guard found.count == 1, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let offset = Int64(text)
        else {
            throw Problem(
                .invalidRequest,
                "offset has to be there once at most, as a number from 0 to \(Int64.max)."
            )
        }
        return UInt64(offset)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
