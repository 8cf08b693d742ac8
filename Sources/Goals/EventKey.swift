/// The text under which an event id stands in `request_outcome`, `reward_grant` and the published outcomes.
///
/// An id that PostgreSQL can index as it is stands as it is: ingest refuses any other, that is, ids longer than
/// `bytesMax` or with U+0000. A log that holds one all the same must not block its partition, so such an id
/// (and one that starts like a stand-in) gets a stand-in of bounded length: `\x`, its first bytes in hex, its
/// length and a 64-bit hash.
package enum EventKey {
    /// Most bytes of an event id that is stored as it is.
    ///
    /// A B-tree entry may take about 2,700 bytes, so this
    /// leaves ample room beside the longest player id.
    package static let bytesMax = 200
    private static let prefixBytes = 64

    /// The key of an event id; different ids of one player have different keys.
    package static func key(_ id: [UInt8]) -> [UInt8] {
        if id.count <= bytesMax, !id.contains(0), !id.starts(with: #"\x"#.utf8), isUTF8(id) { return id }
        let head = id.prefix(prefixBytes).map { hex(UInt64($0), digits: 2) }.joined()
        return Array("\\x\(head)-\(id.count)-\(hex(PartitionHash.hash(id), digits: 16))".utf8)
    }

    /// The event id behind a key: the key itself, or what a stand-in's hex says; nil where that is only its beginning.
    package static func id(of key: [UInt8]) -> [UInt8]? {
        guard key.starts(with: #"\x"#.utf8) else { return key }
        let parts = key.dropFirst(2).split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 3, let count = Int(String(decoding: parts[1], as: UTF8.self)),
            parts[0].count == 2 * count
        else { return nil }
        let digits = Array(parts[0])
        var id: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16)
            else {
                return nil
            }
            id.append(byte)
        }
        return self.key(id) == key ? id : nil
    }

    private static func isUTF8(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    private static func hex(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
