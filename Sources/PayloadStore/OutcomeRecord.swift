/// A player's newest outcomes in one record.
///
/// ```
/// byte 0    format version, 2
///      1    number of outcomes, 1 to 64
///      2    for each outcome, the newest first:
///             decided at, µs since 1970, i64
///             bytes of the key, u8, and the key
///             bytes of the errorCode, u8, and the code; 0 for an applied request
///      …    XXH64 of all before it, with the XXH64 of the player's id as its seed
/// ```
/// Integers are little-endian. A reader checks the whole record, 16 KB at most with ids as ingest takes them. The seed
/// makes a record under another player's id a damaged one. Records of version 1, with seed 0, are read too.
enum OutcomeRecord {
    private static let version: UInt8 = 2
    /// The version whose checksum does not tell whose record it is.
    private static let versionOfAnyone: UInt8 = 1
    private static let checksumBytes = 8

    /// The record of the first `PublishedOutcome.countMax` outcomes of `user`; throws `outcomeOutOfRange`.
    static func encode(
        _ outcomes: [PublishedOutcome],
        of user: [UInt8]
    ) throws(PayloadStoreError) -> [UInt8] {
        let kept = outcomes.prefix(PublishedOutcome.countMax)
        var writer = FieldWriter()
        writer.append(version)
        writer.append(UInt8(kept.count))
        for outcome in kept {
            writer.append(outcome.decidedAt)
            try append(outcome.key, to: &writer)
            guard let code = outcome.errorCode else {
                writer.append(UInt8(0))
                continue
            }
            // A code without bytes would read as applied.
            guard !code.isEmpty else { throw .outcomeOutOfRange(byteCount: 0) }
            try append(Array(code.utf8), to: &writer)
        }
        writer.appendChecksum(seed: Checksum.xxh64(user))
        return writer.bytes
    }

    private static func append(_ text: [UInt8], to writer: inout FieldWriter) throws(PayloadStoreError) {
        guard text.count <= PublishedOutcome.textBytesMax else {
            throw .outcomeOutOfRange(byteCount: text.count)
        }
        writer.append(UInt8(text.count))
        writer.bytes.append(contentsOf: text)
    }

    /// The outcomes, or those of `key` alone; nil when the bytes are no whole record of `user`.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        of user: [UInt8],
        only key: [UInt8]? = nil
    ) -> [PublishedOutcome]? {
        guard bytes.count > checksumBytes else { return nil }
        let end = bytes.count - checksumBytes
        let body = UnsafeRawBufferPointer(rebasing: bytes[0..<end])
        var tail = FieldReader(UnsafeRawBufferPointer(rebasing: bytes[end...]))
        var reader = FieldReader(body)
        let version = reader.read(UInt8.self)
        guard version == Self.version || version == versionOfAnyone else { return nil }
        let seed = version == versionOfAnyone ? 0 : Checksum.xxh64(user)
        guard tail.read(UInt64.self) == Checksum.xxh64(body, seed: seed),
            let count = reader.read(UInt8.self), (1...PublishedOutcome.countMax).contains(Int(count))
        else { return nil }
        var outcomes: [PublishedOutcome] = []
        for _ in 0..<count {
            guard let decidedAt = reader.read(Int64.self), let own = text(&reader),
                let code = text(&reader)
            else { return nil }
            if let key, !body[own].elementsEqual(key) { continue }
            outcomes.append(
                PublishedOutcome(
                    key: Array(body[own]),
                    errorCode: code.isEmpty ? nil : String(decoding: body[code], as: UTF8.self),
                    decidedAt: decidedAt
                )
            )
        }
        return reader.remaining == 0 ? outcomes : nil
    }

    /// Where a text with its length before it lies.
    private static func text(_ reader: inout FieldReader) -> Range<Int>? {
        guard let count = reader.read(UInt8.self) else { return nil }
        return reader.skip(Int(count))
    }
}
