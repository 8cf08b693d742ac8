package import PayloadStore

/// Decides in which coding an answer goes out; pure, so that every header case is a table row in a test.
package enum AnswerNegotiation {
    /// How a body is coded on the wire.
    package enum Coding: Equatable, Sendable {
        /// The JSON as it is.
        case identity
        /// The stored frame behind RFC 9842's header, for a client that holds the template.
        case dcz

        /// What `Content-Encoding` says; identity has no such field.
        package var token: String? { self == .dcz ? "dcz" : nil }
    }

    /// The headers a choice depends on; sent as `Vary` with every answer.
    package static let vary = "Accept-Encoding, Available-Dictionary"

    /// The first bytes of a `dcz` body: a zstd skippable frame of 32 bytes, which hold the dictionary's SHA-256.
    package static let dczMagic: [UInt8] = [0x5E, 0x2A, 0x4D, 0x18, 0x20, 0x00, 0x00, 0x00]

    /// Chooses for an answer made against `template`; `nil` when the client refuses all there is.
    ///
    /// `dcz` needs to be named with a weight above 0 and the client to hold this very template: a frame decoded
    /// with another one gives garbage without an error. At equal weights it wins, being a hundredth of the size.
    package static func coding(
        accept: AcceptEncoding,
        availableDictionary: [String],
        template: TemplateID
    ) -> Coding? {
        let identity = accept.identity
        if let weight = accept.listed("dcz"), weight > 0, weight >= identity,
            holds(template, availableDictionary)
        {
            return .dcz
        }
        return identity > 0 ? .identity : nil
    }

    /// Whether the one `Available-Dictionary` line names `template`; parameters behind it are ignored.
    private static func holds(_ template: TemplateID, _ lines: [String]) -> Bool {
        guard lines.count == 1, let item = lines[0].split(separator: ";", maxSplits: 1).first else {
            return false
        }
        let expected = template.structuredField
        let text = item.drop { $0 == " " }
        return text.hasPrefix(expected) && text.dropFirst(expected.count).allSatisfy { $0 == " " }
    }
}
