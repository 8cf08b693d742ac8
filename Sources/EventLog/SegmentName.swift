/// Names a segment file by its first record: `00000000000000000042.ndjson.zst` starts at record 42.
///
/// Padded with zeros to 20 digits, so that names in byte order are segments in log order.
package struct SegmentName: Hashable, Comparable, Sendable {
    private static let suffix = ".ndjson.zst"

    /// Log offset of the first record; counts records.
    package let baseOffset: UInt64

    package init(baseOffset: UInt64) { self.baseOffset = baseOffset }

    /// The segment that `fileName` names; nil for every other spelling, temporary files included.
    package init?(fileName: String) {
        guard fileName.hasSuffix(Self.suffix),
            let offset = paddedOffset(fileName.dropLast(Self.suffix.count))
        else { return nil }
        baseOffset = offset
    }

    package var fileName: String { paddedDigits(baseOffset) + Self.suffix }

    package static func < (left: SegmentName, right: SegmentName) -> Bool {
        left.baseOffset < right.baseOffset
    }
}

/// An offset as 20 digits.
func paddedDigits(_ offset: UInt64) -> String {
    let digits = String(offset)
    return String(repeating: "0", count: 20 - digits.count) + digits
}

/// The offset that exactly 20 digits spell, nil for anything else.
func paddedOffset(_ text: Substring) -> UInt64? {
    guard text.utf8.count == 20, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return UInt64(text)
}
