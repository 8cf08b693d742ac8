package import PayloadStore

/// Decides in which coding an answer goes out; pure, so that every header case is a table row in a test.
package enum AnswerNegotiation {
    /// How a body is coded on the wire, the best first: smaller, then cheaper to make.
    package enum Coding: Int, CaseIterable, Equatable, Sendable {
        /// The stored frame behind RFC 9842's header, for a client that holds the template.
        case dcz
        /// One zstd frame (RFC 8878).
        case zstd
        /// One gzip member (RFC 1952).
        case gzip
        /// The JSON as it is.
        case identity

        /// What `Content-Encoding` says; identity has no such field.
        package var token: String? {
            switch self {
            case .dcz: "dcz"
            case .zstd: "zstd"
            case .gzip: "gzip"
            case .identity: nil
            }
        }
    }

    /// The headers a choice depends on; sent as `Vary` with every answer.
    package static let vary = "Accept-Encoding, Available-Dictionary"

    /// The first bytes of a `dcz` body: a zstd skippable frame of 32 bytes, which hold the dictionary's SHA-256.
    package static let dczMagic: [UInt8] = [0x5E, 0x2A, 0x4D, 0x18, 0x20, 0x00, 0x00, 0x00]

    /// Chooses for an answer made against `template`; `nil` when the client refuses all there is.
    ///
    /// The coding with the greatest weight; of equal ones the first in the order of ``Coding``. `dcz` needs to
    /// be named with a weight above 0 and the client to hold this very template: a frame decoded with another
    /// one gives garbage without an error.
    package static func coding(
        accept: AcceptEncoding,
        availableDictionary: [String],
        template: TemplateID
    ) -> Coding? {
        let weight = accept.listed("dcz") ?? 0
        let holdsTemplate = weight > 0 && holds(template.structuredField, availableDictionary)
        return coding(accept: accept, dczWeight: holdsTemplate ? weight : 0)
    }

    /// Chooses among the codings that need no dictionary, and `dcz` at the given weight.
    package static func coding(accept: AcceptEncoding, dczWeight: Int = 0) -> Coding? {
        let choices = [
            (Coding.dcz, dczWeight), (.zstd, accept.weight(of: "zstd")),
            (.gzip, max(accept.weight(of: "gzip"), accept.listed("x-gzip") ?? 0)),
            (.identity, accept.identity),
        ]
        var best: (coding: Coding, weight: Int)?
        for (coding, weight) in choices where weight > best?.weight ?? 0 { best = (coding, weight) }
        return best?.coding
    }

    /// Whether the one `Available-Dictionary` line is `expected`, a template's ``TemplateID/structuredField``;
    /// parameters behind it are ignored.
    package static func holds(_ expected: String, _ lines: [String]) -> Bool {
        guard lines.count == 1 else { return false }
        if lines[0] == expected { return true }
        guard let item = lines[0].split(separator: ";", maxSplits: 1).first else { return false }
        let text = item.drop { $0 == " " }
        return text.hasPrefix(expected) && text.dropFirst(expected.count).allSatisfy { $0 == " " }
    }
}
