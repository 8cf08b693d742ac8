/// Bytes that are not in the format they should be in.
package enum FormatError: Error, Hashable, Sendable {
    /// The reason, as the end of a sentence about the place.
    case invalid(String)
    /// Intact, but of a version this program does not know.
    case newerVersion(UInt8)
}

extension Array where Element == UInt8 {
    /// Appends a number, lowest byte first.
    mutating func appendInteger<Integer: FixedWidthInteger>(_ value: Integer) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// The number whose lowest byte is at `index`; the caller has checked the bounds.
    func integer<Integer: FixedWidthInteger>(at index: Int, as type: Integer.Type = Integer.self) -> Integer {
        withUnsafeBytes {
            Integer(littleEndian: $0.loadUnaligned(fromByteOffset: index, as: Integer.self))
        }
    }
}
